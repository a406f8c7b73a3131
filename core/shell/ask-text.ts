/** What all questions to the person share: how they are shown and answered, and the bar that material stands behind. */
import type { Json } from "../contract/messages.ts";
import { withoutLineEnds } from "./line-ends.ts";
import { sanitizeText } from "./sanitize.ts";
import type { Style } from "./style.ts";

export interface AskerOptions {
  /** Whatever else is written waits until what is handed back is called. */
  hold?(): () => void;
  /** Shows text at once; resolves when it is out. */
  show(text: string): Promise<void>;
  /** The next line of an answer, or undefined when there will be none. */
  nextLine(options: { signal: AbortSignal }): Promise<string | undefined>;
  style: Style;
  /** A person at a terminal, who can be asked again and for a reason; otherwise lines of a pipe. */
  interactive: boolean;
}

export const mostTries = 5;
const mostLines = 24;

/** Every line behind the bar; long texts are cut in the middle, which is said. */
export function barred(text: string, style: Style): string[] {
  const clean = sanitizeText(text).replaceAll("\t", "    ");
  const lines = withoutLineEnds(clean).split("\n");
  const cut = lines.length - mostLines;
  const shown = cut > 0 ? [...lines.slice(0, mostLines - 4), `… ${cut} more lines …`, ...lines.slice(-4)] : lines;
  return shown.map((line) => `${style.yellow("│")} ${line}`);
}

export function valueText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
