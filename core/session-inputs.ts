/** What a user writes of MCP servers in an input, a prompt or a resource, is put in its place, or behind it. */
import type { InputContent } from "./contract/messages.ts";
import type { Mcp } from "./mcp/mcp.ts";
import { isPromptCall } from "./mcp/server-words.ts";
import type { SessionDeps } from "./open-session.ts";
import type { QueuedInput, Recorder } from "./session/session.ts";

interface InputParts {
  /** Undefined where no server is configured. */
  mcp: Mcp | undefined;
  sessionId: string;
  deps: Pick<SessionDeps, "redactor">;
  record: Recorder["record"];
  signal: AbortSignal;
}

/** What programs send stays as it is. MCP_SERVER_UNKNOWN, USAGE_INVALID, and what a prompt's server failed with. */
export async function filledInput(
  { content, source }: QueuedInput,
  { mcp, sessionId, deps, record, signal }: InputParts,
): Promise<InputContent[]> {
  if (source !== "prompt" && source !== "stdin" && source !== "line") return content;
  if (mcp === undefined && !isPromptCall(content)) return content;
  const { fillInput } = await import("./mcp/mentions.ts");
  return await fillInput(content, {
    ...{ mcp, sessionId, signal },
    redact: (given) => deps.redactor().content(given),
    note: (text) => void record("note", { text: deps.redactor().text(text), from: "mcp" }),
  });
}
