/** `hooks` of a settings file. The format is Gantry's too; a guard that Gantry cannot hold becomes a question about its tools. */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, own } from "../fields.ts";
import { type Finding, guardFinding, handlerWords, hookFinding, type Layer, notMapped } from "../findings.ts";
import type { Fault } from "../source-file.ts";

type KeyPath = readonly (string | number)[];

export interface HooksPlace {
  file: string;
  layer: Layer;
  lineOf(path: KeyPath): number;
  /** Where they are switched off. */
  switchedOff?: string;
}

/** What of it nobody can read: a guard may be in it. */
export function hookFaults(hooks: Json | undefined, lineOf: (path: KeyPath) => number): Fault[] {
  if (hooks === undefined) return [];
  const fault = (at: KeyPath, must: string): Fault => ({ line: lineOf(at), message: `${at.join(".")} must be ${must}` });
  if (!isObject(hooks)) return [fault(["hooks"], "an object of events")];
  return Object.entries(hooks).flatMap(([event, groups]) => {
    if (!Array.isArray(groups)) return [fault(["hooks", event], "a list of groups")];
    return groups.flatMap((group, index) => {
      const at = ["hooks", event, index];
      if (!isObject(group) || !Array.isArray(own(group, "hooks"))) return [fault(at, '{"matcher"?, "hooks": [handler]}')];
      const matcher = own(group, "matcher");
      return matcher === undefined || typeof matcher === "string" ? [] : [fault([...at, "matcher"], "a text")];
    });
  });
}

export function hookFindings(hooks: JsonObject, at: HooksPlace): Finding[] {
  return Object.entries(hooks).flatMap(([event, groups]) =>
    (Array.isArray(groups) ? groups : []).flatMap((group, place) => {
      const { matcher, hooks: handlers } = isObject(group) ? group : {};
      return (Array.isArray(handlers) ? handlers : []).map((handler, index) => {
        const path = ["hooks", event, place, "hooks", index];
        return oneHook({ event, handler, path, ...(typeof matcher === "string" ? { matcher } : {}) }, at);
      });
    }),
  );
}

interface FoundHook {
  event: string;
  matcher?: string;
  handler: Json;
  path: KeyPath;
}

/** Types that this build starts. */
const startable = ["command", "http", "mcp_tool", "prompt"];

function oneHook({ event, matcher, handler, path }: FoundHook, at: HooksPlace): Finding {
  const source = { source: `${at.file}:${at.lineOf(path)}`, layer: at.layer };
  const words = isObject(handler) ? handlerWords(handler) : JSON.stringify(handler);
  const what = `${event}${matcher === undefined ? "" : ` ${matcher}`}: ${words}`;
  if (at.switchedOff !== undefined)
    return notMapped({ ...source, kind: "hook", what, why: `Hooks are switched off by ${at.switchedOff}.` });
  const guards = event === "PreToolUse" ? guardedTools(matcher) : [];
  const type = isObject(handler) ? own(handler, "type") : undefined;
  if (!isObject(handler) || typeof type !== "string" || !startable.includes(type)) {
    const why = `Gantry starts no ${typeof type === "string" ? type : "such"} hooks`;
    return guardFinding({
      ...source,
      what,
      guards,
      why: guards.length === 0 ? `${why}.` : `${why}; its tools are asked about.`,
    });
  }
  // In settings `once` has no effect there; here it would let later calls by.
  const { once: _, ...kept } = handler;
  return hookFinding({ ...source, event, ...(matcher === undefined ? {} : { matcher }), handler: kept, guards });
}

/** Names that an expression may speak of. */
const toolNames = [
  ...["Agent", "AskUserQuestion", "Bash", "BashOutput", "Edit", "Glob", "Grep", "KillShell", "LS", "MultiEdit"],
  ...["NotebookEdit", "NotebookRead", "Read", "Skill", "Task", "TodoWrite", "WebFetch", "WebSearch", "Write"],
];

/** Rules that speak of every tool that the matcher matches. */
export function guardedTools(matcher: string | undefined): string[] {
  if (matcher === undefined || matcher === "" || matcher === "*") return ["*"];
  if (/^[\w\- ,|]+$/.test(matcher))
    return [
      ...new Set(
        matcher
          .split(/[|,]/)
          .map((name) => name.trim())
          .filter((name) => name !== ""),
      ),
    ];
  const pattern = expression(matcher);
  // A name that nobody can know.
  if (pattern === undefined || pattern.test("SomeToolOfAPlugin_7")) return ["*"];
  const named = toolNames.filter((name) => pattern.test(name));
  const servers = matcher.includes("mcp") || pattern.test("mcp__server__tool") ? ["mcp__*"] : [];
  return named.length + servers.length === 0 ? ["*"] : [...named, ...servers];
}

function expression(text: string): RegExp | undefined {
  // One that can take for ever is not tried.
  if (text.length > 500 || /\([^()]*[+*][^()]*\)\s*[+*{]/.test(text)) return undefined;
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}
