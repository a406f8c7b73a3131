/** An error of the core as a guest is told of it: its row and message, and never a stack, a cause or a path of the product. */
import { codeOf, messageOf } from "../core/contract/errors.ts";
import type { FrameError } from "../core/contract/frames.ts";
import type { Json } from "../core/contract/messages.ts";

const maxMessageChars = 4_000;
const maxDetailChars = 16_000;

export function replyError(error: unknown): FrameError {
  const code = codeOf(error);
  // Someone else's error may say anything about this machine.
  if (code === undefined) return { code: "TOOL_FAILED", message: "The effect failed in Gantry itself; its log says how." };
  const detail = detailOf(error);
  const message = messageOf(error).slice(0, maxMessageChars);
  return { code, message, ...(detail === undefined ? {} : { detail }) };
}

function detailOf(error: unknown): Json | undefined {
  const detail = error instanceof Object && "detail" in error ? error.detail : undefined;
  if (detail === undefined) return undefined;
  try {
    const text = JSON.stringify(detail);
    return text === undefined || text.length > maxDetailChars ? undefined : (JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}
