/**
 * Keeps the young generation of the heap small in runs that call tools: a long conversation otherwise grows it to 32 MiB that
 * are never given back, 25 MiB of them after 500 turns (npm run bench). A runtime --max-semi-space-size has no effect; not
 * growing has. Only here, in the command: a program that embeds the runtime has a heap of its own.
 */
import type { SessionEvent } from "../contract/events.ts";
import type { FrontEnd } from "../runtime.ts";

/** The same front end. The first call of a tool sets the flag: loading node:v8 costs a plain answer 2 ms. */
export function withSmallYoungHeap(front: FrontEnd): FrontEnd {
  let isSet = false;
  return {
    ...front,
    onEvent(event: SessionEvent) {
      if (event.type === "tool.call" && !isSet) {
        isSet = true;
        process.getBuiltinModule("node:v8").setFlagsFromString("--semi-space-growth-factor=1");
      }
      front.onEvent?.(event);
    },
  };
}
