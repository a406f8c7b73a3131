/** Progress of one request as short lines, at most ten a second; of what comes faster the newest is told. */
import type { Progress } from "@modelcontextprotocol/sdk/types.js";
import { cleanLine } from "./clean-text.ts";

const betweenMs = 100;

export interface ProgressLines {
  add(progress: Progress): void;
  /** What waits is told now. */
  end(): void;
}

export function createProgressLines(tell: (text: string) => void): ProgressLines {
  let newest: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    timer = undefined;
    if (newest === undefined) return;
    tell(newest);
    newest = undefined;
    timer = setTimeout(flush, betweenMs);
  }

  return {
    add(progress) {
      newest = lineOf(progress);
      if (timer === undefined) flush();
    },
    end() {
      clearTimeout(timer);
      if (newest !== undefined) tell(newest);
      newest = undefined;
    },
  };
}

function lineOf({ progress, total, message }: Progress): string {
  const share = total === undefined ? `${progress}` : `${progress}/${total}`;
  return message === undefined ? share : `${share} ${cleanLine(message, 300)}`;
}
