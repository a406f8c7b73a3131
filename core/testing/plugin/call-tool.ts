/** One call of a tool as the dispatcher makes it: the core's check of the input, the guest, the outcome's parse; a failure is an answer. */
import { codeOf, GantryError, messageOf } from "../../contract/errors.ts";
import type { Execute, Reach, ToolExecution, ToolOutcome } from "../../contract/execution.ts";
import type { ToolManifest } from "../../contract/manifest.ts";
import type { JsonObject } from "../../contract/messages.ts";
import { didYouMean } from "../../contract/nearest.ts";
import type { ToolInputs } from "../../turn/tool-input.ts";
import type { ToolAnswer } from "./plugin-under-test.ts";
import { testSession } from "./services.ts";

export interface Calling {
  tools: readonly ToolManifest[];
  inputs: ToolInputs;
  execute(tool: ToolManifest): Execute;
  reach: Reach;
  core: ToolExecution["coreEffects"];
  nextCall(): string;
  timeoutMs: number;
}

export async function callTool(
  name: string,
  given: JsonObject,
  { signal }: { signal: AbortSignal },
  calling: Calling,
): Promise<ToolAnswer> {
  const tool = calling.tools.find((one) => one.name === name);
  if (tool === undefined) {
    const names = calling.tools.map((one) => one.name);
    const message = `there is no tool ${name}; the plugin has ${names.join(", ") || "none"}.${didYouMean(name, names)}`;
    throw new GantryError("TOOL_UNKNOWN", message);
  }
  const progress: string[] = [];
  try {
    const parsed = await calling.inputs.parse({ ...tool, isCommunity: true }, given);
    if (!parsed.ok) throw new GantryError("TOOL_INPUT_INVALID", parsed.problem);
    const outcome = await calling.execute(tool)({
      ...{ callId: calling.nextCall(), sessionId: testSession, input: parsed.input, cwd: calling.reach.workspace, signal },
      ...{ reach: calling.reach, timeoutMs: tool.timeoutMs ?? calling.timeoutMs, coreEffects: calling.core },
      onProgress: (text) => progress.push(text),
    });
    return answerOf(outcome, progress);
  } catch (error) {
    const text = messageOf(error);
    return { text, content: [{ type: "text", text }], isError: true, code: codeOf(error) ?? "INTERNAL", progress };
  }
}

function answerOf({ content, isError, code, data, files }: ToolOutcome, progress: string[]): ToolAnswer {
  return {
    ...{ content, isError, progress },
    text: content.map((part) => (part.type === "text" ? part.text : `[${part.mediaType}]`)).join("\n"),
    ...(code === undefined ? {} : { code }),
    ...(data === undefined ? {} : { data }),
    ...(files === undefined ? {} : { files }),
  };
}
