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

/** What the guards among these hooks may stop. */
export function guardsIn(hooks: JsonObject): string[] {
  const groups = own(hooks, "PreToolUse");
  return (Array.isArray(groups) ? groups : []).flatMap((group) => {
    const { matcher, hooks: handlers } = isObject(group) ? group : {};
    if (Array.isArray(handlers) && handlers.length === 0) return [];
    return guardedTools(typeof matcher === "string" ? matcher : undefined);
  });
}

export interface GuardText {
  text: string;
  guards: string[];
}

/** Each guard with what it is made of, to look for names in. */
export function guardTexts(hooks: Json | undefined): GuardText[] {
  const groups = isObject(hooks) ? own(hooks, "PreToolUse") : undefined;
  return (Array.isArray(groups) ? groups : []).map((group) => {
    const matcher = isObject(group) ? own(group, "matcher") : undefined;
    return { text: JSON.stringify(group), guards: guardedTools(typeof matcher === "string" ? matcher : undefined) };
  });
}

/** Rules that speak of every tool that the matcher matches. No expression is run: one may speak of any tool. */
export function guardedTools(matcher: string | undefined): string[] {
  if (matcher === undefined || matcher === "" || matcher === "*") return ["*"];
  const [, server] = /^\^?mcp__((?:(?!__)[\w-])+)__\.\*\$?$/.exec(matcher) ?? [];
  if (server !== undefined) return [`mcp__${server}`];
  if (/^\^?mcp__\.\*\$?$/.test(matcher)) return ["mcp__*"];
  if (!/^[\w\- ,|]+$/.test(matcher)) return ["*"];
  const names = matcher.split(/[|,]/).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}
