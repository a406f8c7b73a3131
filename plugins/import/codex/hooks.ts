/**
 * Hooks, whose format is the public one. Two things differ: edits are one tool `apply_patch` whose input is a patch, so a guard of
 * edits cannot be asked by Gantry; and matchers are regular expressions throughout. Source: developers.openai.com/codex/hooks.
 */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, own } from "../fields.ts";
import { type At, type Finding, guardFinding, hookFinding, notMapped } from "../findings.ts";
import { toolTest } from "../matcher.ts";

/** Events that Gantry fires with the same fields, and whether they are about a tool. */
const events: Readonly<Record<string, "tool" | "plain">> = {
  PreToolUse: "tool",
  PermissionRequest: "tool",
  PostToolUse: "tool",
  SessionStart: "plain",
  UserPromptSubmit: "plain",
  Stop: "plain",
};
const guarding = ["PreToolUse", "PermissionRequest"];
const defaultTimeoutSeconds = 600;

export interface HooksPlace {
  /** Switched off there, so that none of them runs. */
  isOff: boolean;
  layer: At["layer"];
  /** The file and line of a path below the map of events. */
  sourceOf(path: readonly (string | number)[]): string;
}

export function hookFindings(hooks: Json | undefined, place: HooksPlace): Finding[] {
  if (!isObject(hooks)) return [];
  return Object.entries(hooks).flatMap(([event, groups]): Finding[] => {
    if (event === "state") return [];
    const first: At = { source: place.sourceOf([event]), layer: place.layer };
    if (place.isOff) return [notMapped({ ...first, kind: "hook", what: event, why: "Hooks are switched off there" })];
    if (!Array.isArray(groups)) return [unreadable(event, first)];
    return groups.flatMap((group, at) =>
      groupFindings(event, group, { ...place, sourceOf: (path) => place.sourceOf([event, at, ...path]) }),
    );
  });
}

function groupFindings(event: string, group: Json, place: HooksPlace): Finding[] {
  const at: At = { source: place.sourceOf([]), layer: place.layer };
  const handlers = isObject(group) ? own(group, "hooks") : undefined;
  const matcher = isObject(group) ? own(group, "matcher") : undefined;
  if (!Array.isArray(handlers) || (matcher !== undefined && typeof matcher !== "string")) return [unreadable(event, at)];
  return handlers.flatMap((handler, index) => {
    const here: At = { source: place.sourceOf(["hooks", index]), layer: place.layer };
    return isObject(handler)
      ? handlerFindings({ event, handler, ...(matcher === undefined ? {} : { matcher }) }, here)
      : [unreadable(event, here)];
  });
}

/** What cannot be read may be a guard of everything. */
function unreadable(event: string, at: At): Finding {
  const guards = guarding.includes(event) ? guardsOf(undefined) : [];
  return guardFinding({ ...at, what: `${event}: a hook that cannot be read`, guards, why: "It is in no form that Codex runs" });
}

interface Hook {
  event: string;
  matcher?: string;
  handler: JsonObject;
}

function handlerFindings({ event, matcher, handler }: Hook, at: At): Finding[] {
  const kind = own(events, event);
  const { type = "command", command } = handler;
  const what = `${event}${matcher === undefined ? "" : ` ${matcher}`}: ${typeof command === "string" ? command : String(type)}`;
  if (kind === undefined) return [notMapped({ ...at, kind: "hook", what, why: `Gantry has no hook event ${event} like it` })];
  const guards = guarding.includes(event) ? guardsOf(matcher) : [];
  if (type !== "command" || typeof command !== "string")
    return [guardFinding({ ...at, what, guards, why: "Gantry runs no hook of this form; what it could stop is asked about" })];
  const { timeout } = handler;
  const seconds = typeof timeout === "number" && timeout >= 1 ? Math.min(timeout, 3600) : defaultTimeoutSeconds;
  const written: JsonObject = { type: "command", command, timeout: seconds };
  if (kind === "plain") {
    const hasMatcher = event === "SessionStart" && matcher !== undefined;
    return [hookFinding({ ...at, event, ...(hasMatcher ? { matcher } : {}), handler: written, guards })];
  }
  return toolFindings({ event, handler: written, ...(matcher === undefined ? {} : { matcher }) }, { at, what, guards });
}

/** A hook for the tools whose input is the same here and there; for edits, a question in its place. */
function toolFindings(
  { event, matcher, handler }: Hook,
  { at, what, guards }: { at: At; what: string; guards: string[] },
): Finding[] {
  const isGuard = guarding.includes(event);
  const aim = aimOf(matcher);
  if (aim === undefined) {
    const why = "Its matcher is no plain list of names, and may be about any tool; what it could stop is asked about";
    return [guardFinding({ ...at, what, guards, why })];
  }
  const others = guards.filter((rule) => rule !== "Edit");
  const why = `Edits are one patch in Codex, which the hook would not know again here${isGuard ? "; they are asked about" : ""}`;
  const { kept } = aim;
  const found: Finding[] = [];
  if (kept !== "")
    found.push(
      hookFinding({
        ...at,
        event,
        ...(kept === undefined ? {} : { matcher: kept }),
        handler,
        guards: others,
        ...(aim.edits ? { result: "stricter", why } : {}),
      }),
    );
  if (aim.edits && isGuard) found.push(guardFinding({ ...at, what, guards: ["Edit"], why }));
  if (aim.edits && !isGuard && kept === "") found.push(notMapped({ ...at, kind: "hook", what, why }));
  return found;
}

interface Aim {
  edits: boolean;
  /** What Gantry tells the hook of; undefined: all of its tools. Empty: none. */
  kept: string | undefined;
}

/**
 * Undefined where nobody can tell. A hook may also say yes, so that no matcher becomes one of more names than it had; a name alone
 * is a whole name to Gantry, and a part of one to Codex.
 */
function aimOf(matcher: string | undefined): Aim | undefined {
  if (matcher === undefined || matcher === "" || matcher === "*" || matcher === ".*")
    return { edits: true, kept: "^Bash$|^mcp__" };
  const test = toolTest(matcher);
  if (test === undefined) return undefined;
  if (!editNames.some(test))
    return { edits: false, kept: matcher === "Bash" || !/^[\w|-]+$/.test(matcher) ? matcher : `(?:${matcher})` };
  const parts = partsOf(matcher);
  const isPlain = parts.every((part) => editNames.includes(part) || !editNames.some((name) => name.includes(part)));
  if (!isPlain || !/^[\w|-]+$|^\^?\([\w|-]+\)\$?$/.test(matcher))
    return parts.length === 1 && isPlain ? { edits: true, kept: "" } : undefined;
  const others = parts.filter((part) => !editNames.includes(part));
  const [start, end] = [matcher.startsWith("^") ? "^" : "", matcher.endsWith("$") ? "$" : ""];
  return { edits: true, kept: others.length === 0 ? "" : `${start}(?:${others.join("|")})${end}` };
}

const editNames: readonly string[] = ["apply_patch", "Edit", "Write"];

function partsOf(matcher: string): string[] {
  return matcher.replaceAll(/[\^$()]|\?:/g, "").split("|");
}

function guardsOf(matcher: string | undefined): string[] {
  const test = toolTest(matcher) ?? (() => true);
  const edits = editNames.some(test);
  const names = [...(test("Bash") ? ["Bash"] : []), ...(edits ? ["Edit"] : []), ...(reachesServers(matcher) ? ["mcp__*"] : [])];
  // One that fits no name that is known may still fit one that is not.
  return names.length > 0 ? names : ["Bash", "Edit", "mcp__*"];
}

/** A word that is no tool of Codex may be a part of any tool's name. */
function reachesServers(matcher: string | undefined): boolean {
  const test = toolTest(matcher);
  if (matcher === undefined || test === undefined || test("mcp__server__tool")) return true;
  return partsOf(matcher).some((part) => part !== "Bash" && !editNames.includes(part));
}
