/** Tells whoever watches a call what became of each of its requests. Costs nothing where nobody watches. */
import { codeOf, messageOf } from "../core/contract/errors.ts";
import type { EffectSeen } from "../core/contract/guest.ts";
import type { Json } from "../core/contract/messages.ts";
import type { LiveCall } from "./broker.ts";

type Perform = (method: string, args: readonly Json[], call: LiveCall, sent?: Promise<void>) => Promise<Json>;

export function tellingOf(perform: Perform): Perform {
  return async (method, args, call, sent) => {
    const { onEffect } = call.services;
    if (onEffect === undefined) return await perform(method, args, call, sent);
    const { methods } = await import("./broker/methods.ts");
    const kind = methods.get(method)?.kind;
    const seen: EffectSeen = { ...(kind === undefined ? {} : { kind }), method, args };
    try {
      const reply = await perform(method, args, call, sent);
      onEffect(seen);
      return reply;
    } catch (error) {
      onEffect({ ...seen, error: { code: codeOf(error) ?? "TOOL_FAILED", message: messageOf(error) } });
      throw error;
    }
  };
}
