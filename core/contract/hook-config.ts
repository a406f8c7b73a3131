/**
 * One hook handler of the public config format, `{Event: [{matcher?, hooks: [handler…]}]}`: its shape, field by field. What
 * a field may mean at an event is core/config-hooks/declared/parse.ts's. Loaded only when a handler is not plainly sound.
 */
import * as z from "zod";

const common = {
  if: z.string().optional(),
  /** Seconds. */
  timeout: z.number().optional(),
  statusMessage: z.string().optional(),
  once: z.boolean().optional(),
  onFailure: z.enum(["block", "continue"]).optional(),
};

export const commandHook = z.strictObject({
  type: z.literal("command"),
  command: z.string(),
  /** Present: `command` is a program that is started without a shell. */
  args: z.array(z.string()).optional(),
  async: z.boolean().optional(),
  asyncRewake: z.boolean().optional(),
  rewakeMessage: z.string().optional(),
  rewakeSummary: z.string().optional(),
  shell: z.enum(["bash", "powershell"]).optional(),
  ...common,
});

export const httpHook = z.strictObject({
  type: z.literal("http"),
  url: z.string(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Names that `$NAME` in a header may stand for; any other is empty. */
  allowedEnvVars: z.array(z.string()).optional(),
  ...common,
});

export const promptHook = z.strictObject({
  type: z.literal("prompt"),
  /** `$ARGUMENTS` is the input as JSON; appended where absent. */
  prompt: z.string(),
  model: z.string().optional(),
  continueOnBlock: z.boolean().optional(),
  ...common,
});

export const mcpToolHook = z.strictObject({
  type: z.literal("mcp_tool"),
  /** A key of `mcpServers`. */
  server: z.string(),
  /** The server's own name of it. */
  tool: z.string(),
  /** Texts in it may hold `${tool_input.x}`: any path into the event's input. */
  input: z.record(z.string(), z.json()).optional(),
  ...common,
});

export const handlerSchemas = { command: commandHook, http: httpHook, prompt: promptHook, mcp_tool: mcpToolHook } as const;

export type CommandHook = z.infer<typeof commandHook>;
export type HttpHook = z.infer<typeof httpHook>;
export type PromptHook = z.infer<typeof promptHook>;
export type McpToolHook = z.infer<typeof mcpToolHook>;
export type HookHandler = CommandHook | HttpHook | PromptHook | McpToolHook;
