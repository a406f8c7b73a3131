/** The parse of what a rewriter hands back. Loaded when the first rewriter answers, so that a bare run never pays for it. */
import * as z from "zod";
import type { RewritePoint } from "./hooks.ts";

const text = z.strictObject({ type: z.literal("text"), text: z.string() });
const image = z.strictObject({ type: z.literal("image"), mediaType: z.string(), data: z.base64() });
const json = z.record(z.string(), z.json());
const thinking = z.strictObject({
  type: z.literal("thinking"),
  text: z.string(),
  signature: z.string().optional(),
  data: z.string().optional(),
});
const toolCall = z.strictObject({
  type: z.literal("tool_call"),
  callId: z.string(),
  name: z.string(),
  input: json,
  malformed: z.string().optional(),
  cut: z.literal(true).optional(),
});

export const hookReplies: Readonly<Record<RewritePoint, z.ZodType>> = {
  "config.load": z.strictObject({ ask: z.array(z.string()).optional(), deny: z.array(z.string()).optional() }),
  "input.receive": z.strictObject({ content: z.array(z.union([text, image])).min(1) }),
  "prompt.build": z.strictObject({ system: z.string() }),
  "model.request": z.strictObject({ maxOutputTokens: z.int().positive().optional(), system: z.string().optional() }),
  "model.answer": z.strictObject({ content: z.array(z.union([text, thinking, toolCall])) }),
  "tool.call": z.strictObject({ input: json }),
  "tool.result": z.strictObject({ content: z.array(z.union([text, image])) }),
};

/** The parse of what a judge hands back, at every point that has the kind. */
export const judgementReply = z.strictObject({ verdict: z.enum(["allow", "ask", "deny"]), reason: z.string().optional() });
