/** `permissions` of a settings file: rules, mode and folders as findings. */
import path from "node:path";
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, own, textsOf } from "../fields.ts";
import { type Behavior, elementFinding, type Finding, type Layer, notMapped, ruleFinding, valueFinding } from "../findings.ts";
import type { Fault } from "../source-file.ts";
import { mapRule, type RulePlace } from "./rule-forms.ts";

const behaviors = ["deny", "ask", "allow"] as const;
type KeyPath = readonly (string | number)[];

export interface SettingsPlace {
  file: string;
  layer: Layer;
  lineOf(path: KeyPath): number;
  place: Omit<RulePlace, "behavior">;
}

/** What of it nobody can read: a no may be in it. */
export function permissionFaults(permissions: Json | undefined, lineOf: (path: KeyPath) => number): Fault[] {
  if (permissions === undefined) return [];
  const fault = (at: KeyPath, must: string): Fault => ({ line: lineOf(at), message: `${at.join(".")} must be ${must}` });
  if (!isObject(permissions)) return [fault(["permissions"], "an object")];
  return behaviors.flatMap((behavior) => {
    const list = own(permissions, behavior);
    if (list === undefined) return [];
    const at = ["permissions", behavior];
    if (!Array.isArray(list)) return [fault(at, "a list of rules")];
    return list.flatMap((rule, index) => (typeof rule === "string" ? [] : [fault([...at, index], "a rule in quotes")]));
  });
}

export function permissionFindings(permissions: JsonObject, at: SettingsPlace): Finding[] {
  const rules = behaviors.flatMap((behavior) =>
    (textsOf(own(permissions, behavior)) ?? []).map((text, index) =>
      oneRule(text, behavior, { ...at, path: ["permissions", behavior, index] }),
    ),
  );
  const known: string[] = [...behaviors, "defaultMode", "additionalDirectories"];
  const others = Object.keys(permissions)
    .filter((key) => !known.includes(key))
    .map((key) =>
      notMapped({
        ...sourceOf(at, ["permissions", key]),
        kind: "other",
        what: `permissions.${key}`,
        why: otherKeys[key] ?? "Gantry has no such setting.",
      }),
    );
  return [...rules, ...modeFindings(own(permissions, "defaultMode"), at), ...folderFindings(permissions, at), ...others];
}

const otherKeys: Readonly<Record<string, string>> = {
  disableBypassPermissionsMode: "In Gantry the managed config locks permissions.mode: docs/config.md.",
  disableAutoMode: "Gantry has no mode that decides by itself.",
};

/** One rule of any list, by itself. */
export function oneRule(text: string, behavior: Behavior, at: SettingsPlace & { path: KeyPath }): Finding {
  const source = sourceOf(at, at.path);
  const mapped = mapRule(text, { ...at.place, behavior });
  if ("left" in mapped) {
    const finding = notMapped({ ...source, kind: "permission", what: `${behavior} ${text}`, why: mapped.left });
    return mapped.isStricter ? { ...finding, result: "stricter" } : finding;
  }
  const { rule, enclosing, isWider = false, why } = mapped;
  return ruleFinding({
    ...source,
    behavior,
    what: text,
    rule,
    ...(enclosing === undefined ? {} : { enclosing }),
    ...(isWider ? { result: "stricter" as const } : {}),
    ...(why === undefined ? {} : { why }),
  });
}

function sourceOf({ file, layer, lineOf }: SettingsPlace, at: KeyPath): { source: string; layer: Layer } {
  return { source: `${file}:${lineOf(at)}`, layer };
}

const modes: Readonly<Record<string, string>> = {
  default: "default",
  acceptEdits: "acceptEdits",
  plan: "plan",
  dontAsk: "dontAsk",
};

function modeFindings(mode: Json | undefined, at: SettingsPlace): Finding[] {
  if (mode === undefined) return [];
  const source = { ...sourceOf(at, ["permissions", "defaultMode"]), kind: "mode" as const };
  const what = `mode ${typeof mode === "string" ? mode : JSON.stringify(mode)}`;
  const same = typeof mode === "string" && Object.hasOwn(modes, mode) ? modes[mode] : undefined;
  if (same !== undefined) return [valueFinding({ ...source, what, key: "permissions.mode", value: same })];
  if (mode === "auto") {
    // Left out, it would leave a lower file's acceptEdits to count.
    const why = "Gantry has no mode that decides by itself; what no rule allows is asked.";
    return [valueFinding({ ...source, what, key: "permissions.mode", value: "default", result: "stricter", why })];
  }
  const why =
    mode === "bypassPermissions"
      ? "A mode that asks nothing is never written; gantry run --permission-mode bypassPermissions is for one run."
      : "There is no such mode; the mode stays as it is.";
  return [{ ...notMapped({ ...source, what, why }), result: "stricter" }];
}

function folderFindings(permissions: JsonObject, at: SettingsPlace): Finding[] {
  const list = own(permissions, "additionalDirectories");
  return (Array.isArray(list) ? list : []).map((folder, index): Finding => {
    const source = sourceOf(at, ["permissions", "additionalDirectories", index]);
    const what = `additional directory ${typeof folder === "string" ? folder : JSON.stringify(folder)}`;
    const told = { ...source, kind: "permission" as const, what };
    const isText = typeof folder === "string" && folder !== "";
    const isFixed = isText && (path.isAbsolute(folder) || /^~(?:\/|$)/.test(folder));
    if (isText && (isFixed || at.layer !== "user"))
      return elementFinding({ ...told, key: "permissions.additionalDirectories", value: folder });
    return { ...notMapped({ ...told, why: "Which folder it is depends on where each session starts." }), result: "stricter" };
  });
}
