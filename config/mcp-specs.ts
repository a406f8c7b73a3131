/** Entries of `mcpServers` become servers to run: one per name, variables filled in, defaults too. What cannot be is a problem of that entry. */
import { isAbsolute, join, resolve } from "node:path";
import type { ConfigProblem } from "../core/contract/host.ts";
import type { McpOAuth, McpServerSpec, McpTransport } from "../core/contract/mcp.ts";
import { mcpWord } from "../core/contract/mcp-names.ts";
import { didYouMean } from "../core/contract/nearest.ts";
import { placeIn } from "../core/contract/place.ts";
import { printable } from "../core/contract/printable.ts";
import { kindOf as fileAt, readText } from "./files.ts";
import type { Entry } from "./fragment.ts";
import type { McpConfig } from "./loaded.ts";
import type { McpServerEntry } from "./mcp-schema.ts";
import { areOneInTools } from "./mcp-shadows.ts";
import { expand } from "./mcp-variables.ts";
import { isWhole } from "./mcp-whole.ts";
import { serverWords } from "./mcp-words.ts";
import type { Merged } from "./merge.ts";
import type { Environment } from "./paths.ts";
import { isServer, layersOf, mcpKey, mergedValue } from "./server-layers.ts";

interface Parts {
  merged: Merged;
  /** The project's, which wait for trust. */
  held: readonly Entry[];
  env: Environment;
  home: string;
  project: string;
  /** Of a server that names none. */
  callTimeoutMs: number;
  problems: ConfigProblem[];
}

interface Server {
  name: string;
  entry: McpServerEntry;
  /** The layer that says what to start. */
  base: Entry;
  /** The winner first. */
  changes: readonly Entry[];
}

export async function mcpOf(parts: Parts): Promise<McpConfig> {
  const layers = [...parts.merged.values].filter(([key]) => key.startsWith(mcpKey));
  const found = layers.flatMap(([key, entries]) => {
    const { base, changes } = layersOf(entries);
    const entry = mergedValue(entries) as McpServerEntry;
    return base === undefined ? [] : [{ name: key.slice(mcpKey.length), entry, base, changes }];
  });
  for (const [key, [winner, ...lower]] of layers) {
    if (winner !== undefined && ![winner, ...lower].some(({ value }) => isWhole(value))) orphaned(key, winner, found, parts);
  }
  const servers: McpServerSpec[] = [];
  for (const server of distinct(
    found.filter(({ entry }) => entry.enabled !== false),
    parts.problems,
  )) {
    const spec = await specOf(server, parts);
    if (spec !== undefined) servers.push(spec);
  }
  const disabled = found.filter(({ entry }) => entry.enabled === false);
  return {
    servers,
    waiting: waitingOf(parts.held),
    disabled: disabled.map(({ name, entry, base, changes }) => ({
      ...{ name, source: (changes[0] ?? base).from.source },
      ...{ what: serverWords(base.value), kind: kindOf(entry) },
    })),
  };
}

/** One of a name: the project has two files, and the later one counts. */
function waitingOf(held: readonly Entry[]): McpConfig["waiting"] {
  const names = new Map(held.filter(isServer).map(({ key, value, from }) => [key.slice(mcpKey.length), { from, value }]));
  return [...names].map(([name, { from, value }]) => {
    const kind = isWhole(value) ? { kind: kindOf(value as McpServerEntry) } : {};
    return { name, source: from.source, what: serverWords(value), ...kind };
  });
}

function kindOf({ command, type }: McpServerEntry): McpTransport["kind"] {
  if (command !== undefined) return "stdio";
  return type === "sse" ? "sse" : "http";
}

/** A change of a server that no layer has. */
function orphaned(key: string, change: Entry, found: readonly Server[], { problems, held }: Parts): void {
  // It may be one that waits for trust.
  if (held.some((entry) => entry.key === key && isWhole(entry.value))) return;
  // What stands for an entry that is wrong: that is told already.
  if (problems.some((problem) => problem.key === key && problem.code === "MCP_REQUIRED")) return;
  const name = key.slice(mcpKey.length);
  const near = didYouMean(
    name,
    found.map((each) => each.name),
  );
  const message = `it has neither a command nor a url, and no layer below has a server of this name.${near}`;
  problems.push(
    problemAt({ name, from: change.from, isRequired: (change.value as McpServerEntry).required === true }, message),
  );
}

/** Of two names that are one in the names of tools the project's is left out, else the later one. */
function distinct(servers: readonly Server[], problems: ConfigProblem[]): Server[] {
  const taken: Server[] = [];
  const ranked = servers.toSorted(
    (left, right) => Number(left.base.from.layer === "project") - Number(right.base.from.layer === "project"),
  );
  for (const server of ranked) {
    const other = taken.find(({ name }) => areOneInTools(name, server.name));
    if (other === undefined) taken.push(server);
    else {
      const message = `its tools would have the names of those of ${printable(other.name)} (${other.base.from.source}): mcp__${mcpWord(server.name)}__…`;
      problems.push(
        problemAt({ name: server.name, from: server.base.from, isRequired: server.entry.required === true }, message),
      );
    }
  }
  const kept = new Set(taken);
  return servers.filter((server) => kept.has(server));
}

interface About {
  name: string;
  from: Entry["from"];
  isRequired: boolean;
}

/** MCP_REQUIRED stops a run; a problem of another server is said. */
function problemAt({ name, from, isRequired }: About, message: string): ConfigProblem {
  const place = from.layer === "env" ? undefined : placeIn(from.source);
  const text = `MCP server ${printable(name)}: ${message.replace(/\.$/, "")}; it is left out`;
  return {
    ...(isRequired ? { code: "MCP_REQUIRED" } : { code: "CONFIG_INVALID", severity: "warning" as const }),
    message: place === undefined ? `${from.source}: ${text}` : text,
    ...place,
    key: mcpKey + name,
  };
}

/** Fills in, and remembers what it could not. */
interface Filling {
  faults: Set<string>;
  secrets: Set<string>;
  text(text: string): string;
  texts(map: Readonly<Record<string, string>>): Record<string, string>;
  /** Absolute; relative ones start at `base`. */
  folder(text: string, base: string): string;
}

function filling({ env, home, project }: Parts): Filling {
  const variables = { ...env, GANTRY_PROJECT_DIR: project, CLAUDE_PROJECT_DIR: project };
  const faults = new Set<string>();
  const secrets = new Set<string>();
  const text = (from: string): string => {
    const expansion = expand(from, variables);
    for (const fault of expansion.faults) faults.add(fault);
    for (const secret of expansion.secrets) secrets.add(secret);
    if (/\0/.test(expansion.text)) faults.add("a text has a NUL character in it");
    return expansion.text;
  };
  return {
    ...{ faults, secrets },
    text,
    texts: (map) => Object.fromEntries(Object.entries(map).map(([name, value]) => [name, text(value)])),
    folder(from, base) {
      const path = text(from);
      if (path === "~" || path.startsWith("~/")) return join(home, path.slice(1));
      return isAbsolute(path) ? path : resolve(base, path);
    },
  };
}

async function specOf(server: Server, parts: Parts): Promise<McpServerSpec | undefined> {
  const { name, entry, base } = server;
  const fill = filling(parts);
  const transport = entry.command === undefined ? await remote(server, fill) : child(server, fill, parts);
  if (fill.faults.size > 0) {
    const about = { name, from: base.from, isRequired: entry.required === true };
    for (const fault of fill.faults) parts.problems.push(problemAt(about, printable(fault)));
    return undefined;
  }
  return {
    ...{ name, transport },
    ...(fill.secrets.size === 0 ? {} : { secrets: [...fill.secrets] }),
    startTimeoutMs: entry.startTimeout ?? 30_000,
    callTimeoutMs: entry.timeout ?? parts.callTimeoutMs,
    tools: { ...(entry.tools?.allow === undefined ? {} : { allow: entry.tools.allow }), deny: entry.tools?.deny ?? [] },
    alwaysLoad: entry.alwaysLoad ?? false,
    required: entry.required ?? false,
    sampling: { answer: entry.sampling?.answer ?? "ask", tokensPerSession: entry.sampling?.tokensPerSession ?? 50_000 },
    layer: base.from.layer,
    source: base.from.source,
  };
}

/**
 * Entries of every project start at home: in the folder of a project that nobody trusts, npx would run what lies in its node_modules,
 * or ask the registry of its .npmrc.
 */
const ofThisProject: readonly string[] = ["project", "local", "flag"] satisfies McpServerSpec["layer"][];

/** A relative program is found where the entry is written, so that no project puts another in the way of a user's own. */
function child({ entry, base }: Server, fill: Filling, { project, home }: Parts): McpTransport {
  const own = ofThisProject.includes(base.from.layer) ? project : home;
  const cwd = entry.cwd === undefined ? own : fill.folder(entry.cwd, base.base);
  const written = fill.text(entry.command ?? "");
  // A variable that is missing is told already.
  if (written.trim() === "" && fill.faults.size === 0) fill.faults.add("its command is empty");
  const isPath = written.includes("/");
  const command = isPath ? fill.folder(entry.command ?? "", entry.cwd === undefined ? base.base : cwd) : written;
  return { kind: "stdio", command, args: (entry.args ?? []).map(fill.text), env: fill.texts(entry.env ?? {}), cwd };
}

async function remote({ entry, base }: Server, fill: Filling): Promise<McpTransport> {
  const url = fill.text(entry.url ?? "").trim();
  if (fill.faults.size === 0) for (const fault of urlFaults(url)) fill.faults.add(fault);
  const headers = fill.texts(entry.headers ?? {});
  for (const [name, value] of Object.entries(headers)) {
    if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value))
      fill.faults.add(`the header ${name} has characters that no header may have`);
  }
  return {
    kind: entry.type === "sse" ? "sse" : "http",
    url,
    headers,
    oauth: await oauthOf(entry.oauth ?? {}, base.base, fill),
  };
}

/** Says nothing of what it holds. */
export function urlFaults(text: string): string[] {
  const url = URL.parse(text);
  if (url === null) return ["its url is none: it must begin with https:// or http://"];
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return [`its url begins with ${url.protocol}//; a server is reached by https or http`];
  return url.username === "" && url.password === "" ? [] : ["its url holds a name or password; write them as a header"];
}

const maxKeyBytes = 65_536;

async function oauthOf(
  { privateKeyFile, ...said }: NonNullable<McpServerEntry["oauth"]>,
  base: string,
  fill: Filling,
): Promise<McpOAuth> {
  const filled = Object.fromEntries(
    Object.entries(said).map(([key, value]) => [key, typeof value === "string" ? fill.text(value) : value]),
  );
  if (privateKeyFile === undefined) return filled;
  const file = fill.folder(privateKeyFile, base);
  const found = await fileAt(file);
  if (found?.kind !== "file" || found.bytes > maxKeyBytes) {
    fill.faults.add(`oauth.privateKeyFile: ${file} is ${found === undefined ? "not there" : "no key file"}`);
    return filled;
  }
  try {
    return { ...filled, privateKey: (await readText(file)) ?? "" };
  } catch {
    fill.faults.add(`oauth.privateKeyFile: ${file} cannot be read`);
    return filled;
  }
}
