/**
 * What hooks say beside their answers, until somebody can be told: context waits for the model's next request, the first stop
 * for the end of what runs. One per session; a call keeps what is said about it with its own result.
 */
import type { TextBlock } from "../contract/messages.ts";
import type { Heard } from "../hooks.ts";

export interface Hearing {
  hear(heard: Heard): void;
  /** Set until it is taken: no call begins, no request goes out. */
  readonly stop: Heard["stop"];
  takeStop(): Heard["stop"];
  /** What waits, once. */
  takeContext(): TextBlock[];
}

export function createHearing(): Hearing {
  let context: Heard["context"][number][] = [];
  let stop: Heard["stop"];
  return {
    hear(heard) {
      if (heard.context.length > 0) context.push(...heard.context);
      stop ??= heard.stop;
    },
    get stop() {
      return stop;
    },
    takeStop() {
      const taken = stop;
      stop = undefined;
      return taken;
    },
    takeContext() {
      const taken = context;
      if (taken.length > 0) context = [];
      return contextBlocks(taken);
    },
  };
}

/** One block for each: `<hook-context from="NAME">`, the text, `</hook-context>`, each on lines of its own. */
export function contextBlocks(context: Heard["context"]): TextBlock[] {
  return context.map(({ by, text }) => ({ type: "text", text: contextText(by, text) }));
}

/** The text cannot end its own frame. */
function contextText(by: string, text: string): string {
  const name = by.replaceAll(/["<>&]|\p{Cc}/gu, "_");
  return `<hook-context from="${name}">\n${text.replaceAll(/<(?=\/hook-context)/gi, "&lt;")}\n</hook-context>`;
}
