/** The keys of one `settings.json`, in the form of today and in the older flat one. Source: docs/reference/configuration.md. */
import type { Json, JsonObject } from "gantry/plugin";
import { objectOf, own, textsOf } from "../fields.ts";
import { type At, alreadyThere, type Finding, type Layer, notMapped, ruleFinding, valueFinding } from "../findings.ts";
import { shownText } from "../shown.ts";
import { type Table, valueAt } from "../table.ts";
import { entryFindings, entryOf, questions } from "./entries.ts";
import { type HooksOff, hookFindings } from "./hooks.ts";
import { type IsOff, serverFindings } from "./servers.ts";
import { contextFindings, type Locate, listAt, toldFindings } from "./told.ts";
import { builtInNames, currentTool, everyToolInTwo, gantryTool, shellTool } from "./tools.ts";
import { isOpen, withValues } from "./variables.ts";

interface Around {
  layer: Layer;
  isOff: IsOff;
  off: HooksOff;
  env: Readonly<Record<string, string | undefined>>;
}

/** `table` with its variables resolved. */
export function settingsFindings(table: Table, { layer, isOff, off, env }: Around): Finding[] {
  const { path, data, lineOf } = table;
  const at: Locate = (...keys) => ({ source: `${path}:${lineOf(keys)}`, layer });
  return [
    ...modeFindings(data, at),
    ...excludedFindings(data, at),
    ...entries(data, { key: ["tools", "allowed"], older: "allowedTools", behavior: "allow" }, at),
    ...coreFindings(data, at),
    ...sandboxFindings(data, at),
    ...Object.entries(objectOf(own(data, "mcpServers"))).flatMap(([name, entry]) =>
      serverFindings(name, withTools(entry, env), { at: at("mcpServers", name), isOff }),
    ),
    ...listedServers(data, at),
    ...hookFindings(table, { layer, off }),
    ...contextFindings(data, at),
    ...toldFindings(data, at),
  ];
}

/** Of the settings and of an extension's manifest. */
export function excludedFindings(data: JsonObject, at: Locate): Finding[] {
  return entries(data, { key: ["tools", "exclude"], older: "excludeTools", behavior: "deny" }, at);
}

/** The lists of a server's tools with their variables resolved: these are written without. */
function withTools(entry: Json, env: Around["env"]): Json {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return entry;
  const lists = ["includeTools", "excludeTools"].flatMap((key) => {
    const list = own(entry, key);
    return list === undefined ? [] : [[key, withValues(list, env)] as const];
  });
  return { ...entry, ...Object.fromEntries(lists) };
}

function modeFindings(data: JsonObject, at: Locate): Finding[] {
  const mode = valueAt(data, "general", "defaultApprovalMode") ?? valueAt(data, "tools", "approvalMode");
  const auto = valueAt(data, "tools", "autoAccept") ?? own(data, "autoAccept");
  const accepted: Finding[] =
    auto === undefined
      ? []
      : [
          alreadyThere({
            ...at(...(own(data, "autoAccept") === undefined ? ["tools", "autoAccept"] : ["autoAccept"])),
            kind: "mode",
            what: `autoAccept = ${JSON.stringify(auto)}`,
            why: "Calls that only read go ahead in the workspace",
          }),
        ];
  if (mode === undefined) return accepted;
  const here = at("general", "defaultApprovalMode");
  const what = `defaultApprovalMode = ${JSON.stringify(mode)}`;
  const written = (value: string, more: { result?: "stricter"; why?: string } = {}): Finding[] => [
    ...accepted,
    valueFinding({ ...here, kind: "mode", what, key: "permissions.mode", value, ...more }),
  ];
  if (mode === "default" || mode === "plan") return written(mode);
  if (mode === "auto_edit")
    return written("acceptEdits", {
      result: "stricter",
      why: "Edits in the workspace go ahead as there; Gantry asks before guarded files, as the inside of .git, are written",
    });
  const why = "No import writes a mode that asks about nothing; Gantry asks";
  if (mode === "yolo") return [...accepted, { kind: "mode", what, ...here, result: "stricter", why }];
  return written("default", { result: "stricter", why: "The mode is none that is known here; Gantry asks" });
}

interface ListKey {
  key: readonly string[];
  older: string;
  behavior: "allow" | "deny";
}

function entries(data: JsonObject, { key, older, behavior }: ListKey, at: Locate): Finding[] {
  const found = listAt(data, key, older);
  if (found === undefined) return [];
  const { path, list } = found;
  if (!Array.isArray(list)) return unreadable(path, list, at(...path));
  return list.flatMap((text, index) => {
    const here = at(...path, index);
    if (typeof text !== "string") return unreadable(path, text, here);
    if (isOpen(entryOf(text).tool)) return behavior === "allow" ? [unset(text, here)] : unreadable(path, text, here);
    return entryFindings(entryOf(text), { at: here, behavior, what: text });
  });
}

function unset(text: string, at: At): Finding {
  const why = "It names a variable that is not set; what it allows is asked about";
  return { kind: "permission", what: shownText(`allow ${text}`), ...at, result: "stricter", why };
}

function unreadable(path: readonly string[], value: Json, at: At): Finding[] {
  const what = `${path.join(".")}: ${JSON.stringify(value)}`;
  const why = "It is in no form that is known here, or names a variable that is not set; every tool is asked about";
  return everyToolInTwo.map((rules) => questions({ at, what, rules, why }));
}

/** A list of the only tools there are: the others are denied. */
function coreFindings(data: JsonObject, at: Locate): Finding[] {
  const found = listAt(data, ["tools", "core"], "coreTools");
  if (found === undefined) return [];
  const here = at(...found.path);
  const what = `${found.path.join(".")} = ${JSON.stringify(found.list)}`;
  const listed = textsOf(found.list)?.map(entryOf);
  if (listed === undefined || listed.length === 0) return unreadable(found.path, found.list, here);
  const tools = new Set(listed.flatMap(({ tool }) => gantryTool(tool) ?? []));
  const every = [...new Set(builtInNames.flatMap((name) => gantryTool(name) ?? []))];
  const denied = every.filter(
    (tool) => !tools.has(tool) && !["EnterPlanMode", "ExitPlanMode", "AskUserQuestion", "TodoWrite"].includes(tool),
  );
  const isShellBound =
    tools.has("Bash") && listed.every(({ tool, prefix }) => currentTool(tool) !== shellTool || prefix !== undefined);
  const why = "It names the only commands there are; Gantry has no rule for all others, and asks about every command";
  return [
    ...denied.map((rule) =>
      ruleFinding({ ...here, behavior: "deny", what: `${rule}, which ${found.path.join(".")} does not name`, rule }),
    ),
    ...(isShellBound ? [questions({ at: here, what, rules: ["Bash"], why })] : []),
  ];
}

/** What confines commands there confines them here, or they do not run. */
function sandboxFindings(data: JsonObject, at: Locate): Finding[] {
  const found = listAt(data, ["tools", "sandbox"], "sandbox");
  if (found === undefined) return [];
  const here = at(...found.path);
  const what = `${found.path.join(".")} = ${JSON.stringify(found.list)}`;
  if (found.list === false)
    return [notMapped({ ...here, kind: "other", what, why: "Gantry's sandbox is off unless sandbox.shell says otherwise" })];
  const why = "Gantry confines each command by itself, with its own sandbox; where this machine has none, no command runs";
  return [valueFinding({ ...here, kind: "other", what, key: "sandbox.shell", value: "require", result: "stricter", why })];
}

/** Names of servers in `mcp` that no file here configures. */
function listedServers(data: JsonObject, at: Locate): Finding[] {
  const excluded = listAt(data, ["mcp", "excluded"], "excludeMCPServers");
  const allowed = listAt(data, ["mcp", "allowed"], "allowMCPServers");
  const denied = (textsOf(excluded?.list) ?? []).map((name, index) => {
    const here = at(...(excluded?.path ?? []), index);
    const why = "It names a variable that is not set; every tool of a server is asked about";
    if (isOpen(name)) return questions({ at: here, what: `deny MCP server ${name}`, rules: ["mcp__*"], why });
    const rule = name === "*" ? "mcp__*" : `mcp__${name.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
    return ruleFinding({ ...here, behavior: "deny", what: `MCP server ${name}`, rule });
  });
  if (allowed === undefined) return denied;
  const why = "Servers that it does not name are written as not enabled; those of other files of Gantry stay as they are";
  return [
    ...denied,
    notMapped({
      ...at(...allowed.path),
      kind: "mcp-server",
      what: `${allowed.path.join(".")} = ${JSON.stringify(allowed.list)}`,
      why,
    }),
  ];
}
