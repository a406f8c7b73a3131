/** One call of a tool through a session of its own: rules, hooks, approval, log, as a call of the model goes. */
import type { EventOf, SessionEvent } from "../contract/events.ts";
import type { ToolEnd } from "../contract/mcp-host.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { FrontEnd } from "../runtime.ts";
import type { HostOptions } from "./host-options.ts";
import { canAsk, type ShellIo } from "./io.ts";
import { noSessionFlags } from "./session-flags.ts";
import { start } from "./start.ts";

/** Waits for a server that is starting. CONFIG_*, TRUST_REQUIRED, TOOL_UNKNOWN. */
export async function callTool(
  name: string,
  input: JsonObject,
  { io, cwd, signal }: Pick<HostOptions, "io" | "cwd" | "signal">,
): Promise<ToolEnd> {
  const ended: (EventOf<"tool.result"> | EventOf<"tool.failed">)[] = [];
  const onEvent = (event: SessionEvent): void => {
    if (event.type === "tool.result" || event.type === "tool.failed") ended.push(event);
  };
  const front: FrontEnd = { onEvent, ...(await questions(io)) };
  const { runtime } = await start({ io, cwd, flags: noSessionFlags, front, wantCost: false, signal });
  try {
    const session = await runtime.openSession({ signal });
    const stop = (): void => void session.close("interrupted");
    signal.addEventListener("abort", stop, { once: true });
    const report = await session.callTool(name, input).finally(() => signal.removeEventListener("abort", stop));
    const event = ended.find(({ data }) => data.callId === report.callId);
    return {
      isError: report.outcome !== "ok",
      durationMs: report.durationMs,
      ...(report.code ? { code: report.code } : {}),
      ...shownResult(event),
    };
  } finally {
    await runtime.close();
  }
}

function shownResult(event: EventOf<"tool.result"> | EventOf<"tool.failed"> | undefined): {
  text: string;
  data?: Record<string, never>;
} {
  if (event?.type === "tool.failed") return { text: event.data.message };
  const text = (event?.data.content ?? []).map((part) =>
    part.type === "text" ? part.text : `[${part.mediaType}, ${part.data.length} base64 characters]`,
  );
  const data = event?.data.data;
  return { text: text.join("\n"), ...(data ? { data: data as Record<string, never> } : {}) };
}

/** Approvals of a command's own call are asked where somebody can be asked. */
async function questions(io: ShellIo): Promise<Pick<FrontEnd, "ask" | "askUser" | "askMcp">> {
  if (!canAsk(io)) return {};
  const { createSessionView, mcpAsker } = await import("./session-view.ts");
  const view = await createSessionView({ io, quiet: true, verbose: false, draw: false, interactive: true });
  return {
    ask: async (question, options) => (await view.asker()).approve(question, options),
    askUser: async (asked, options) => (await view.asker()).questions(asked, options),
    askMcp: mcpAsker(view.asker),
  };
}
