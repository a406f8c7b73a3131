/** host.mcp: the servers of the config listed, started, called and changed. Each command starts what it needs and ends it. */

import type { LoadedConfig } from "../../config/loaded.ts";
import { serverNameFault } from "../../config/mcp-names.ts";
import { urlFaults } from "../../config/mcp-specs.ts";
import { hiddenText, shown } from "../../config/secrets.ts";
import { trustRequired } from "../../config/usable.ts";
import { GantryError } from "../contract/errors.ts";
import type { ConfigHost, ConfigProblem } from "../contract/host.ts";
import type { McpServerFacts } from "../contract/mcp.ts";
import type { ConfigFileLayer, McpHost, McpListed } from "../contract/mcp-host.ts";
import { mcpToolName, mcpWord } from "../contract/mcp-names.ts";
import type { JsonObject } from "../contract/messages.ts";
import { printable } from "../contract/printable.ts";
import { createFacts } from "../mcp/facts.ts";
import { createLoginAnswers } from "../mcp/login-answers.ts";
import { unknownServer } from "../mcp/usable-server.ts";
import { callTool } from "./call-tool.ts";
import type { HostOptions } from "./host-options.ts";
import { checkServers, leftOut, type OpenServers, openServers } from "./mcp-open.ts";
import { sanitizeText } from "./sanitize.ts";

interface Parts {
  options: HostOptions;
  /** As it is now. */
  loaded(): Promise<LoadedConfig>;
  config: ConfigHost;
  problems(): Promise<ConfigProblem[]>;
}

/** Of a person at a browser. */
const loginMs = 600_000;

export function createMcpHost(parts: Parts): McpHost {
  const { options, loaded } = parts;
  const { io, signal } = options;
  return {
    async list({ check }) {
      const config = await loaded();
      const facts = check ? await checkServers(config, io, signal) : createFacts(config.mcp).all();
      return { servers: facts.map((each) => listed(each, config)), problems: await parts.problems() };
    },
    inspect: async (name) =>
      await withServer(name, parts, async (server, config, open) => await looked(server, config, open, signal)),
    async call(server, tool, input) {
      const name = usable(server, await loaded());
      const calledAs = mcpToolName(name, tool).name;
      return { ...(await callTool(calledAs, input, options)), calledAs };
    },
    login: async (name, { paste }) =>
      await withServer(name, parts, async (server, _config, { mcp }) => await logIn(server, { mcp, paste, options })),
    logout: async (name) =>
      await withServer(name, parts, async (server, _config, { mcp }) => {
        refuseProgram(server, mcp);
        const { removed } = await mcp.request(server, "logout", {}, { signal, timeoutMs: 30_000 });
        return removed;
      }),
    add: async (name, entry, layer) => await add(name, { entry, layer }, parts),
    remove: async (name, layer) => await remove(name, layer, parts),
  };
}

function listed(facts: McpServerFacts, { mcp, mcpPlaces }: LoadedConfig): McpListed {
  const is = ({ name }: { name: string }): boolean => name === facts.name;
  const spec = mcp.servers.find(is);
  const off = spec === undefined ? (mcp.disabled.find(is) ?? mcp.waiting.find(is)) : undefined;
  const source = (spec ?? off)?.source ?? "";
  const layer = spec?.layer ?? mcpPlaces.find((place) => is(place) && place.source === source)?.layer ?? "project";
  const known = { ...(off?.kind && { kind: off.kind }), ...(off?.what && { what: off.what }) };
  return { ...facts, ...known, layer, source, required: spec?.required ?? false };
}

/** The name as configured; the form in its tools' names will do too. MCP_SERVER_UNKNOWN, TRUST_REQUIRED. */
function usable(name: string, config: LoadedConfig): string {
  const { mcp, trust } = config;
  const is = (each: { name: string }): boolean => each.name === name || mcpWord(each.name) === name;
  const spec = mcp.servers.find(is);
  if (spec !== undefined) return spec.name;
  if (mcp.waiting.some(is)) throw trustRequired(trust);
  const off = mcp.disabled.find(is);
  if (off !== undefined)
    throw new GantryError("MCP_SERVER_UNKNOWN", `the MCP server ${off.name} is switched off in ${off.source}`);
  const names = new Set([...mcp.servers, ...mcp.waiting, ...mcp.disabled].map((each) => each.name));
  throw leftOut(name, config) ?? unknownServer(name, [...names]);
}

type Act<T> = (server: string, config: LoadedConfig, open: OpenServers) => Promise<T>;

async function withServer<T>(name: string, { loaded, options }: Parts, act: Act<T>): Promise<T> {
  const config = await loaded();
  const server = usable(name, config);
  const open = openServers(config, options.io);
  try {
    return await act(server, config, open);
  } finally {
    await open.close();
  }
}

async function looked(name: string, config: LoadedConfig, { mcp, registry, clean }: OpenServers, signal: AbortSignal) {
  const boundMs = (config.mcp.servers.find((spec) => spec.name === name)?.startTimeoutMs ?? 0) + 2_000;
  await mcp.settled({ servers: [name], boundMs, signal });
  const facts = mcp.facts().find((each) => each.name === name);
  if (facts === undefined) throw unknownServer(name, []);
  const tools = registry
    .tools()
    .flatMap(({ mcp: origin, name: calledAs, effect, description, inputSchema }) =>
      origin?.server === name ? [{ calledAs, name: origin.tool, effect, description, inputSchema }] : [],
    );
  const catalog = mcp.catalog(name) ?? { tools: [], prompts: [], resources: [], templates: [] };
  return clean({ server: listed(facts, config), catalog, tools });
}

function refuseProgram(server: string, mcp: OpenServers["mcp"]): void {
  if (mcp.specs.find(({ name }) => name === server)?.transport.kind !== "stdio") return;
  const message = `the MCP server ${server} is a program that Gantry starts; only servers with a url have logins`;
  throw new GantryError("USAGE_INVALID", message);
}

async function logIn(
  server: string,
  { mcp, paste, options }: { mcp: OpenServers["mcp"]; paste: boolean; options: HostOptions },
): Promise<void> {
  const { io, signal } = options;
  refuseProgram(server, mcp);
  const [{ createAnswerLines }, { openUrl }] = await Promise.all([import("./answers.ts"), import("../../workers/open-url.ts")]);
  const lines = createAnswerLines(io.stdin);
  const detach = mcp.attach(
    createLoginAnswers({
      id: "login",
      say: async (text) => void io.stderr.write(sanitizeText(text)),
      async nextLine(options) {
        const line = await lines.next(options);
        // What was typed ends the prompt's line; what was piped does not show.
        if (io.stdin.isTTY !== true) io.stderr.write("\n");
        return line;
      },
      open: async (url) => await openUrl(url, io.env),
    }),
  );
  try {
    await mcp.request(server, "login", { paste }, { signal, timeoutMs: loginMs, sessionId: "login" });
  } finally {
    detach();
  }
}

/** What no later change of a variable can mend. */
function wrongEntry(name: string, { url }: JsonObject): string | undefined {
  const wrong = serverNameFault(name);
  if (wrong !== undefined) return wrong;
  if (name.startsWith("-")) return "a name that begins with - reads as a flag";
  return typeof url !== "string" || url.includes("${") ? undefined : urlFaults(url.trim())[0];
}

async function add(
  name: string,
  { entry, layer }: { entry: JsonObject; layer: ConfigFileLayer },
  { loaded, config }: Parts,
): Promise<{ source: string; warnings: string[] }> {
  const wrong = wrongEntry(name, entry);
  if (wrong !== undefined) {
    const message = `MCP server ${printable(name.slice(0, 80))}: ${wrong}. Nothing is written.`;
    throw new GantryError("CONFIG_INVALID", message);
  }
  const { mcpPlaces } = await loaded();
  const taken = mcpPlaces.find((place) => mcpWord(place.name) === mcpWord(name));
  if (taken !== undefined) {
    const spelled = taken.name === name ? "" : `, as ${taken.name}`;
    throw new GantryError(
      "CONFIG_INVALID",
      `there is an MCP server ${name} already${spelled}: ${taken.source}; nothing is written`,
    );
  }
  const source = await config.set(`mcpServers.${name}`, JSON.stringify(entry), layer);
  const { problems, trust } = await loaded();
  const own = problems.filter(({ key }) => key === `mcpServers.${name}`).map(({ message }) => message);
  if (layer === "project" && JSON.stringify(shown(entry, "mcpServers.x")).includes(hiddenText)) {
    own.push(
      `what looks like a secret is written into ${source}, a file of the project; write \${NAME} there, and set the variable NAME`,
    );
  }
  const waits = layer === "project" && (trust.state === "untrusted" || trust.state === "changed");
  return { source, warnings: waits ? [...own, "The project's servers wait for your trust: gantry trust grant"] : own };
}

async function remove(
  name: string,
  layer: ConfigFileLayer | undefined,
  { loaded, config }: Parts,
): Promise<{ file: string; layer: ConfigFileLayer }> {
  const { mcpPlaces } = await loaded();
  const places = mcpPlaces.filter((place) => place.name === name);
  if (places.length === 0) {
    const names = new Set(mcpPlaces.map((place) => place.name));
    throw unknownServer(name, [...names]);
  }
  const own = places.flatMap((place) => (place.isOwnFile && (layer === undefined || place.layer === layer) ? [place] : []));
  const [only, other] = own;
  const where = places.map((place) => `${place.layer}: ${place.source}`).join(", ");
  if (only === undefined) {
    const how = layer === undefined ? "take it out there by hand" : `it has none in the layer ${layer}`;
    throw new GantryError("CONFIG_INVALID", `the MCP server ${name} is in ${where}; ${how}`);
  }
  if (other !== undefined) {
    throw new GantryError("CONFIG_INVALID", `the MCP server ${name} is in several places (${where}); say which with --scope`);
  }
  const from = only.layer as ConfigFileLayer;
  return { file: await config.unset(`mcpServers.${name}`, from), layer: from };
}
