/** A call whose items are pulled: what is not read is not sent, beyond the first 64. Its return value is the call's result. */
import type { GuestCall } from "../../core/contract/guest.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { PluginGuest } from "./plugin-guest.ts";

export async function* streamOf(guest: PluginGuest, call: GuestCall): AsyncGenerator<Json, Json, void> {
  const items: Json[] = [];
  let wake: (() => void) | undefined;
  let isOver = false;
  const onChunk = (item: Json): void => {
    items.push(item);
    wake?.();
  };
  const made = await guest.call({ ...call, onChunk }, { isPulled: true });
  const over = (): void => {
    isOver = true;
    wake?.();
  };
  made.result.then(over, over);
  try {
    while (true) {
      for (let item = items.shift(); item !== undefined; item = items.shift()) {
        made.taken();
        yield item;
      }
      if (isOver) return await made.result;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    // Who stops reading wants no more of it.
    if (!isOver) made.cancel();
  }
}
