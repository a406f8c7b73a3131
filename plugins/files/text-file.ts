/** A file's bytes as text that can be changed and written back with its line endings and byte order mark. */
import type { ToolOutput } from "gantry/plugin";

const mark = "\uFEFF";

/** Undefined for what is not UTF-8 or holds a NUL: changing it as text would destroy it. The byte order mark stays in. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** New content in the form of the file it replaces: CRLF when every line end there was, the byte order mark when it had one. */
export function inFormOf(before: string, content: string): string {
  const ended = content.includes("\r\n") || !isAllCrlf(before) ? content : content.replaceAll("\n", "\r\n");
  return before.startsWith(mark) && !ended.startsWith(mark) ? mark + ended : ended;
}

export function isAllCrlf(text: string): boolean {
  return text.includes("\r\n") && !/(?<!\r)\n/.test(text);
}

/** Refuses what cannot be written as text and read back the same. */
export function refuseContent(field: string, content: string): ToolOutput | undefined {
  const nul = content.indexOf("\0");
  if (nul !== -1)
    return refusal("TOOL_INPUT_INVALID", `${field} holds a NUL character at position ${nul}; only text is written.`);
  if (!content.isWellFormed()) return refusal("TOOL_INPUT_INVALID", `${field} holds half of a character (a lone surrogate).`);
  return undefined;
}

/** An error that is an answer to the model. */
export function refusal(code: string, content: string): ToolOutput {
  return { content, isError: true, code };
}
