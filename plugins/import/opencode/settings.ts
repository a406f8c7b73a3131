/** The keys of one config of opencode: permissions of its own and of its agents, servers, instructions, and the rest. */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, objectOf, otherKeys, own, textsOf } from "../fields.ts";
import { type At, type Finding, instructionFinding, type Layer, notInThisBuild, notMapped, valueFinding } from "../findings.ts";
import { counted } from "../folder.ts";
import type { Table } from "../table.ts";
import { permissionFindings, rulesOf } from "./permissions.ts";
import { serverFindings } from "./servers.ts";

export interface Around {
  layer: Layer;
  servers: readonly string[];
  isAlone: boolean;
  /** Whether sessions start with the agent of this name. */
  isFirst(name: string): boolean;
}

type Locate = (...keys: (string | number)[]) => At;

export function settingsFindings({ path, data, lineOf }: Table, { layer, servers, isAlone, isFirst }: Around): Finding[] {
  const at: Locate = (...keys) => ({ source: `${path}:${lineOf(keys)}`, layer });
  const around = { servers, isAlone };
  const permission = own(data, "permission");
  return [
    ...switchedOff(own(data, "tools"), (name) => at("tools", name), around),
    ...(permission === undefined
      ? []
      : permissionFindings(
          rulesOf(permission, (...keys) => at("permission", ...keys)),
          around,
        )),
    ...agentFindings(data, { at, around, isFirst }),
    ...Object.entries(objectOf(own(data, "mcp"))).flatMap(([name, entry]) => serverFindings(name, entry, at("mcp", name))),
    ...instructionFindings(data, at),
    ...modelFindings(data, at),
    ...countedFindings(data, at),
    ...otherKeys(at(othersOf(data)[0] ?? ""), othersOf(data), "opencode"),
  ];
}

/** Whether the file says anything about permissions, so that another can be merged with it. */
export function hasPermissions({ data }: Table): boolean {
  const inner = [...Object.values(objectOf(own(data, "agent"))), ...Object.values(objectOf(own(data, "mode")))];
  return [data, ...inner].some(
    (each) => isObject(each) && (own(each, "permission") !== undefined || own(each, "tools") !== undefined),
  );
}

/** `tools: {name: false}`, the older form: no more than a deny. */
function switchedOff(
  tools: Json | undefined,
  at: (name: string) => At,
  around: Pick<Around, "servers" | "isAlone">,
): Finding[] {
  if (tools === undefined) return [];
  const entries = isObject(tools) ? Object.entries(tools) : [["*", tools] as const];
  const rules = entries.flatMap(([name, value]) =>
    rulesOf({ [name]: value === false ? "deny" : value === true ? "allow" : value }, () => at(name)),
  );
  // A yes there only offers the tool.
  const denied = rules.filter((rule) => "wrong" in rule || rule.action !== "allow");
  return permissionFindings(denied, { ...around, isAlone: false });
}

interface Agents {
  at: Locate;
  around: Pick<Around, "servers" | "isAlone">;
  isFirst(name: string): boolean;
}

const noAgents = "Gantry has no agents of files in this build; what they allow is not written";

/** Of the agent that a session starts with what is denied or asked holds; of the others there are none in this build. */
function agentFindings(data: JsonObject, agents: Agents): Finding[] {
  const { at, isFirst } = agents;
  return ["agent", "mode"].flatMap((key) => {
    const all = Object.entries(objectOf(own(data, key)));
    const names = all.flatMap(([name]) => (isFirst(name) ? [] : [name]));
    const what = `${counted(names.length, "agents")}: ${names.join(", ")}`;
    return [
      ...all.flatMap(([name, agent]) => (isFirst(name) ? firstFindings([key, name], objectOf(agent), agents) : [])),
      ...(names.length === 0 ? [] : [notInThisBuild({ ...at(key), kind: "agent", what, why: noAgents })]),
    ];
  });
}

function firstFindings(path: readonly string[], agent: JsonObject, { at, around }: Agents): Finding[] {
  const permission = own(agent, "permission");
  const rules = permission === undefined ? [] : rulesOf(permission, (...keys) => at(...path, "permission", ...keys));
  const kept = rules.filter((rule) => "wrong" in rule || rule.action !== "allow");
  const yes = rules.length - kept.length;
  const what = `${counted(yes, "rules")} that allow, of the agent ${path.at(-1)}`;
  return [
    ...switchedOff(own(agent, "tools"), (name) => at(...path, "tools", name), around),
    ...permissionFindings(kept, { ...around, isAlone: false }),
    ...(yes === 0 ? [] : [notInThisBuild({ ...at(...path, "permission"), kind: "permission", what, why: noAgents })]),
  ];
}

function instructionFindings(data: JsonObject, at: Locate): Finding[] {
  const list = textsOf(own(data, "instructions")) ?? [];
  return list.map((path, index) => {
    const read = /^(?:\.\/)?(?:AGENTS|CLAUDE)\.md$/.test(path);
    const way = /^https?:/.test(path)
      ? "Gantry reads no instructions from the network; copy what it says into AGENTS.md"
      : `Gantry reads AGENTS.md and CLAUDE.md; write @${path} into AGENTS.md`;
    return instructionFinding({
      ...at("instructions", index),
      path,
      read,
      why: read ? "Gantry reads it at the project root" : way,
    });
  });
}

function modelFindings(data: JsonObject, at: Locate): Finding[] {
  const model = own(data, "model");
  const found: Finding[] = [];
  const why = "Gantry in this build has no provider for it; set model to one of anthropic/";
  if (typeof model === "string" && /^anthropic\/[\w.-]+$/.test(model))
    found.push(valueFinding({ ...at("model"), kind: "model", what: `model ${model}`, key: "model", value: model }));
  else if (model !== undefined)
    found.push(notMapped({ ...at("model"), kind: "model", what: `model ${JSON.stringify(model)}`, why }));
  const providers = Object.keys(objectOf(own(data, "provider")));
  if (providers.length > 0)
    found.push(
      notMapped({
        ...at("provider"),
        kind: "model",
        what: `provider: ${providers.join(", ")}`,
        why: "Gantry has no providers by config",
      }),
    );
  return found;
}

function countedFindings(data: JsonObject, at: Locate): Finding[] {
  const commands = Object.keys(objectOf(own(data, "command")));
  const plugins = own(data, "plugin");
  const names = Array.isArray(plugins)
    ? plugins
        .map((each) => (Array.isArray(each) ? each[0] : each))
        .map((each) => (typeof each === "string" ? each : "a plugin"))
    : [];
  const why = "Gantry has plugins of its own; a plugin that guards tools guards nothing here";
  return [
    ...(commands.length === 0
      ? []
      : [
          notInThisBuild({
            ...at("command"),
            kind: "command",
            what: `${commands.length} commands: ${commands.join(", ")}`,
            why: "Gantry has no commands of files in this build",
          }),
        ]),
    ...(names.length === 0
      ? []
      : [notInThisBuild({ ...at("plugin"), kind: "other", what: `${names.length} plugins: ${names.join(", ")}`, why })]),
  ];
}

const handled = new Set(
  "$schema permission tools agent mode default_agent mcp instructions model provider command plugin".split(" "),
);

function othersOf(data: JsonObject): string[] {
  return Object.keys(data).filter((key) => !handled.has(key));
}
