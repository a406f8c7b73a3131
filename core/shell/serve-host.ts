/** host.serve: the streams of the process, and what serves on them, loaded when it is opened. */
import type { ServedStdio, ServeHost } from "../contract/serve.ts";
import type { HostOptions } from "./host-options.ts";
import type { ShellIo } from "./io.ts";

export function createServeHost(options: HostOptions): ServeHost {
  return {
    stdio: stdioOf(options.io),
    open: async ({ flags }) => await (await import("./serve-host-open.ts")).openServed(flags, options),
  };
}

function stdioOf(io: ShellIo): ServedStdio {
  let isGone = false;
  let isHeard = false;
  const listen = (): void => {
    if (isHeard) return;
    isHeard = true;
    // Stays: an EPIPE without a listener would end the process with a stack.
    io.stdout.on("error", () => (isGone = true));
  };
  return {
    async *read({ signal }) {
      const { stdin } = io;
      const stop = (): void => void stdin.destroy();
      signal.addEventListener("abort", stop, { once: true });
      try {
        if (!signal.aborted) for await (const chunk of stdin) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      } catch (error) {
        // A client that was killed leaves a broken pipe: that is an end too.
        if (!signal.aborted && (error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
    async write(text) {
      listen();
      if (isGone) return false;
      return await new Promise((resolve) => {
        io.stdout.write(text, (error) => {
          isGone ||= error !== undefined && error !== null;
          resolve(!isGone);
        });
      });
    },
  };
}
