/** Log lines of one server on their way to the core: at most 60 in a minute, and one that counts those left out. */
const perMinute = 60;
const minuteMs = 60_000;

export interface LogLines {
  add(level: string, text: string): void;
  stop(): void;
}

export function createLogLines(tell: (level: string, text: string) => void): LogLines {
  let told = 0;
  let leftOut = 0;
  let timer: NodeJS.Timeout | undefined;

  function nextMinute(): void {
    timer = undefined;
    told = 0;
    if (leftOut === 0) return;
    const count = leftOut;
    leftOut = 0;
    add("notice", `${count} more lines of its log were left out.`);
  }

  function add(level: string, text: string): void {
    timer ??= setTimeout(nextMinute, minuteMs);
    if (told >= perMinute) leftOut++;
    else {
      told++;
      tell(level, text);
    }
  }

  return { add, stop: () => clearTimeout(timer) };
}
