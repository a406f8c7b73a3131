/**
 * The task of `gantry run`: the argument, stdin, or both. Without an argument stdin is waited for; beside an argument it is
 * joined when it is a pipe or file that brings something within a bound, so that an idle pipe never holds a run for ever.
 */
import { fstat } from "node:fs";
import type { Readable } from "node:stream";
import { GantryError } from "../contract/errors.ts";

export interface PromptSource {
  text: string;
  source: "prompt" | "stdin";
}

export interface StdinOptions {
  /** Opens stdin when it is first called. */
  stdin(): Readable & { isTTY?: boolean };
  /** Looked at before stdin is opened; undefined when stdin is a stream of the program's own. */
  fd: number | undefined;
  signal: AbortSignal;
  say(text: string): void;
}

const maxBytes = 10 * 1024 * 1024;
/** A required stdin may come from a slow program; then each silence is bounded. */
const requiredSilenceMs = 600_000;
/** Beside an argument: a shell's pipe nearly always brings something. A program that started us often leaves a socket open. */
const pipeSilenceMs = 60_000;
const socketSilenceMs = 500;
const sayWaitingAfterMs = 2_000;

/** USAGE_INVALID: no prompt at all, an empty one, more than 10 MB, not UTF-8. */
export async function readPrompt(argument: string | undefined, options: StdinOptions): Promise<PromptSource> {
  const fromStdin = argument === undefined || argument === "-";
  if (fromStdin) {
    if (options.stdin().isTTY) throw usage(noPrompt(argument));
    const text = await readAll(options, { silenceMs: requiredSilenceMs, required: true });
    if (!text?.trim()) throw usage("The prompt on stdin is empty.");
    return { text, source: "stdin" };
  }
  if (!argument.trim()) throw usage("PROMPT is empty.");
  const silenceMs = await silenceFor(options.fd);
  const text = silenceMs === 0 ? undefined : await readAll(options, { silenceMs, required: false });
  if (!text?.trim()) return { text: argument, source: "prompt" };
  return { text: `${argument}\n\n<stdin>\n${text.replace(/\n$/, "")}\n</stdin>`, source: "prompt" };
}

function noPrompt(argument: string | undefined): string {
  return argument === "-"
    ? "PROMPT is -, and stdin is a terminal: pipe the prompt in."
    : "No PROMPT: give one as an argument or on stdin.";
}

function usage(message: string): GantryError {
  return new GantryError("USAGE_INVALID", message);
}

/** How long stdin may stay silent beside an argument: 0 for what can bring nothing. */
function silenceFor(fd: number | undefined): Promise<number> {
  return new Promise((resolve) => {
    if (fd === undefined) resolve(socketSilenceMs);
    else
      fstat(fd, (error, stats) => {
        if (error) resolve(0);
        else if (stats.isSocket()) resolve(socketSilenceMs);
        else resolve(stats.isFIFO() || stats.isFile() ? pipeSilenceMs : 0);
      });
  });
}

/** All of stdin, or undefined when it stayed silent from the start and is not required. */
async function readAll(
  { stdin, signal, say }: StdinOptions,
  { silenceMs, required }: { silenceMs: number; required: boolean },
): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  const outcome = await collect(stdin(), chunks, { signal, say, silenceMs });
  if (outcome === "too-large") throw usage(`stdin holds more than ${maxBytes / 1024 / 1024} MB, the most a prompt may be.`);
  if (outcome === "silent" && (required || chunks.length > 0)) {
    throw usage(`stdin stayed open and silent for ${silenceMs / 1000} s; end it, or give the prompt as an argument.`);
  }
  if (outcome === "silent") {
    if (silenceMs > socketSilenceMs) say("stdin is open but brought nothing; going on without it.");
    return undefined;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new GantryError("USAGE_INVALID", "stdin is not UTF-8 text.", { cause });
  }
}

type Outcome = "ended" | "silent" | "too-large";

function collect(
  stdin: Readable,
  chunks: Buffer[],
  { signal, say, silenceMs }: { signal: AbortSignal; say(text: string): void; silenceMs: number },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const waiting = setTimeout(() => say("waiting for stdin …"), sayWaitingAfterMs);
    const silence = setTimeout(() => finish(() => resolve("silent")), silenceMs);
    const finish = (act: () => void): void => {
      clearTimeout(waiting);
      clearTimeout(silence);
      stdin.off("data", onData).off("end", onEnd).off("error", onError);
      signal.removeEventListener("abort", onAbort);
      stdin.pause();
      act();
    };
    const onData = (chunk: Buffer): void => {
      silence.refresh();
      clearTimeout(waiting);
      bytes += chunk.length;
      if (bytes > maxBytes) finish(() => resolve("too-large"));
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish(() => resolve("ended"));
    const onError = (error: Error): void => finish(() => reject(usage(`stdin cannot be read: ${error.message}`)));
    const onAbort = (): void => finish(() => reject(signal.reason));
    stdin.on("data", onData).on("end", onEnd).on("error", onError);
    signal.addEventListener("abort", onAbort, { once: true });
    stdin.resume();
  });
}
