/** One settings file of Claude Code: every top-level key is a finding, or several. */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, own, textsOf } from "../fields.ts";
import { type At, addRule, type Finding, type Layer, notMapped, valueFinding } from "../findings.ts";
import type { Fault, SourceFile } from "../source-file.ts";
import { type GuardText, hookFaults, hookFindings } from "./hooks.ts";
import type { RulePlace } from "./rule-forms.ts";
import { permissionFaults, permissionFindings } from "./rules.ts";
import { sandboxFaults, sandboxFindings } from "./sandbox.ts";

type ReadFile = Extract<SourceFile, { state: "read" }>;

export interface SettingsOf {
  layer: Layer;
  place: Omit<RulePlace, "behavior">;
  /** `file:line` of what switches the hooks of this file off. */
  switchedOff?: string;
  /** Of every file: a variable that is not written may be what one of them goes by. */
  guards: readonly GuardText[];
}

/** The parts that may hold a no and cannot be read. */
export function settingsFaults({ data, lineOf }: ReadFile): Fault[] {
  if (!isObject(data)) return [{ line: 1, message: "the settings must be an object" }];
  return [
    ...permissionFaults(own(data, "permissions"), lineOf),
    ...hookFaults(own(data, "hooks"), lineOf),
    ...sandboxFaults(own(data, "sandbox"), lineOf),
  ];
}

export function settingsFindings(file: ReadFile, { layer, place, switchedOff, guards }: SettingsOf): Finding[] {
  const { path, data, lineOf } = file;
  if (!isObject(data)) return [];
  const at = { file: path, layer, lineOf, place };
  return Object.entries(data).flatMap(([key, value]): Finding[] => {
    const here = (...inner: string[]): At => ({ source: `${path}:${lineOf([key, ...inner])}`, layer });
    if (key === "permissions") return isObject(value) ? permissionFindings(value, at) : [];
    if (key === "hooks")
      return isObject(value) ? hookFindings(value, { ...at, ...(switchedOff === undefined ? {} : { switchedOff }) }) : [];
    if (key === "env") return envFindings(value, here, guards);
    if (key === "model") return [modelFinding(value, here())];
    if (key === "sandbox") return sandboxFindings(value, here, place);
    if (key === "deniedMcpServers") return deniedServers(value, here());
    if (key === "allowedMcpServers") return [serversAsked(key, here())];
    if (key === "disabledMcpjsonServers" && layer !== "user") return disabledServers(value, here());
    return key === "$schema" ? [] : [otherFinding(key, value, here())];
  });
}

// ── Variables ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Variables that say something to that agent itself, by their whole names. */
const agentsOwn = new Set(
  [
    "ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_BASE_URL ANTHROPIC_CUSTOM_HEADERS ANTHROPIC_MODEL ANTHROPIC_SMALL_FAST_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL ANTHROPIC_DEFAULT_OPUS_MODEL ANTHROPIC_DEFAULT_SONNET_MODEL",
    "BASH_DEFAULT_TIMEOUT_MS BASH_MAX_OUTPUT_LENGTH BASH_MAX_TIMEOUT_MS CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC CLAUDE_CODE_DISABLE_TERMINAL_TITLE CLAUDE_CODE_ENABLE_TELEMETRY",
    "CLAUDE_CODE_MAX_OUTPUT_TOKENS CLAUDE_CODE_SUBAGENT_MODEL CLAUDE_CODE_USE_BEDROCK CLAUDE_CODE_USE_VERTEX",
    "DISABLE_AUTOUPDATER DISABLE_BUG_COMMAND DISABLE_COST_WARNINGS DISABLE_ERROR_REPORTING DISABLE_PROMPT_CACHING DISABLE_TELEMETRY",
    "ENABLE_TOOL_SEARCH MAX_MCP_OUTPUT_TOKENS MAX_THINKING_TOKENS MCP_TIMEOUT MCP_TOOL_TIMEOUT USE_BUILTIN_RIPGREP",
  ].flatMap((line) => line.split(" ")),
);

export function envFindings(value: Json, here: (...inner: string[]) => At, guards: readonly GuardText[]): Finding[] {
  if (!isObject(value)) return [notMapped({ ...here(), kind: "env", what: "env", why: "It is no object of variables." })];
  return Object.entries(value).map(([name, text]) => {
    const told = { ...here(name), kind: "env" as const, what: `env ${name}` };
    const read = [...new Set(guards.filter((guard) => guard.text.includes(name)).flatMap((guard) => guard.guards))];
    const left = (why: string): Finding => {
      const asked = `${why} A hook reads it, whose tools are asked about.`;
      if (read.length === 0) return notMapped({ ...told, why });
      return { ...notMapped({ ...told, why: asked }), result: "stricter", becomes: [addRule("ask", ...read)] };
    };
    if (agentsOwn.has(name)) return left("The variable is about that agent itself.");
    if (!/^[A-Za-z_]\w*$/.test(name)) return left("It is no name of a variable.");
    if (typeof text !== "string" && typeof text !== "number" && typeof text !== "boolean") return left("Its value is no text.");
    const found = valueFinding({ ...told, key: `env.${name}`, value: String(text) });
    return read.length === 0 ? found : { ...found, otherwise: [addRule("ask", ...read)] };
  });
}

// ── Model, servers ──────────────────────────────────────────────────────────────────────────────────────────

export function modelFinding(value: Json, at: At): Finding {
  const told = { ...at, kind: "model" as const, what: `model ${typeof value === "string" ? value : JSON.stringify(value)}` };
  if (typeof value === "string" && /^claude-[a-z0-9.-]+$/.test(value))
    return valueFinding({ ...told, key: "model", value: `anthropic/${value}` });
  return notMapped({ ...told, why: "A model is provider/name in Gantry, and an alias stands for another one each season." });
}

/** A server that may not be started there is denied here; one told by its address or command is not known by name. */
function deniedServers(value: Json, at: At): Finding[] {
  return (Array.isArray(value) ? value : [value]).map((entry) => {
    const name = isObject(entry) ? own(entry, "serverName") : undefined;
    if (typeof name !== "string") return serversAsked("deniedMcpServers", at);
    const rule = `mcp__${name.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
    return {
      ...notMapped({ ...at, kind: "mcp-server", what: `MCP server ${name} is denied`, why: "" }),
      result: "stricter",
      becomes: [addRule("deny", rule)],
      otherwise: [addRule("ask", "mcp__*")],
      why: "It is not started there; here its tools are denied.",
    };
  });
}

export function serversAsked(what: string, at: At): Finding {
  const why = "Which servers may run is not told by their names there; every tool of a server is asked about.";
  return {
    ...notMapped({ ...at, kind: "mcp-server", what, why }),
    result: "stricter",
    becomes: [addRule("ask", "mcp__*")],
  };
}

export function disabledServers(value: Json, at: At): Finding[] {
  return (textsOf(value) ?? []).map((name) =>
    valueFinding({
      ...at,
      kind: "mcp-server",
      what: `MCP server ${name} is disabled`,
      key: `mcpServers.${name}`,
      value: { enabled: false },
    }),
  );
}

// ── What Gantry has nothing like ─────────────────────────────────────────────────────────────────────────────────────

const whys: Readonly<Record<string, string>> = {
  enabledPlugins: "Plugins are not imported; what a hook of one guards is asked about. gantry plugins install adds one.",
  extraKnownMarketplaces:
    "Gantry has no marketplaces; gantry plugins install takes a folder, a tarball, a git URL or an npm name.",
  enabledMcpjsonServers: "Servers of .mcp.json wait for trust in the project: gantry trust grant.",
  enableAllProjectMcpServers: "Servers of .mcp.json wait for trust in the project: gantry trust grant.",
  disabledMcpjsonServers:
    "gantry config set mcpServers.NAME '{\"enabled\":false}' --layer local switches one off in a project.",
  apiKeyHelper: "Keys of providers come from their variables.",
  outputStyle: "Gantry has no output styles; --append-system-prompt adds to the prompt.",
  disableAllHooks:
    "There it switches all hooks off; here those of this file and of files above it are left out, and those below it stay.",
  statusLine: "Gantry has no status line.",
};

function otherFinding(key: string, value: Json, at: At): Finding {
  const names =
    key.startsWith("enabled") || key.startsWith("disabled") || key === "extraKnownMarketplaces" ? namesIn(value) : "";
  const why = Object.hasOwn(whys, key) ? (whys[key] ?? "") : "The setting is about that agent itself.";
  return notMapped({ ...at, kind: "other", what: names === "" ? key : `${key}: ${names}`, why });
}

function namesIn(value: Json): string {
  if (isObject(value)) return Object.keys(value).join(", ");
  return (textsOf(value) ?? []).join(", ");
}

/** Whether the file switches all hooks off, on, or says nothing. */
export function hookSwitch(data: JsonObject): boolean | undefined {
  const value = own(data, "disableAllHooks");
  return typeof value === "boolean" ? value : undefined;
}
