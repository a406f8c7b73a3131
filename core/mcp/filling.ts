/** What filling in an input needs: the resources that it mentions, or the prompt that it calls. */
import type { ResultContent } from "../contract/messages.ts";
import type { Mcp } from "./mcp.ts";

export interface Filling {
  /** Undefined where no server is configured. */
  mcp: Mcp | undefined;
  sessionId: string;
  signal: AbortSignal;
  /** Of what servers give. */
  redact(content: ResultContent[]): ResultContent[];
  /** Tells the user. */
  note(text: string): void;
}

/** What was typed: what `run` joins from a pipe is material. */
export function writtenIn(text: string): string {
  const piped = text.indexOf("\n\n<stdin>\n");
  return piped === -1 ? text : text.slice(0, piped);
}
