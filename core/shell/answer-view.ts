/** Streamed Markdown on a terminal, block by block. Loaded only when stdout is a terminal. */

import { type MarkdownView, renderMarkdown } from "./markdown.ts";
import { createBlockCutter } from "./markdown-blocks.ts";
import { createTextSanitizer } from "./sanitize.ts";

export interface AnswerView {
  push(text: string): void;
  /** The answer is complete, or will not go on. */
  end(): void;
}

export function createAnswerView(print: (lines: readonly string[]) => void, view: () => MarkdownView): AnswerView {
  let sanitizer = createTextSanitizer();
  let cutter = createBlockCutter();
  const show = (blocks: readonly string[]): void => {
    for (const block of blocks) print([...renderMarkdown(block, view()), ""]);
  };
  return {
    push: (text) => show(cutter.push(sanitizer.push(text))),
    end() {
      show(cutter.push(sanitizer.end()));
      show(cutter.end());
      sanitizer = createTextSanitizer();
      cutter = createBlockCutter();
    },
  };
}
