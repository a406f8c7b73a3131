/** How a command other than `run` speaks: one JSON object on stdout, or text on stdout and talk on stderr. */
import type { Json } from "../contract/messages.ts";
import { describeError, errorEnvelope, errorText, exitOf, okEnvelope } from "./envelope.ts";
import type { ShellStreams } from "./io.ts";
import { sanitizeText } from "./sanitize.ts";
import { createStyle, describeTerminal } from "./style.ts";
import { createWriter } from "./writer.ts";

export interface Report {
  say(text: string): void;
  warn(text: string): void;
  result(data: Json, text: string): void;
  /** Prints the error; the exit code it means. */
  error(error: unknown): number;
  flush(): Promise<void>;
  /** Why stdout is lost, if it is and not because its reader left. */
  readonly failure: Error | undefined;
}

export function createReport({ env, stdout, stderr }: ShellStreams, { kind, json }: { kind: string; json: boolean }): Report {
  const out = createWriter(stdout);
  const talk = createWriter(stderr);
  const style = createStyle(describeTerminal(stderr, env).color);
  const warnings: string[] = [];
  return {
    say: (text) => talk.write(`${text}\n`),
    warn(text) {
      if (json) warnings.push(text);
      else talk.write(`${style.yellow("warning")}: ${sanitizeText(text)}\n`);
    },
    result(data, text) {
      if (json) out.write(okEnvelope(kind, data, warnings));
      else if (text !== "") out.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    error(error) {
      const facts = describeError(error);
      if (json) out.write(errorEnvelope(kind, facts, warnings));
      else talk.write(errorText(error, style, env));
      return exitOf(facts);
    },
    flush: () => Promise.all([out.flush(), talk.flush()]).then(() => undefined),
    get failure() {
      return out.failure;
    },
  };
}
