/**
 * Hooks. Their events, names of tools and inputs are Gemini CLI's own, so that a script would not know again what Gantry tells it:
 * none is taken over, and what one can stop is asked about. Source: docs/hooks/reference.md.
 */
import type { Json } from "gantry/plugin";
import { isObject, own, textsOf } from "../fields.ts";
import { type At, type Finding, guardFinding, type Layer } from "../findings.ts";
import { toolTest } from "../matcher.ts";
import type { Table } from "../table.ts";
import { valueAt } from "../table.ts";
import { builtInNames, everyToolInTwo, gantryTool } from "./tools.ts";

const like: Readonly<Record<string, string>> = {
  BeforeTool: "PreToolUse",
  AfterTool: "PostToolUse",
  BeforeAgent: "UserPromptSubmit",
  AfterAgent: "Stop",
  SessionStart: "SessionStart",
  SessionEnd: "SessionEnd",
  Notification: "Notification",
};
/** Events before a call, each of which can keep it from being made. */
const guarding = ["BeforeTool", "BeforeToolSelection", "BeforeAgent", "BeforeModel", "AfterModel"];

/** What is switched off of one file's hooks. */
export interface HooksOff {
  isOff: boolean;
  /** Names or commands. */
  disabled: readonly string[];
}

interface Said {
  table: Table | undefined;
  /** The settings of the system, which are above all others. */
  isTop: boolean;
}

/**
 * By its own file or a lower one, and by no higher one back on: a project can switch a user's guard off for itself only. The last
 * two of the system's are for all.
 */
export function hooksOffAt(all: readonly Said[], at: number): HooksOff {
  const said = all.map(({ table }) => (table === undefined ? undefined : valueAt(table.data, "hooksConfig", "enabled")));
  const lists = all.map(({ table }) =>
    table === undefined ? [] : (textsOf(valueAt(table.data, "hooksConfig", "disabled")) ?? []),
  );
  const top = all.findLastIndex(({ isTop }) => isTop);
  const isDefined = (value: Json | undefined): boolean => typeof value === "boolean";
  const isOff =
    top !== -1 && isDefined(said[top])
      ? said[top] === false
      : said.slice(0, at + 1).findLast(isDefined) === false && !said.slice(at + 1).includes(true);
  return { isOff, disabled: [...lists.slice(0, at + 1), ...(top > at ? [lists[top] ?? []] : [])].flat() };
}

export function hookFindings({ path, data, lineOf }: Table, { layer, off }: { layer: Layer; off: HooksOff }): Finding[] {
  const hooks = own(data, "hooks");
  if (hooks === undefined) return [];
  if (!isObject(hooks)) return hookFinding(unknownHook, { source: `${path}:${lineOf(["hooks"])}`, layer });
  // Older settings have two switches among the events.
  const events = Object.entries(hooks).filter(
    ([event]) => event !== "enabled" && event !== "disabled" && event !== "notifications",
  );
  return events.flatMap(([event, groups]) => {
    const list = Array.isArray(groups) ? groups : [groups];
    return list.flatMap((group, at) => {
      const handlers = isObject(group) ? own(group, "hooks") : undefined;
      const matcher = isObject(group) ? own(group, "matcher") : undefined;
      return (Array.isArray(handlers) ? handlers : [group]).flatMap((handler, index) => {
        const source = `${path}:${lineOf(["hooks", event, at, "hooks", index])}`;
        return hookFinding(
          { event, matcher, handler: handler ?? null, isOff: isDisabled(handler ?? null, off) },
          { source, layer },
        );
      });
    });
  });
}

interface Hook {
  event: string;
  matcher: Json | undefined;
  handler: Json;
  isOff: boolean;
}

const unknownHook: Hook = { event: "BeforeTool", matcher: undefined, handler: null, isOff: false };

function isDisabled(handler: Json, { isOff, disabled }: HooksOff): boolean {
  if (isOff) return true;
  const names = isObject(handler) ? [own(handler, "name"), own(handler, "command")] : [];
  return names.some((name) => typeof name === "string" && disabled.includes(name));
}

function hookFinding({ event, matcher, handler, isOff }: Hook, at: At): Finding[] {
  const command = isObject(handler) ? (own(handler, "command") ?? own(handler, "name")) : undefined;
  const shown = typeof matcher === "string" ? `${event} ${matcher}` : event;
  const what = `${shown}: ${typeof command === "string" ? command : "a hook that cannot be read"}`;
  const all = guarding.includes(event) && !isOff ? guardsOf(event, matcher) : [[]];
  return all.map((guards) =>
    guardFinding({ ...at, what, guards, why: `${isOff ? "It is switched off there; " : ""}${adviceFor(event, guards)}` }),
  );
}

function adviceFor(event: string, guards: readonly string[]): string {
  const near = own(like, event);
  const way =
    typeof near === "string" ? `Gantry's event ${near} tells its hooks other names and fields` : "Gantry has no such event";
  if (guards.length > 0) return `${way}; what it guards is asked about until there is one of its own`;
  return typeof near === "string" ? `${way}; write one that fits` : way;
}

/** Tools of Gantry that it may keep from being called, in lists for one finding each; all where nobody can tell. */
function guardsOf(event: string, matcher: Json | undefined): readonly (readonly string[])[] {
  const test = typeof matcher === "string" ? toolTest(matcher) : undefined;
  if (event !== "BeforeTool" || test === undefined || typeof matcher !== "string") return everyToolInTwo;
  const tools = builtInNames.filter(test).flatMap((name) => gantryTool(name) ?? []);
  const parts = matcher.replaceAll(/[\^$()]|\?:/g, "").split("|");
  // A word that is no tool of Gemini CLI may be a part of the name of a server's.
  const isServers = test("mcp__server__tool") || test("mcp_server_tool") || !parts.every((part) => builtInNames.includes(part));
  const guards = [...new Set([...tools, ...(isServers ? ["mcp__*"] : [])])];
  return tools.length > 0 || parts.every((part) => /mcp|__/.test(part)) ? [guards] : everyToolInTwo;
}
