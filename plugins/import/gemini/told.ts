/** Settings that are told and not written, but for folders: instruction files, the model, and what is about Gemini CLI itself. */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, objectOf, otherKeys, own, textsOf } from "../fields.ts";
import { type At, alreadyThere, type Finding, instructionFinding, notMapped } from "../findings.ts";
import { valueAt } from "../table.ts";

export type Locate = (...keys: (string | number)[]) => At;

/** A list under its key of today or its older one. */
export function listAt(data: JsonObject, key: readonly string[], older: string): { path: string[]; list: Json } | undefined {
  const value = valueAt(data, ...key);
  if (value !== undefined) return { path: [...key], list: value };
  const old = own(data, older);
  return old === undefined ? undefined : { path: [older], list: old };
}

export function contextFindings(data: JsonObject, at: Locate): Finding[] {
  const named = listAt(data, ["context", "fileName"], "contextFileName");
  const names = typeof named?.list === "string" ? [named.list] : (textsOf(named?.list) ?? []);
  const files = names.map((name) => {
    const read = name === "AGENTS.md" || name === "CLAUDE.md";
    const why = read
      ? "Gantry reads files of this name in the project"
      : `Gantry reads AGENTS.md and CLAUDE.md; write @${name} into one of them, or rename it`;
    return instructionFinding({ ...at(...(named?.path ?? [])), path: name, read, why });
  });
  const folders = textsOf(valueAt(data, "context", "includeDirectories") ?? own(data, "includeDirectories")) ?? [];
  return [...files, ...folders.map((folder) => folderFinding(folder, at("context", "includeDirectories")))];
}

function folderFinding(folder: string, at: At): Finding {
  const what = `include directory ${folder}`;
  const isWhole = /^(?:~|\/[^/])/.test(folder) && !folder.split("/").includes("..") && !folder.includes("$");
  if (!isWhole)
    return notMapped({
      ...at,
      kind: "permission",
      what,
      why: "It is no whole path; add the folder to permissions.additionalDirectories by hand",
    });
  return {
    kind: "permission",
    what,
    ...at,
    result: "exact",
    becomes: [{ key: "permissions.additionalDirectories", how: "add", value: [folder] }],
  };
}

const handled = new Set(
  (
    "general tools coreTools excludeTools allowedTools mcpServers mcp allowMCPServers excludeMCPServers hooks hooksConfig context contextFileName " +
    "includeDirectories sandbox autoAccept model security policyPaths adminPolicyPaths $schema"
  ).split(" "),
);

export function toldFindings(data: JsonObject, at: Locate): Finding[] {
  const name = valueAt(data, "model", "name") ?? (typeof own(data, "model") === "string" ? own(data, "model") : undefined);
  const trust = valueAt(data, "security", "folderTrust");
  const discovery = valueAt(data, "tools", "discoveryCommand") ?? own(data, "toolDiscoveryCommand");
  const others = [...Object.keys(data).filter((key) => !handled.has(key)), ...innerOthers(data)];
  return [
    ...(name === undefined
      ? []
      : [
          notMapped({
            ...at("model"),
            kind: "model",
            what: `model ${JSON.stringify(name)}`,
            why: "Gantry in this build has no provider for it; set model to one of anthropic/",
          }),
        ]),
    ...(isObject(trust)
      ? [
          alreadyThere({
            ...at("security", "folderTrust"),
            kind: "other",
            what: "folderTrust",
            why: "Gantry asks once for each project, and again when its config changes",
          }),
        ]
      : []),
    ...(discovery === undefined
      ? []
      : [
          notMapped({
            ...at("tools", "discoveryCommand"),
            kind: "other",
            what: "tools.discoveryCommand",
            why: "Gantry takes tools from MCP servers and plugins",
          }),
        ]),
    ...otherKeys(at(...(others[0] ?? "").split(".")), others, "Gemini CLI"),
  ];
}

const handledInner: Readonly<Record<string, string>> = {
  general: "defaultApprovalMode",
  tools: "core exclude allowed sandbox discoveryCommand autoAccept approvalMode",
  context: "fileName includeDirectories",
  mcp: "excluded allowed",
  security: "folderTrust",
  model: "name",
};

function innerOthers(data: JsonObject): string[] {
  return Object.entries(handledInner).flatMap(([section, keys]) =>
    Object.keys(objectOf(own(data, section)))
      .filter((key) => !keys.split(" ").includes(key))
      .map((key) => `${section}.${key}`),
  );
}
