/** The one line at the bottom of a terminal that says what runs, and is taken away before anything else is written. */
import { clipLine } from "./sanitize.ts";
import type { Style } from "./style.ts";
import type { Writer } from "./writer.ts";

export interface StatusLine {
  begin(id: string, text: string): void;
  end(id: string): void;
  show(): void;
  clear(): void;
}

export function createStatusLine(options: { talk: Writer; style: Style; columns(): number; enabled: boolean }): StatusLine {
  const running = new Map<string, string>();
  let isShown = false;
  const clear = (): void => {
    if (isShown) options.talk.write("\r\u001b[K");
    isShown = false;
  };
  return {
    clear,
    begin: (id, text) => void running.set(id, text),
    end: (id) => void running.delete(id),
    show() {
      clear();
      const [first] = running.values();
      if (!options.enabled || first === undefined) return;
      const others = running.size > 1 ? ` and ${running.size - 1} more` : "";
      options.talk.write(options.style.dim(clipLine(`… ${first}${others}`, options.columns() - 1)));
      isShown = true;
    },
  };
}
