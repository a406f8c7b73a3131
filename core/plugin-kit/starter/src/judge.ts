import { defineTap } from "gantry/plugin";
import * as z from "zod";

export const options = z.strictObject({
  /** A text that is not to get into a file without a question. */
  marker: z.string().min(1).default("DO NOT COMMIT"),
});

export const judgedTools = ["Edit", "Write"];

/** A judge can make a verdict stricter, never looser: undefined says nothing. One that fails counts as a deny. */
export const markedTexts = defineTap({
  on: "tool.approve",
  kind: "judge",
  name: "marked texts",
  tools: judgedTools,
  run({ input }, ctx) {
    const { marker } = ctx.options as z.infer<typeof options>;
    const text = String(input["content"] ?? input["new_string"] ?? "");
    return text.includes(marker) ? { verdict: "ask", reason: `the text says "${marker}"` } : undefined;
  },
});
