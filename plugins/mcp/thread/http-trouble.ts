/** What goes wrong on an HTTP transport between the requests and in them, and which of it means that the server is lost. */
import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { cleanLine } from "./clean-text.ts";
import { Fault, messageOf, rootMessage } from "./fault.ts";
import type { Loss } from "./link.ts";

const maxUnread = 20;

export interface TroubleOptions {
  server: string;
  kind: "http" | "sse";
  loss: Loss;
  onProblem(text: string): void;
}

export function watchTrouble(transport: Transport, { server, kind, loss, onProblem }: TroubleOptions): void {
  let hasAnswered = false;
  let unread = 0;
  const heard = transport.onmessage;
  transport.onmessage = (message, extra) => {
    hasAnswered = true;
    heard?.(message, extra);
  };
  const gone = (words: string): Fault =>
    new Fault("MCP_DISCONNECTED", `The connection to the server ${server} ended: ${words}`);

  transport.onerror = (error) => {
    if (isUnread(error)) {
      if (++unread === 1) onProblem(`It sends events that are no messages: ${cleanLine(messageOf(error), 80)}`);
      if (unread > maxUnread) loss.lose(new Fault("MCP_PROTOCOL", `The server ${server} sends events that are no messages.`));
    } else if (hasAnswered && (kind === "sse" || error.message.startsWith("Maximum reconnection attempts"))) {
      loss.lose(gone(cleanLine(rootMessage(error), 200)));
    }
  };

  const send = transport.send.bind(transport);
  transport.send = async (message, options) => {
    try {
      await send(message, options);
    } catch (error) {
      const why = lossOf(error, transport.sessionId);
      if (why === undefined || !hasAnswered) throw error;
      const fault = why instanceof Fault ? why : gone(why);
      loss.lose(fault);
      throw fault;
    }
  };
}

/** Why an error of one exchange means that all of them are over. */
function lossOf(error: unknown, sessionId: string | undefined): string | Fault | undefined {
  if (error instanceof Fault && error.code === "MCP_NEEDS_LOGIN") return error;
  if (error instanceof StreamableHTTPError && error.code === 404 && sessionId !== undefined)
    return "it does not know the session any more.";
  // fetch says "fetch failed" of whatever the network does; an abort is ours.
  if (error instanceof TypeError) return cleanLine(rootMessage(error), 200);
  return undefined;
}

function isUnread(error: Error): boolean {
  return error instanceof SyntaxError || ("issues" in error && Array.isArray(error.issues));
}
