/** One settings file of Claude Code: every top-level key is a finding, or several. */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, own, textsOf } from "../fields.ts";
import { type At, type Finding, type Layer, notMapped, valueFinding } from "../findings.ts";
import type { Fault, SourceFile } from "../source-file.ts";
import { hookFaults, hookFindings } from "./hooks.ts";
import type { RulePlace } from "./rule-forms.ts";
import { permissionFaults, permissionFindings } from "./rules.ts";

type ReadFile = Extract<SourceFile, { state: "read" }>;

export interface SettingsOf {
  layer: Layer;
  place: Omit<RulePlace, "behavior">;
  /** `file:line` of what switches all hooks off. */
  switchedOff?: string;
}

/** The parts that may hold a no and cannot be read. */
export function settingsFaults({ data, lineOf }: ReadFile): Fault[] {
  if (!isObject(data)) return [{ line: 1, message: "the settings must be an object" }];
  return [...permissionFaults(own(data, "permissions"), lineOf), ...hookFaults(own(data, "hooks"), lineOf)];
}

export function settingsFindings(file: ReadFile, { layer, place, switchedOff }: SettingsOf): Finding[] {
  const { path, data, lineOf } = file;
  if (!isObject(data)) return [];
  const at = { file: path, layer, lineOf, place };
  return Object.entries(data).flatMap(([key, value]): Finding[] => {
    const here = (...inner: string[]): At => ({ source: `${path}:${lineOf([key, ...inner])}`, layer });
    if (key === "permissions") return isObject(value) ? permissionFindings(value, at) : [];
    if (key === "hooks")
      return isObject(value) ? hookFindings(value, { ...at, ...(switchedOff === undefined ? {} : { switchedOff }) }) : [];
    if (key === "env") return envFindings(value, here);
    if (key === "model") return [modelFinding(value, here())];
    if (key === "sandbox") return sandboxFindings(value, here);
    if (key === "disabledMcpjsonServers" && layer !== "user") return disabledServers(value, here());
    return key === "$schema" ? [] : [otherFinding(key, value, here())];
  });
}

// ── Variables ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Variables that say something to that agent itself. */
const agentsOwn =
  /^(?:ANTHROPIC|CLAUDE|DISABLE|ENABLE|MAX_(?:THINKING|MCP)|MCP_|BASH_(?:DEFAULT|MAX)|OTEL|VERTEX|USE_BUILTIN|SLASH_COMMAND)/;

export function envFindings(value: Json, here: (...inner: string[]) => At): Finding[] {
  if (!isObject(value)) return [notMapped({ ...here(), kind: "env", what: "env", why: "It is no object of variables." })];
  return Object.entries(value).map(([name, text]) => {
    const told = { ...here(name), kind: "env" as const, what: `env ${name}` };
    if (agentsOwn.test(name)) return notMapped({ ...told, why: "The variable is about that agent itself." });
    if (!/^[A-Za-z_]\w*$/.test(name)) return notMapped({ ...told, why: "It is no name of a variable." });
    if (typeof text !== "string" && typeof text !== "number" && typeof text !== "boolean")
      return notMapped({ ...told, why: "Its value is no text." });
    return valueFinding({ ...told, key: `env.${name}`, value: String(text) });
  });
}

// ── Model, sandbox, servers ──────────────────────────────────────────────────────────────────────────────────────────

export function modelFinding(value: Json, at: At): Finding {
  const told = { ...at, kind: "model" as const, what: `model ${typeof value === "string" ? value : JSON.stringify(value)}` };
  if (typeof value === "string" && /^claude-[a-z0-9.-]+$/.test(value))
    return valueFinding({ ...told, key: "model", value: `anthropic/${value}` });
  return notMapped({ ...told, why: "A model is provider/name in Gantry, and an alias stands for another one each season." });
}

function sandboxFindings(value: Json, here: (...inner: string[]) => At): Finding[] {
  const sandbox = isObject(value) ? value : {};
  return Object.entries(sandbox).map(([key, inner]) => {
    const told = { ...here(key), kind: "other" as const, what: `sandbox.${key} ${JSON.stringify(inner)}` };
    if (key !== "enabled" || inner !== true)
      return notMapped({ ...told, why: "Gantry's sandbox has rules of its own: docs/sandbox.md." });
    const why = "It is Gantry's own sandbox, and lines in it are asked about as others are.";
    return valueFinding({ ...told, key: "sandbox.shell", value: "auto", result: "stricter", why });
  });
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
  enabledPlugins: "Plugins are installed one by one, and say what they ask for: gantry plugins install.",
  extraKnownMarketplaces:
    "Gantry has no marketplaces; gantry plugins install takes a folder, a tarball, a git URL or an npm name.",
  enabledMcpjsonServers: "Servers of .mcp.json wait for trust in the project: gantry trust grant.",
  enableAllProjectMcpServers: "Servers of .mcp.json wait for trust in the project: gantry trust grant.",
  disabledMcpjsonServers:
    "gantry config set mcpServers.NAME '{\"enabled\":false}' --layer local switches one off in a project.",
  apiKeyHelper: "Keys of providers come from their variables.",
  outputStyle: "Gantry has no output styles; --append-system-prompt adds to the prompt.",
  disableAllHooks: "Gantry has no such switch; hooks that it switches off are not imported.",
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
