/** The parse of what taps hand back. Loaded when the first one answers, so that a bare run never pays for it. */
import * as z from "zod";
import type { RewritePoint } from "./hooks.ts";
import type { Usage } from "./messages.ts";

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

const mostSystemBytes = 256 * 1024;
/** It goes with every request of the session. */
const system = z
  .string()
  .refine((words) => words.length <= mostSystemBytes && Buffer.byteLength(words) <= mostSystemBytes, {
    error: `longer than ${mostSystemBytes / 1024} KiB`,
  })
  .optional();

const extras = {
  context: z.string().optional(),
  say: z.string().optional(),
  stop: z.string().optional(),
  failed: z.string().optional(),
  violations: z.array(z.string()).optional(),
  skipped: z.literal(true).optional(),
  usage: z.custom<Usage>((value) => typeof value === "object" && value !== null).optional(),
};

export const hookReplies: Readonly<Record<RewritePoint, z.ZodType>> = {
  "config.load": z.strictObject({ ...extras, ask: z.array(z.string()).optional(), deny: z.array(z.string()).optional() }),
  "input.receive": z.strictObject({
    ...extras,
    content: z
      .array(z.union([text, image]))
      .min(1)
      .optional(),
  }),
  "prompt.build": z.strictObject({ ...extras, system }),
  "model.request": z.strictObject({ ...extras, maxOutputTokens: z.int().positive().optional(), system }),
  "model.answer": z.strictObject({ ...extras, content: z.array(z.union([text, thinking, toolCall])).optional() }),
  "tool.call": z.strictObject({ ...extras, input: json.optional() }),
  "tool.result": z.strictObject({ ...extras, content: z.array(z.union([text, image])).optional() }),
};

/** The parse of what an observer hands back, when that is an object. */
export const observedReply = z.strictObject(extras);

const judgement = z.strictObject({
  ...extras,
  // Absent: nothing to judge, and only the rest is said.
  verdict: z.enum(["allow", "ask", "deny"]).optional(),
  reason: z.string().optional(),
});

/** The parse of what a judge hands back, at every point that has the kind. */
export const judgementReply = judgement;

/** The same for a judge whose allow counts, as a config hook's does at tool.approve and tool.ask. */
export const trustedReply = judgement.extend({
  input: json.optional(),
  remember: z.array(z.string()).optional(),
  answer: z.strictObject({ action: z.enum(["accept", "decline", "cancel"]), content: json.optional() }).optional(),
});
