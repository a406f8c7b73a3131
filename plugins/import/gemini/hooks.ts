/**
 * Hooks. Their events, names of tools and inputs are Gemini CLI's own, so that a script would not know again what Gantry tells it:
 * none is taken over, and what a BeforeTool hook guards is asked about. Source: docs/hooks/reference.md.
 */
import type { Json } from "gantry/plugin";
import { isObject, own } from "../fields.ts";
import { type At, type Finding, guardFinding, type Layer } from "../findings.ts";
import type { Table } from "../table.ts";
import { valueAt } from "../table.ts";
import { builtInNames, gantryTool } from "./tools.ts";

const like: Readonly<Record<string, string>> = {
  BeforeTool: "PreToolUse",
  AfterTool: "PostToolUse",
  BeforeAgent: "UserPromptSubmit",
  AfterAgent: "Stop",
  SessionStart: "SessionStart",
  SessionEnd: "SessionEnd",
  Notification: "Notification",
};

export function hookFindings({ path, data, lineOf }: Table, layer: Layer): Finding[] {
  const hooks = own(data, "hooks");
  if (!isObject(hooks)) return [];
  const isOff = valueAt(data, "hooksConfig", "enabled") === false;
  // Older settings have two switches among the events.
  const events = Object.entries(hooks).filter(
    ([event]) => event !== "enabled" && event !== "disabled" && event !== "notifications",
  );
  return events.flatMap(([event, groups]) => {
    const list = Array.isArray(groups) ? groups : [groups];
    return list.flatMap((group, at) => {
      const handlers = isObject(group) ? own(group, "hooks") : undefined;
      const matcher = isObject(group) ? own(group, "matcher") : undefined;
      return (Array.isArray(handlers) ? handlers : [group]).map((handler, index) => {
        const source = `${path}:${lineOf(["hooks", event, at, "hooks", index])}`;
        return hookFinding({ event, matcher, handler: handler ?? null, isOff }, { source, layer });
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

function hookFinding({ event, matcher, handler, isOff }: Hook, at: At): Finding {
  const command = isObject(handler) ? (own(handler, "command") ?? own(handler, "name")) : undefined;
  const shown = typeof matcher === "string" ? `${event} ${matcher}` : event;
  const what = `${shown}: ${typeof command === "string" ? command : "a hook that cannot be read"}`;
  const guards = event === "BeforeTool" && !isOff ? guardsOf(matcher) : [];
  return guardFinding({ ...at, what, guards, why: `${isOff ? "It is switched off there; " : ""}${adviceFor(event, guards)}` });
}

function adviceFor(event: string, guards: readonly string[]): string {
  const near = own(like, event);
  const way =
    typeof near === "string" ? `Gantry's event ${near} tells its hooks other names and fields` : "Gantry has no such event";
  if (guards.length > 0) return `${way}; what it guards is asked about until there is one of its own`;
  return typeof near === "string" ? `${way}; write one that fits` : way;
}

/** Tools of Gantry that a matcher speaks of; all where nobody can tell. */
function guardsOf(matcher: Json | undefined): string[] {
  const all = ["Bash", "Edit", "Read", "mcp__*"];
  if (typeof matcher !== "string" || matcher === "" || matcher === "*") return all;
  try {
    const pattern = new RegExp(matcher);
    const tools = builtInNames.filter((name) => pattern.test(name)).flatMap((name) => gantryTool(name) ?? []);
    const isServers = pattern.test("mcp__server__tool") || pattern.test("mcp_server_tool") || matcher.includes("mcp_");
    const guards = [...new Set([...tools, ...(isServers ? ["mcp__*"] : [])])];
    return guards.length > 0 ? guards : all;
  } catch {
    return all;
  }
}
