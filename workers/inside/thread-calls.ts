/** One call on the far side of a thread: find the tool, parse the input with its own schema, run it with a context, shape what it returns. */
import { GantryError } from "../../core/contract/errors.ts";
import type { HiddenPaths, ToolOutcome } from "../../core/contract/execution.ts";
import type { AnyTool, PluginDefinition, ToolDefinition, ToolOutput } from "../../core/contract/plugin.ts";
import { type CallTask, crossing, type TaskReply } from "../call-messages.ts";
import { createContext } from "../context-direct.ts";
import { createCorePort } from "../core-port.ts";
import type { FileEffectReply, FileEffectTask } from "../file-effects.ts";

/** Plugins of this thread by name; each is loaded when its first call arrives. */
export type PluginLoaders = Readonly<Record<string, () => Promise<{ default: PluginDefinition }>>>;

export interface ThreadCalls {
  /** What piscina calls for a tool's call. */
  call(task: CallTask): Promise<TaskReply>;
  /** What piscina calls for a file effect of a guest. */
  effect(task: FileEffectTask): Promise<FileEffectReply>;
}

/** The functions that piscina calls by name for every task. None throws: an error is a reply. */
export function createThreadCalls(loaders: PluginLoaders): ThreadCalls {
  const hiddenOf = createHiddenCache();
  async function call(task: CallTask): Promise<TaskReply> {
    const core = createCorePort(task.port);
    try {
      const tool = await findTool(loaders, task);
      const input = await parseInput(tool, task);
      const reach = { ...task.reach, hidden: hiddenOf(task.reach.hidden) };
      const output = await tool.execute(input, createContext({ ...task, reach }, core));
      return { ok: true, outcome: shape(output) };
    } catch (error) {
      return { ok: false, error: crossing(error) };
    } finally {
      core.close();
    }
  }
  return {
    call,
    async effect(task) {
      const { performFileEffect } = await import("./thread-effects.ts");
      return performFileEffect(task, hiddenOf(task.reach.hidden));
    },
  };
}

/** The list behind the text that came last: the same object for the same text, so that what is compiled from it is kept too. */
function createHiddenCache(): (text: string) => HiddenPaths[] {
  let last: { text: string; hidden: HiddenPaths[] } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, hidden: JSON.parse(text) as HiddenPaths[] };
    return last.hidden;
  };
}

async function findTool(loaders: PluginLoaders, { plugin, tool }: CallTask): Promise<ToolDefinition<unknown>> {
  const load = Object.hasOwn(loaders, plugin) ? loaders[plugin] : undefined;
  if (!load)
    throw new GantryError("INTERNAL", `No built-in plugin is named ${plugin}; there are ${Object.keys(loaders).join(", ")}.`);
  const { tools = [] } = (await load()).default;
  const found = tools.find((candidate: AnyTool) => candidate.name === tool);
  if (!found)
    throw new GantryError(
      "INTERNAL",
      `The plugin ${plugin} has no tool ${tool}; it has ${tools.map((t) => t.name).join(", ")}.`,
    );
  // The list holds tools of any input; what execute is given was parsed by this very tool's schema.
  return found as unknown as ToolDefinition<unknown>;
}

/** The core has compared the input with the JSON Schema; the tool's own schema is only made where it says more. */
async function parseInput(tool: ToolDefinition<unknown>, { input, refines }: CallTask): Promise<unknown> {
  if (!refines) return input;
  const parsed = await tool.input().safeParseAsync(input);
  if (parsed.success) return parsed.data;
  const { prettifyError } = await import("./input-problem.ts");
  throw new GantryError(
    "TOOL_INPUT_INVALID",
    `The input of ${tool.name} does not fit its schema:\n${prettifyError(parsed.error)}`,
  );
}

function shape(output: ToolOutput): ToolOutcome {
  if (typeof output === "string") return { content: [{ type: "text", text: output }], isError: false };
  const { content, isError = false, ...rest } = output;
  return { content: typeof content === "string" ? [{ type: "text", text: content }] : content, isError, ...rest };
}
