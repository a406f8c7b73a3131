/**
 * A bound on the parts of a message that the SDK looks at one by one: each that is wrong becomes several objects of its error, and
 * a hundred thousand of them more memory than the thread has. What it does not look into counts only as bytes.
 */
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { Fault } from "./fault.ts";

const maxLookedAt = 10_000;
/** Of these 1,000 are kept; those that are wrong cost their reader a tenth of a millisecond each. */
const maxEntries = 2_000;
const unread = {
  result: new Set(["structuredContent", "tools", "prompts", "resources", "resourceTemplates"]),
  params: new Set(["data"]),
};

/** Before the client is connected: it takes what is left of the message here. */
export function boundParts(transport: Transport, server: string): void {
  const before = transport.onmessage;
  transport.onmessage = (message, extra) => {
    const isOver =
      ("result" in message && isLarge(message.result, unread.result)) ||
      ("params" in message && message.params !== undefined && isLarge(message.params, unread.params));
    if (isOver) refuse(message, server);
    before?.(message, extra);
  };
}

/** The SDK has the same object: an answer becomes an error, a request one whose parameters cannot be read. */
function refuse(message: object, server: string): void {
  const fault = new Fault(
    "MCP_TOO_LARGE",
    `The server ${server} sent a message of too many parts: over ${maxEntries} in one list, or ${maxLookedAt} in all.`,
  );
  if (Reflect.deleteProperty(message, "result") && !("method" in message))
    Object.assign(message, { error: { code: -32000, message: fault.message, data: fault } });
  else Object.assign(message, { params: {} });
}

function isLarge(found: object, passedOver: ReadonlySet<string>): boolean {
  const waiting: unknown[] = Object.entries(found).flatMap(([key, value]) => (passedOver.has(key) ? [] : [value]));
  let count = waiting.length;
  for (let next = waiting.pop(); next !== undefined && count <= maxLookedAt; next = waiting.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const parts: unknown[] = Object.values(next);
    if (Array.isArray(next) && parts.length > maxEntries) return true;
    count += parts.length;
    if (count <= maxLookedAt) for (const part of parts) if (typeof part === "object" && part !== null) waiting.push(part);
  }
  return count > maxLookedAt;
}
