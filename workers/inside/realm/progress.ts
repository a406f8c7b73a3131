/** Lines of progress of one call, thinned: the newest counts, and no more than twenty a second are sent. */

const maxChars = 2000;
const restMs = 50;

export interface Progress {
  show(text: string): void;
  end(): void;
}

export function createProgress(send: (text: string) => void): Progress {
  let rest: NodeJS.Timeout | undefined;
  let newest: string | undefined;
  let isOver = false;

  const next = (): void => {
    rest = undefined;
    if (newest !== undefined) sendNow(newest);
  };
  const sendNow = (text: string): void => {
    newest = undefined;
    send(text);
    rest = setTimeout(next, restMs);
  };
  return {
    show(text) {
      if (isOver) return;
      const line = String(text).slice(0, maxChars);
      if (rest === undefined) sendNow(line);
      else newest = line;
    },
    end() {
      isOver = true;
      clearTimeout(rest);
      if (newest !== undefined) send(newest);
    },
  };
}
