/**
 * Calls of the platform, whose own errors stay on this side: those of Node.js lead to its classes. What goes in must be
 * primitives or bytes by then, so that whatever is thrown is the platform's.
 */
import { messageOf } from "./error-text.ts";

export function cleanly<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(messageOf(error)) : new TypeError(messageOf(error));
  }
}
