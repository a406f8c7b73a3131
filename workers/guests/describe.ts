/** What a bundle contributes, as it says itself: asked once, in a guest of its own that may do nothing. */
import { codeOf, GantryError, messageOf } from "../../core/contract/errors.ts";
import type { Contributions, DescribeBundle } from "../../core/contract/guest.ts";
import { isObject, type Json } from "../../core/contract/messages.ts";
import { createSupply, type SupplyOptions } from "./supply.ts";

const boundMs = 15_000;

/** The limits are those of every guest; no request of it is performed. */
export function describeBundle(options: SupplyOptions): DescribeBundle {
  return async ({ name, source }, { signal }) => {
    signal.throwIfAborted();
    const supply = createSupply(options);
    const close = (): void => void supply.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const guest = await supply.take();
      const refuse = async (method: string): Promise<Json> => {
        throw new GantryError("CALL_ENDED", `${method} was asked for while the bundle was only looked at.`);
      };
      guest.give({ plugin: name, perform: refuse, onCallEnded: () => undefined, onLog: () => undefined });
      guest.hold(true);
      const found = await guest.channel.load({ name, options: null, source }, { signal, timeoutMs: boundMs });
      if (isObject(found)) return found as unknown as Contributions;
      throw new GantryError("PLUGIN_INVALID", `${name} does not say what it contributes.`);
    } catch (error) {
      if (!signal.aborted) throw asProblem(error, name);
      throw new GantryError("TOOL_INTERRUPTED", `${name} was being looked at when that was cancelled.`, { cause: error });
    } finally {
      signal.removeEventListener("abort", close);
      await supply.close();
    }
  };
}

function asProblem(error: unknown, name: string): unknown {
  const code = codeOf(error);
  if (code === "TOOL_TIMEOUT") {
    return new GantryError("GUEST_HUNG", `${name} did not load within ${boundMs / 1_000} s.`, { cause: error });
  }
  if (code !== "TOOL_FAILED") return error;
  return new GantryError("PLUGIN_INVALID", `${name} does not load: ${messageOf(error)}`, { cause: error });
}
