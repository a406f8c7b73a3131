/**
 * Inputs from a terminal, on node:readline. A line that ends in `\` goes on, and what is pasted stays together until Enter
 * (bracketed paste). A question takes the next line before any input does, and leaves no trace in the history.
 */
import { createInterface } from "node:readline/promises";
import type { Readable } from "node:stream";
import { createInputLines } from "./input-lines.ts";
import type { InputStream } from "./io.ts";
import type { OutputStream } from "./style.ts";

export interface LineEditor {
  /** The next input, of one or more lines; undefined when the terminal has ended (Ctrl-D). */
  nextInput(prompt: string): Promise<string | undefined>;
  /** One line, for a question. */
  nextAnswer(prompt: string, signal: AbortSignal): Promise<string | undefined>;
  close(): void;
}

export interface LineEditorOptions {
  stdin: InputStream;
  stdout: OutputStream;
  /** Newest first. */
  history: readonly string[];
  /** Ctrl-C; `hadText` when there was something typed, which is gone now. */
  onInterrupt(hadText: boolean): void;
  /** What Tab may put in place of the line's end: candidates, and that end. */
  complete(line: string): Promise<[string[], string]>;
}

interface Key {
  name?: string;
}

const continuation = "… ";
const startPaste = "\u001b[?2004h";
const endPaste = "\u001b[?2004l";

export function createLineEditor({ stdin, stdout, history, onInterrupt, complete }: LineEditorOptions): LineEditor {
  const output = stdout as unknown as NodeJS.WritableStream;
  const lines = createInputLines();
  const editor = createInterface({
    input: stdin as Readable,
    output,
    terminal: true,
    history: [...history],
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: async (line: string): Promise<[string[], string]> => (lines.isPasting ? [["\t"], ""] : await complete(line)),
  });
  const ready: string[] = [];
  let ended = false;
  let waitingInput: ((input: string | undefined) => void) | undefined;
  let waitingAnswer: ((line: string | undefined) => void) | undefined;

  const onKey = (_text: string | undefined, key: Key | undefined): void => {
    if (key?.name === "paste-start") lines.setPasting(true);
    if (key?.name === "paste-end") lines.setPasting(false);
  };
  const deliver = (input: string): void => {
    const resolve = waitingInput;
    waitingInput = undefined;
    if (resolve) resolve(input);
    else ready.push(input);
  };
  const onLine = (line: string): void => {
    if (waitingAnswer && !lines.isPasting) {
      const resolve = waitingAnswer;
      waitingAnswer = undefined;
      resolve(line);
      return;
    }
    const input = lines.add(line);
    if (input !== undefined) deliver(input);
    else if (!lines.isPasting) ask(continuation);
  };
  const ask = (prompt: string): void => {
    editor.setPrompt(prompt);
    editor.prompt();
  };
  const onClose = (): void => {
    ended = true;
    waitingAnswer?.(undefined);
    waitingInput?.(undefined);
  };
  const onSigint = (): void => {
    const hadText = editor.line !== "" || lines.isOpen;
    lines.clear();
    if (hadText) editor.write(null, { ctrl: true, name: "e" });
    if (hadText) editor.write(null, { ctrl: true, name: "u" });
    onInterrupt(hadText);
  };

  stdout.write(startPaste);
  stdin.on("keypress", onKey);
  editor.on("line", onLine).on("close", onClose).on("SIGINT", onSigint);
  // Answers to questions are not inputs.
  editor.on("history", (entries: string[]) => {
    if (waitingAnswer) entries.shift();
  });

  return {
    async nextInput(prompt) {
      const waiting = ready.shift();
      if (waiting !== undefined) return waiting;
      if (ended) return undefined;
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      waitingInput = resolve;
      ask(prompt);
      return await promise;
    },
    async nextAnswer(prompt, signal) {
      signal.throwIfAborted();
      if (ended) return undefined;
      const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
      const onAbort = (): void => {
        waitingAnswer = undefined;
        reject(signal.reason);
      };
      waitingAnswer = resolve;
      signal.addEventListener("abort", onAbort, { once: true });
      ask(prompt);
      return await promise.finally(() => signal.removeEventListener("abort", onAbort));
    },
    close() {
      stdin.off("keypress", onKey);
      stdout.write(endPaste);
      editor.close();
    },
  };
}
