/** The time that one request may take. It stands still while the user is asked something that the request waits for. */
export interface Deadline {
  hold(): () => void;
  stop(): void;
}

export function startDeadline(ms: number, onOver: () => void): Deadline {
  let left = ms;
  let since = performance.now();
  let holds = 0;
  let timer: NodeJS.Timeout | undefined = setTimeout(onOver, ms);

  function pause(): void {
    clearTimeout(timer);
    timer = undefined;
    left -= performance.now() - since;
  }

  function run(): void {
    since = performance.now();
    timer = setTimeout(onOver, Math.max(0, left));
  }

  return {
    hold() {
      if (holds++ === 0) pause();
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        if (--holds === 0) run();
      };
    },
    stop() {
      holds = Number.POSITIVE_INFINITY;
      clearTimeout(timer);
    },
  };
}
