/**
 * What a reader of another agent's config hands over: files with their state, and findings. A finding never loosens: what is
 * not surely the same in Gantry is stricter there, or is left out where leaving it out cannot let anything more happen.
 */
import type { Host, Json, JsonObject } from "gantry/plugin";
import { shownText, shownWords } from "./shown.ts";

export type ConfigChange = Parameters<Host["config"]["change"]>[0][number];
export type Layer = "user" | "project" | "local";
export type Behavior = "allow" | "ask" | "deny";

export type FindingKind =
  | "permission"
  | "mode"
  | "hook"
  | "mcp-server"
  | "instructions"
  | "command"
  | "agent"
  | "skill"
  | "env"
  | "model"
  | "other";

/**
 * `exact`: the same in Gantry. `stricter`: something is asked or denied that was not, or a yes is left out. `not-mapped`: Gantry
 * has nothing like it. `weaker`: it is denied there and asked about here. `not-in-this-build`: Gantry knows it and does not have it. `already-there`: nothing is to be written.
 */
export type Result = "exact" | "stricter" | "weaker" | "not-mapped" | "not-in-this-build" | "already-there";

export interface Finding {
  kind: FindingKind;
  /** As written, clipped, on one line, secrets hidden. */
  what: string;
  /** `file:line`. */
  source: string;
  /** Whose file in Gantry it belongs to. */
  layer: Layer;
  result: Result;
  /** All of them together hold what was found. */
  becomes?: ConfigChange[];
  /** In place of `becomes`, where Gantry refuses one of those: at least as strict. Absent: nothing is written instead. */
  otherwise?: ConfigChange[];
  /** One sentence; for all but `exact`. */
  why?: string;
}

export interface SourceState {
  path: string;
  state: "read" | "absent" | "broken";
  /** `file:line: …`; of a broken one only. */
  problem?: string;
}

export interface AgentConfig {
  /** As a person calls it: Claude Code. */
  agent: string;
  /** Every place looked at, in the order that agent reads them. */
  files: SourceState[];
  findings: Finding[];
}

/** Where to look. All paths are absolute and real. */
export interface Place {
  home: string;
  /** The project root. */
  project: string;
  /** Where the agent would be started: the root or a folder below it. Absent: the root. */
  cwd?: string;
  /** What stands for `/etc`. Absent: that. */
  system?: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Only these files; absent: all. The files of the project are those of the layers project and local. */
  scope?: "user" | "project";
}

export type ReadAgent = (place: Place) => Promise<AgentConfig>;

/** What every builder is told: where it stands, and whose it is. */
export interface At {
  source: string;
  layer: Layer;
}

/**
 * A permission rule. `rule` is Gantry's; `what` is the source's own words for it. Where Gantry refuses `rule`: an allow becomes
 * an ask with the same words, or is left out; a deny or ask becomes `enclosing`, which speaks of all that it spoke of.
 */
export function ruleFinding(
  found: At & {
    behavior: Behavior;
    what: string;
    rule: string;
    enclosing?: string;
    result?: "exact" | "stricter";
    why?: string;
  },
): Finding {
  const { behavior, what, rule, enclosing, result = "exact", why, source, layer } = found;
  const instead =
    behavior === "allow" ? addRule("ask", rule) : enclosing === undefined ? undefined : addRule(behavior, enclosing);
  return {
    kind: "permission",
    what: shownText(`${behavior} ${what}`),
    source,
    layer,
    result,
    becomes: [addRule(behavior, rule)],
    ...(instead === undefined ? {} : { otherwise: [instead] }),
    ...(why === undefined ? {} : { why }),
  };
}

export function addRule(behavior: Behavior, ...rules: string[]): ConfigChange {
  return { key: `permissions.${behavior}`, how: "add", value: rules };
}

/** An MCP server. `entry` is Gantry's; `lost` names what of the source's entry it does not hold: then it is stricter or not mapped. */
export function serverFinding(
  found: At & { name: string; entry: JsonObject; result?: "exact" | "stricter"; why?: string },
): Finding {
  const { name, entry, result = "exact", why, source, layer } = found;
  return {
    kind: "mcp-server",
    what: shownText(`MCP server ${name}: ${serverWords(entry)}`),
    source,
    layer,
    result,
    becomes: [{ key: `mcpServers.${name}`, how: "set", value: entry }],
    ...(why === undefined ? {} : { why }),
  };
}

/** What starts or is called, without values of variables and headers. */
function serverWords(entry: JsonObject): string {
  const { command, args, url } = entry;
  const words = typeof url === "string" ? [url] : [command, ...(Array.isArray(args) ? args : [])];
  const names = [entry["env"], entry["headers"]].flatMap((map) =>
    typeof map === "object" && map !== null && !Array.isArray(map) ? Object.keys(map) : [],
  );
  const told = shownWords(words.map((each) => each ?? null));
  return names.length === 0 ? told : `${told} (${names.join(", ")})`;
}

/**
 * A hook in the public format. `guards` are the tools that it may stop, as rules: where Gantry refuses the hook, those are asked
 * about instead. Empty for a hook that stops nothing.
 */
export function hookFinding(
  found: At & {
    event: string;
    matcher?: string;
    handler: JsonObject;
    guards: readonly string[];
    result?: "exact" | "stricter";
    why?: string;
  },
): Finding {
  const { event, matcher, handler, guards, result = "exact", why, source, layer } = found;
  const group: JsonObject = { ...(matcher === undefined ? {} : { matcher }), hooks: [handler] };
  return {
    kind: "hook",
    what: shownText(`${event}${matcher === undefined ? "" : ` ${matcher}`}: ${handlerWords(handler)}`),
    source,
    layer,
    result,
    becomes: [{ key: `hooks.${event}`, how: "add", value: [group] }],
    ...(guards.length === 0 ? {} : { otherwise: [addRule("ask", ...guards)] }),
    ...(why === undefined ? {} : { why }),
  };
}

/** The first that it has: its command line, URL, tool or question. */
export function handlerWords(handler: JsonObject): string {
  const { command, args, url, tool, prompt, type } = handler;
  if (typeof command === "string") return shownWords([command, ...(Array.isArray(args) ? args : [])]);
  return [url, tool, prompt, type].find((word) => typeof word === "string") ?? "a handler";
}

/** A guard that Gantry cannot hold: the tools that it might have stopped are asked about. Without tools it is only told. */
export function guardFinding(found: At & { what: string; guards: readonly string[]; why: string }): Finding {
  const { what, guards, why, source, layer } = found;
  const held = guards.length === 0 ? {} : { becomes: [addRule("ask", ...guards)] };
  return { kind: "hook", what: shownText(what), source, layer, result: held.becomes ? "stricter" : "not-mapped", ...held, why };
}

/** One value. Never written over what Gantry's layer says already. */
export function valueFinding(
  found: At & { kind: FindingKind; what: string; key: string; value: Json; result?: "exact" | "stricter"; why?: string },
): Finding {
  const { kind, what, key, value, result = "exact", why, source, layer } = found;
  const becomes: ConfigChange[] = [{ key, how: "set", value }];
  return { kind, what: shownText(what), source, layer, result, becomes, ...(why === undefined ? {} : { why }) };
}

/** One element of a list. */
export function elementFinding(found: At & { kind: FindingKind; what: string; key: string; value: Json }): Finding {
  const { kind, what, key, value, source, layer } = found;
  return { kind, what: shownText(what), source, layer, result: "exact", becomes: [{ key, how: "add", value: [value] }] };
}

/** A file of instructions. Without `read` Gantry does not read it, and `why` says what to do about it. */
export function instructionFinding(found: At & { path: string; read: boolean; why: string }): Finding {
  const { path, read, why, source, layer } = found;
  return { kind: "instructions", what: shownText(path), source, layer, result: read ? "already-there" : "not-mapped", why };
}

/** Something that Gantry knows, and this build has not: a command, agent or skill. */
export function notInThisBuild(found: At & { kind: FindingKind; what: string; why: string }): Finding {
  return told("not-in-this-build", found);
}

/** Something that nothing in Gantry's config is like. Only for what restricted nothing. */
export function notMapped(found: At & { kind: FindingKind; what: string; why: string }): Finding {
  return told("not-mapped", found);
}

export function alreadyThere(found: At & { kind: FindingKind; what: string; why: string }): Finding {
  return told("already-there", found);
}

function told(
  result: Result,
  { kind, what, why, source, layer }: At & { kind: FindingKind; what: string; why: string },
): Finding {
  return { kind, what: shownText(what), source, layer, result, why };
}
