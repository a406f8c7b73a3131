/** The tool `run`: one task for Gantry's agent, in a session of its own, or as the next input of an earlier one. */
import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import type { ServedCall, ServedSession } from "./connection.ts";

const inputShape = z.strictObject({
  prompt: z.string().min(1).max(1_000_000).describe("The task."),
  sessionId: z.string().max(100).optional().describe("Go on with the session that an earlier run returned."),
  model: z.string().max(200).optional().describe("Ask this model, as provider/name."),
  maxTurns: z.int().min(1).max(10_000).optional().describe("At most this many requests to the model."),
});

const outputShape = z.object({
  sessionId: z.string().describe("Of the session, to go on with it."),
  text: z.string().describe("The agent's last answer."),
  stopReason: z.string().describe("Why it stopped: end_turn, or a limit, denied, refusal, interrupted, error."),
  turns: z.int().describe("Turns of the session, with this one."),
  steps: z.int().describe("Requests to the model in this turn."),
  usage: z.object({
    inputTokens: z.int(),
    outputTokens: z.int(),
    cacheReadTokens: z.int(),
    cacheWriteTokens: z.int(),
  }),
  costUsd: z.number().nullable().describe("Null for a model without a known price."),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
});

export const runTool: Tool = {
  name: "run",
  title: "Run the agent",
  description:
    "Give Gantry's agent a task in this project and wait for its end. It reads, edits and runs programs with its own tools, under the rules of this project. Progress is one line for each request to the model and each call.",
  inputSchema: z.toJSONSchema(inputShape) as Tool["inputSchema"],
  outputSchema: z.toJSONSchema(outputShape, { io: "input" }) as NonNullable<Tool["outputSchema"]>,
  annotations: {
    ...{ title: "Run the agent", readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  },
};

export async function runFromArguments(
  input: Record<string, unknown>,
  session: ServedSession,
  call: ServedCall,
): Promise<CallToolResult> {
  const parsed = inputShape.safeParse(input);
  if (!parsed.success) {
    const text = `TOOL_INPUT_INVALID: ${z.prettifyError(parsed.error)}`;
    return { content: [{ type: "text", text }], isError: true, _meta: { "gantry/code": "TOOL_INPUT_INVALID" } };
  }
  const { prompt, sessionId, model, maxTurns } = parsed.data;
  const ended = await session.run(
    {
      prompt,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(model === undefined ? {} : { model }),
      ...(maxTurns === undefined ? {} : { maxTurns }),
    },
    call,
  );
  const { text, ...facts } = ended;
  return {
    // Clients that know no structured content give their model these texts: it needs the id to go on.
    content: [...(text === "" ? [] : [{ type: "text" as const, text }]), { type: "text", text: JSON.stringify(facts) }],
    structuredContent: { ...ended },
    ...(ended.error ? { isError: true, _meta: { "gantry/code": ended.error.code } } : {}),
  };
}
