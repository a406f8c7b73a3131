/** `tool_response` of PostToolUse: the shapes that plugins of the public format rely on, and for all else the text. */
import type { HookPayloads } from "../../contract/hooks.ts";
import type { JsonObject } from "../../contract/messages.ts";

type Result = HookPayloads["tool.result"];

export function toolResponse(result: Result): JsonObject {
  const { tool, input, data = {}, content } = result;
  const text = content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const filePath = data["path"] ?? input["file_path"] ?? null;
  if (tool === "Write") return { filePath, success: true };
  if (tool === "Edit") {
    const { old_string: oldString = "", new_string: newString = "", replace_all: replaceAll = false } = input;
    return { filePath, oldString, newString, replaceAll, success: true };
  }
  if (tool === "Bash") {
    const { stdout = text, stderr = "", interrupted = false } = data;
    return { stdout, stderr, interrupted, isImage: false, ...background(data) };
  }
  return { ...data, content: text };
}

function background({ bash_id: id, outputFile }: JsonObject): JsonObject {
  return id === undefined ? {} : { backgroundTaskId: id, ...(outputFile === undefined ? {} : { outputFile }) };
}
