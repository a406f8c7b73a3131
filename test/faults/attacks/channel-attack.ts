/** An attack on the channel by what a plugin can reach. */
import type { Json } from "../../../core/contract/messages.ts";
import type { Attack } from "./attack.ts";

export interface ChannelAttack extends Attack {
  /** What exactly the call answers. */
  answer?: Json;
  /** The same tool is called once more after the first call has ended; the second call is judged. */
  again?: true;
  /** Before that second call, all grants are taken away. */
  revoked?: true;
  timeoutMs?: number;
}

export const one = (
  name: string,
  tries: string,
  holds: string,
  call: string,
  more: Partial<ChannelAttack> = {},
): ChannelAttack => ({
  ...{ name, class: "channel", tries, holds, call },
  ...more,
});
export const fails = { ends: ["TOOL_FAILED"] } as const;
