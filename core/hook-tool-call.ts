/**
 * A hook's own call of an MCP server's tool: through the dispatcher, by the session's rules and plugins' judges, and no config
 * hook is fired for it (session-hooks.ts knows its id).
 */
import type { EventData, EventType } from "./contract/events.ts";
import type { HookToolAnswer, HookToolCall } from "./contract/hook-run.ts";
import { mcpToolName } from "./contract/mcp-names.ts";
import type { ResultContent } from "./contract/messages.ts";
import type { RegisteredTool } from "./registry.ts";
import { createHearing } from "./turn/hearing.ts";
import { type LateTools, prepareCall } from "./turn/tool-call.ts";
import type { TurnDeps } from "./turn/turn.ts";

/** Never enters the live config: what waits for the hook is inside it already. */
export async function callForHook(
  { server, tool, input, callId }: HookToolCall & { callId: string },
  calls: TurnDeps["calls"],
  { findTool, signal }: { findTool(name: string): RegisteredTool | undefined; signal: AbortSignal },
): Promise<HookToolAnswer> {
  let text = "";
  const record = <T extends EventType>(type: T, data: EventData[T]): void => {
    if (type === "tool.result") text = textOf((data as EventData["tool.result"]).content);
    if (type === "tool.failed") text = (data as EventData["tool.failed"]).message;
    calls.record(type, data);
  };
  const call = { type: "tool_call" as const, callId, name: mcpToolName(server, tool).name, input };
  // A tool that a rule denies whole is offered to nobody: the call then says which rule it is.
  const late: LateTools = {
    knows: () => true,
    find: async (name, ending) => withTool(await calls.late?.find(name, ending), findTool(name)),
    used: () => undefined,
  };
  const prepared = await prepareCall(call, { ...calls, late, hearing: createHearing(), record, signal });
  const { outcome } = "run" in prepared ? await prepared.run() : prepared;
  return { text, isError: outcome !== "ok" };
}

type Found = Awaited<ReturnType<LateTools["find"]>>;

function withTool(found: Found, registered: RegisteredTool | undefined): Found {
  return found === undefined || "code" in found ? (registered ?? found) : found;
}

function textOf(content: readonly ResultContent[]): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}
