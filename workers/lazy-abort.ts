/** An AbortController that is made when somebody looks at its signal: most calls of a guest ask for no effect. */

export interface LazyAbort {
  readonly signal: AbortSignal;
  abort(): void;
}

export function createLazyAbort(): LazyAbort {
  let controller: AbortController | undefined;
  let isAborted = false;
  return {
    get signal() {
      if (controller === undefined) {
        controller = new AbortController();
        if (isAborted) controller.abort();
      }
      return controller.signal;
    },
    abort() {
      isAborted = true;
      controller?.abort();
    },
  };
}
