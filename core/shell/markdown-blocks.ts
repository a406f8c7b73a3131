/**
 * Cuts streamed Markdown into blocks as they become complete. One pass over the lines, whatever the size: a block ends at a
 * blank line outside a fence, unless what follows is indented or goes on with the same list.
 */

import { withoutLineEnds } from "./line-ends.ts";

export interface BlockCutter {
  /** The blocks that are complete now. */
  push(text: string): string[];
  /** What is left, complete or not. */
  end(): string[];
}

const fence = /^ {0,3}(`{3,}|~{3,})/;
const listItem = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;

export function createBlockCutter(): BlockCutter {
  let partial = "";
  let lines: string[] = [];
  let openFence: string | undefined;
  let afterBlank = false;

  const finish = (): string[] => {
    const block = withoutLineEnds(lines.join("\n"));
    lines = [];
    afterBlank = false;
    return block.trim() === "" ? [] : [block];
  };

  const addLine = (line: string): string[] => {
    if (openFence !== undefined) {
      lines.push(line);
      const closing = fence.exec(line)?.[1];
      if (!closing?.startsWith(openFence) || line.trim() !== closing) return [];
      openFence = undefined;
      // A fence inside a list item belongs to the list.
      return listItem.test(lines[0] ?? "") ? [] : finish();
    }
    if (line.trim() === "") {
      if (lines.length > 0) lines.push("");
      afterBlank = lines.length > 0;
      return [];
    }
    const done = afterBlank && !goesOn(line) ? finish() : [];
    afterBlank = false;
    const opening = fence.exec(line)?.[1];
    const before = opening && lines.length > 0 && !listItem.test(lines[0] ?? "") ? finish() : [];
    openFence = opening;
    lines.push(line);
    return [...done, ...before];
  };

  const goesOn = (line: string): boolean => {
    const inList = listItem.test(lines[0] ?? "");
    return inList && (/^\s/.test(line) || listItem.test(line));
  };

  return {
    push(text) {
      const whole = (partial + text).split("\n");
      partial = whole.pop() ?? "";
      return whole.flatMap(addLine);
    },
    end() {
      const last = partial === "" ? [] : addLine(partial);
      partial = "";
      openFence = undefined;
      return [...last, ...finish()];
    },
  };
}
