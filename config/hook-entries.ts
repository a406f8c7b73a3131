/**
 * The `hooks` key: events, groups, handlers. Here is only their outer form, `{Event: [{matcher?, hooks: [handler]}]}`; whether
 * a hook can work is looked at in core/config-hooks, which knows the tools.
 */
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { printable } from "../core/contract/printable.ts";
import { isObject, type KeyPath } from "./data.ts";

export interface HookFault {
  path: KeyPath;
  message: string;
  hint: string;
}

const rightForm =
  'The form is "hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "./check.sh"}]}]}.';
/** An event's name is one part of a dotted key. */
const eventName = /^[A-Za-z]\w{0,63}$/;

/** What is wrong with the outer form, each with its path from the root of the file. */
export function hookFaults(value: Json): HookFault[] {
  const path = ["hooks"];
  if (!isObject(value)) return [fault(path, `hooks is ${kindOf(value)}, and must be an object of events`)];
  return Object.entries(value).flatMap(([event, groups]) => eventFaults([...path, event], event, groups));
}

function eventFaults(path: KeyPath, event: string, groups: Json): HookFault[] {
  if (event === "hooks" && isObject(groups))
    return [fault(path, "hooks.hooks: one hooks too many; the events come right below hooks")];
  if (!eventName.test(event)) {
    return [fault(path, `hooks: ${JSON.stringify(printable(event.slice(0, 80)))} is no event`)];
  }
  if (!Array.isArray(groups))
    return [fault(path, `hooks.${event} is ${kindOf(groups)}, and must be a list of {matcher?, hooks}`)];
  return groups.flatMap((group, at) => groupFaults([...path, at], `hooks.${event}.${at}`, group));
}

function groupFaults(path: KeyPath, name: string, group: Json): HookFault[] {
  if (!isObject(group)) return [fault(path, `${name} is ${kindOf(group)}, and must be an object {matcher?, hooks}`)];
  if (group["hooks"] === undefined) {
    const isBare = ["type", "command", "url", "prompt"].some((key) => Object.hasOwn(group, key));
    const what = isBare
      ? "is a handler by itself, and must be wrapped: {matcher?, hooks: [handler]}"
      : "has no hooks: a list of handlers";
    return [fault(path, `${name} ${what}`)];
  }
  const unknown = Object.keys(group)
    .filter((key) => key !== "matcher" && key !== "hooks")
    .map((key) => {
      const where = "beside matcher and hooks there is no other key; a handler's own belong into the handler";
      return fault([...path, key], `${name}.${printable(key.slice(0, 80))}: ${where}`);
    });
  const handlers = group["hooks"];
  if (!Array.isArray(handlers)) {
    return [...unknown, fault([...path, "hooks"], `${name}.hooks is ${kindOf(handlers)}, and must be a list of handlers`)];
  }
  const wrong = handlers.flatMap((handler, at) =>
    isObject(handler)
      ? []
      : [fault([...path, "hooks", at], `${name}.hooks.${at} is ${kindOf(handler)}, and must be a handler`)],
  );
  return [...unknown, ...wrong];
}

function fault(path: KeyPath, message: string): HookFault {
  return { path, message, hint: rightForm };
}

function kindOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * Each handler of sound data by itself, in a group of its own, so that it has its own place; and each group without any, which
 * somebody took for a guard.
 */
export function* handlersOf(hooks: JsonObject): Generator<{ event: string; path: KeyPath; value: JsonObject }> {
  for (const [event, groups] of Object.entries(hooks)) {
    for (const [at, group] of (Array.isArray(groups) ? groups : []).entries()) {
      if (!isObject(group) || !Array.isArray(group["hooks"])) continue;
      const matcher = group["matcher"] === undefined ? {} : { matcher: group["matcher"] };
      if (group["hooks"].length === 0) yield { event, path: ["hooks", event, at, "hooks"], value: { ...matcher, hooks: [] } };
      for (const [place, handler] of group["hooks"].entries()) {
        yield { event, path: ["hooks", event, at, "hooks", place], value: { ...matcher, hooks: [handler] } };
      }
    }
  }
}
