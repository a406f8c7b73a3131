/**
 * `hooks` of Claw Code: command lines by event. They are told names and inputs of that agent's tools, so that a guard among them
 * would not know Gantry's: its tools are asked about instead.
 */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, own } from "../fields.ts";
import { type At, type Finding, guardFinding } from "../findings.ts";
import type { Fault } from "../source-file.ts";

type KeyPath = readonly (string | number)[];

export function clawHookFaults(hooks: Json | undefined, lineOf: (path: KeyPath) => number): Fault[] {
  if (hooks === undefined) return [];
  const fault = (at: KeyPath, must: string): Fault => ({ line: lineOf(at), message: `${at.join(".")} must be ${must}` });
  if (!isObject(hooks)) return [fault(["hooks"], "an object of events")];
  return Object.entries(hooks).flatMap(([event, list]) => {
    if (!Array.isArray(list)) return [fault(["hooks", event], "a list of command lines")];
    return list.flatMap((hook, index) => {
      const isGroup = isObject(hook) && Array.isArray(own(hook, "hooks"));
      return typeof hook === "string" || isGroup ? [] : [fault(["hooks", event, index], "a command line, or {matcher, hooks}")];
    });
  });
}

export function clawHookFindings(hooks: JsonObject, at: (...keys: (string | number)[]) => At): Finding[] {
  return Object.entries(hooks).flatMap(([event, list]) =>
    (Array.isArray(list) ? list : []).flatMap((hook, index) =>
      linesOf(hook).map((line) => {
        const matcher = isObject(hook) ? own(hook, "matcher") : undefined;
        return oneHook({ event, line, ...(typeof matcher === "string" ? { matcher } : {}) }, at(event, index));
      }),
    ),
  );
}

function linesOf(hook: Json): string[] {
  if (typeof hook === "string") return [hook];
  const inner = isObject(hook) ? own(hook, "hooks") : undefined;
  return (Array.isArray(inner) ? inner : []).map((each) => {
    const command = isObject(each) ? own(each, "command") : each;
    return typeof command === "string" ? command : JSON.stringify(each);
  });
}

function oneHook({ event, line, matcher }: { event: string; line: string; matcher?: string }, at: At): Finding {
  const what = `${event}${matcher === undefined ? "" : ` ${matcher}`}: ${line}`;
  const told = "It is told that agent's own names of tools and fields (bash, path), and would not know Gantry's";
  if (event !== "PreToolUse")
    return guardFinding({ ...at, what, guards: [], why: `${told}; write it anew as docs/hooks.md says.` });
  const why = `${told}; what it guarded is asked until it is written anew.`;
  return guardFinding({ ...at, what, guards: guardedBy(matcher), why });
}

/** Rules for each tool that their name may stand for; for all where one is not known. */
const ours: Readonly<Record<string, readonly string[]>> = {
  bash: ["Bash"],
  read_file: ["Read"],
  write_file: ["Write"],
  edit_file: ["Edit"],
  glob_search: ["Glob"],
  grep_search: ["Grep"],
  read: ["Read"],
  write: ["Write"],
  edit: ["Edit"],
  glob: ["Glob"],
  grep: ["Grep"],
  notebookedit: ["NotebookEdit"],
  webfetch: ["WebFetch"],
  websearch: ["WebSearch"],
};

function guardedBy(matcher: string | undefined): string[] {
  const names = (matcher ?? "*").split(/[|,]/).map((name) => name.trim().toLowerCase());
  const found = names.map((name) => (Object.hasOwn(ours, name) ? ours[name] : undefined));
  return found.includes(undefined) ? ["*"] : [...new Set(found.flatMap((each) => each ?? []))];
}
