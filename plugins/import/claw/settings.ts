/** One config file of Claw Code: every top-level key is a finding, or several. */
import type { Json, JsonObject } from "gantry/plugin";
import { modelFinding } from "../claude/settings.ts";
import { isObject, own, textsOf } from "../fields.ts";
import { type At, type Behavior, type Finding, type Layer, notMapped, ruleFinding, valueFinding } from "../findings.ts";
import type { Fault, SourceFile } from "../source-file.ts";
import { clawHookFaults, clawHookFindings } from "./hooks.ts";
import { mapClawRule } from "./rule-forms.ts";
import { clawServerFindings } from "./servers.ts";

type ReadFile = Extract<SourceFile, { state: "read" }>;
type KeyPath = readonly (string | number)[];

const behaviors = ["deny", "ask", "allow"] as const;
const lists = [...behaviors, "deniedTools"];

/** The parts that may hold a no and cannot be read. */
export function clawFaults({ data, lineOf }: ReadFile): Fault[] {
  if (!isObject(data)) return [{ line: 1, message: "the config must be an object" }];
  const permissions = own(data, "permissions");
  const fault = (at: KeyPath, must: string): Fault => ({ line: lineOf(at), message: `${at.join(".")} must be ${must}` });
  if (permissions !== undefined && !isObject(permissions)) return [fault(["permissions"], "an object")];
  const wrong = lists.flatMap((key) => {
    const list = isObject(permissions) ? own(permissions, key) : undefined;
    return list === undefined || textsOf(list) !== undefined ? [] : [fault(["permissions", key], "a list of rules in quotes")];
  });
  return [...wrong, ...clawHookFaults(own(data, "hooks"), lineOf)];
}

export interface ClawLayer {
  layer: Layer;
  /** Where `permissionMode` is, which hides every `permissions.defaultMode`. */
  modeAt?: string;
}

export function clawFindings(file: ReadFile, { layer, modeAt }: ClawLayer): Finding[] {
  const { path, data, lineOf } = file;
  if (!isObject(data)) return [];
  const at = (...keys: (string | number)[]): At => ({ source: `${path}:${lineOf(keys)}`, layer });
  return Object.entries(data).flatMap(([key, value]): Finding[] => {
    if (key === "permissions" && isObject(value)) return permissionFindings(value, at, modeAt);
    if (key === "permissionMode") return [modeFinding(value, at(key))];
    if (key === "hooks" && isObject(value)) return clawHookFindings(value, (...keys) => at("hooks", ...keys));
    if (key === "mcpServers") return clawServerFindings(value, (name) => at(key, name));
    if (key === "model") return [modelFinding(value, at(key))];
    if (key === "env") return variableFindings(value, at);
    if (key === "sandbox") return sandboxFindings(value, at);
    return key === "$schema" ? [] : [otherFinding(key, value, at(key))];
  });
}

function permissionFindings(
  permissions: JsonObject,
  at: (...keys: (string | number)[]) => At,
  modeAt: string | undefined,
): Finding[] {
  const rules = behaviors.flatMap((behavior) =>
    (textsOf(own(permissions, behavior)) ?? []).map((text, index) =>
      oneRule(text, behavior, at("permissions", behavior, index)),
    ),
  );
  const denied = (textsOf(own(permissions, "deniedTools")) ?? []).map((tool, index) =>
    oneRule(tool, "deny", at("permissions", "deniedTools", index)),
  );
  const mode = own(permissions, "defaultMode");
  const others = Object.keys(permissions)
    .filter((key) => ![...lists, "defaultMode"].includes(key))
    .map((key) =>
      notMapped({ ...at("permissions", key), kind: "other", what: `permissions.${key}`, why: "Gantry has no such setting." }),
    );
  return [
    ...rules,
    ...denied,
    ...(mode === undefined ? [] : [modeFinding(mode, at("permissions", "defaultMode"), modeAt)]),
    ...others,
  ];
}

function oneRule(text: string, behavior: Behavior, at: At): Finding {
  const mapped = mapClawRule(text, behavior);
  if ("left" in mapped) {
    const finding = notMapped({ ...at, kind: "permission", what: `${behavior} ${text}`, why: mapped.left });
    return mapped.isStricter ? { ...finding, result: "stricter" } : finding;
  }
  const { rule, enclosing, isWider = false, why } = mapped;
  return ruleFinding({
    ...at,
    behavior,
    what: text,
    rule,
    ...(enclosing === undefined ? {} : { enclosing }),
    ...(isWider ? { result: "stricter" as const } : {}),
    ...(why === undefined ? {} : { why }),
  });
}

// ── Mode ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const modes: Readonly<Record<string, "plan" | "acceptEdits" | "none">> = {
  default: "plan",
  plan: "plan",
  "read-only": "plan",
  acceptEdits: "acceptEdits",
  auto: "acceptEdits",
  "workspace-write": "acceptEdits",
  dontAsk: "none",
  "danger-full-access": "none",
};

function modeFinding(mode: Json, at: At, hiddenBy?: string): Finding {
  const told = { ...at, kind: "mode" as const, what: `mode ${typeof mode === "string" ? mode : JSON.stringify(mode)}` };
  if (hiddenBy !== undefined) return notMapped({ ...told, why: `permissionMode at ${hiddenBy} counts instead.` });
  const same = typeof mode === "string" && Object.hasOwn(modes, mode) ? modes[mode] : undefined;
  if (same === undefined) return notMapped({ ...told, why: "There is no such mode." });
  if (same === "none") {
    const why = "It lets everything run, and such a mode is never written; what no rule allows is asked.";
    return { ...notMapped({ ...told, why }), result: "stricter" };
  }
  const why =
    same === "plan"
      ? "It is read-only there; plan also denies what an allow rule would let write or run."
      : "Edits outside the workspace and of guarded files are asked.";
  return valueFinding({ ...told, key: "permissions.mode", value: same, result: "stricter", why });
}

// ── The rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function variableFindings(value: Json, at: (...keys: string[]) => At): Finding[] {
  return Object.keys(isObject(value) ? value : {}).map((name) =>
    notMapped({ ...at("env", name), kind: "env", what: `env ${name}`, why: "It is shown there and given to no program." }),
  );
}

function sandboxFindings(value: Json, at: (...keys: string[]) => At): Finding[] {
  return Object.entries(isObject(value) ? value : {}).map(([key, inner]) => {
    const told = { ...at("sandbox", key), kind: "other" as const, what: `sandbox.${key} ${JSON.stringify(inner)}` };
    if (key !== "enabled" || inner !== true)
      return notMapped({ ...told, why: "Gantry's sandbox has rules of its own: docs/sandbox.md." });
    const why = "It is Gantry's own sandbox, which confines what a line may write and reach.";
    return valueFinding({ ...told, key: "sandbox.shell", value: "auto", result: "stricter", why });
  });
}

const whys: Readonly<Record<string, string>> = {
  oauth: "Gantry logs in to MCP servers only: gantry mcp login.",
  enabledPlugins: "Plugins are not imported; what a hook of one guards is asked about. gantry plugins install adds one.",
  plugins: "Plugins are not imported; what a hook of one guards is asked about. gantry plugins install adds one.",
  provider: "Keys of providers come from their variables; providers.anthropic.baseUrl is a key of the config.",
  trustedRoots: "Trust is given to each project: gantry trust grant.",
};

function otherFinding(key: string, value: Json, at: At): Finding {
  const names = key === "enabledPlugins" && isObject(value) ? `: ${Object.keys(value).join(", ")}` : "";
  const why = Object.hasOwn(whys, key) ? (whys[key] ?? "") : "The setting is about that agent itself.";
  return notMapped({ ...at, kind: "other", what: `${key}${names}`, why });
}

/**
 * `file:line` of the word of the highest file that has a `permissionMode`, for a file of this layer. One of a project hides nothing
 * of the user's, whose mode is there for other projects too.
 */
export function modePlace(files: readonly SourceFile[], reaches: (index: number) => boolean): string | undefined {
  const last = files.findLast(
    (file, index) =>
      reaches(index) && file.state === "read" && isObject(file.data) && own(file.data, "permissionMode") !== undefined,
  );
  return last?.state === "read" ? `${last.path}:${last.lineOf(["permissionMode"])}` : undefined;
}
