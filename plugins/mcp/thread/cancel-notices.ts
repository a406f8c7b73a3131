/**
 * What a server is told of requests that were given up: each once, while it has not answered, in our own words. The SDK tells of
 * answered ones too, for it keeps listening to their signals, and gives its error's text as the reason.
 */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { FaultCode } from "./fault.ts";

const interrupted = "interrupted";
const late = "no answer in time";
/** Of what Gantry asked for itself: lists, pings. */
const unneeded = "not needed any more";

/** The reason to abort a request's signal with. */
export function cancelReason(code: FaultCode): string {
  if (code === "TOOL_INTERRUPTED") return interrupted;
  return code === "MCP_TIMEOUT" ? late : unneeded;
}

/** Before the client is connected. */
export function boundCancels(transport: Transport): void {
  const open = new Set<RequestId>();
  const before = transport.onmessage;
  transport.onmessage = (message, extra) => {
    // Servers may answer with the number as text; the SDK takes both.
    if (!("method" in message)) open.delete(Number(message.id));
    before?.(message, extra);
  };
  const send = transport.send.bind(transport);
  transport.send = async (message, options) => {
    if (!("method" in message)) return await send(message, options);
    if ("id" in message) open.add(message.id);
    if (message.method !== "notifications/cancelled") return await send(message, options);
    const { requestId, reason } = message.params as { requestId: RequestId; reason: string };
    if (!open.delete(requestId)) return undefined;
    const words = reason === interrupted || reason === late ? reason : unneeded;
    return await send({ ...message, params: { requestId, reason: words } }, options);
  };
}
