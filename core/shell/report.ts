/** How a command other than `run` speaks: one JSON object on stdout, or text on stdout and talk on stderr. */
import { describeError, type ErrorCode, errorTable, GantryError } from "../contract/errors.ts";
import type { Json } from "../contract/messages.ts";
import { errorEnvelope, errorText, exitOf, okEnvelope } from "./envelope.ts";
import type { ShellStreams } from "./io.ts";
import { sanitizeStyled, sanitizeText } from "./sanitize.ts";
import { createStyle, describeTerminal } from "./style.ts";
import { createWriter } from "./writer.ts";

export interface Report {
  /** A piece of the result on stdout, as it comes; nothing with --json. */
  print(text: string): void;
  say(text: string): void;
  warn(text: string): void;
  /** The exit code: 0. */
  result(data: Json, text: string): 0;
  /** A failure with something to show: as text only that, as JSON the error with the data as its detail. The exit code. */
  failed(found: { code: ErrorCode; message: string; data: Json; text: string }): number;
  /** Prints the error; the exit code it means. */
  error(error: unknown): number;
  /** The user ended the command and knows it: only who reads JSON is told. The exit code is the signal's. */
  interrupted(command: string, exit: number): number;
  flush(): Promise<void>;
  /** Why stdout is lost, if it is and not because its reader left. */
  readonly failure: Error | undefined;
}

export function createReport({ env, stdout, stderr }: ShellStreams, { kind, json }: { kind: string; json: boolean }): Report {
  const out = createWriter(stdout);
  const talk = createWriter(stderr);
  const style = createStyle(describeTerminal(stderr, env).color);
  const warnings: string[] = [];
  // Commands show what models, tools and files said: none of it steers a terminal, whatever the command did with it.
  const writeText = (text: string): void => {
    const clean = sanitizeStyled(text);
    if (clean !== "") out.write(clean.endsWith("\n") ? clean : `${clean}\n`);
  };
  return {
    print(text) {
      if (!json) out.write(sanitizeStyled(text));
    },
    say: (text) => talk.write(`${sanitizeStyled(text)}\n`),
    warn(text) {
      if (json) warnings.push(text);
      else talk.write(`${style.yellow("warning")}: ${sanitizeText(text)}\n`);
    },
    result(data, text) {
      if (json) out.write(okEnvelope(kind, data, warnings));
      else writeText(text);
      return 0;
    },
    failed({ code, message, data, text }) {
      const facts = { code, message, hint: errorTable[code].hint, detail: data };
      if (json) out.write(errorEnvelope(kind, facts, warnings));
      else writeText(text);
      return exitOf(facts);
    },
    error(error) {
      const facts = describeError(error);
      if (json) out.write(errorEnvelope(kind, facts, warnings));
      else talk.write(errorText(error, style, env));
      return exitOf(facts);
    },
    interrupted(command, exit) {
      const facts = describeError(new GantryError("INTERRUPTED", `${command} was stopped`));
      if (json) out.write(errorEnvelope(kind, facts, warnings));
      return exit;
    },
    flush: () => Promise.all([out.flush(), talk.flush()]).then(() => undefined),
    get failure() {
      return out.failure;
    },
  };
}
