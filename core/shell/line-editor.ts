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
  /** One line, for a question: it begins empty, and what was half typed is there again after it. */
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

/** What readline holds of a line that has not ended. */
interface Draft {
  line: string;
  cursor: number;
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
  let inputPrompt = "";
  let waitingInput: ((input: string | undefined) => void) | undefined;
  let waitingAnswer: { resolve(line: string | undefined): void; draft: Draft } | undefined;

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
      waitingAnswer.resolve(line);
      answered();
      return;
    }
    const input = lines.add(line);
    if (input !== undefined) deliver(input);
    else if (!lines.isPasting) ask(continuation);
  };
  const ask = (prompt: string): void => {
    editor.setPrompt(prompt);
    editor.prompt(true);
  };
  const takeDraft = (): Draft => {
    const { line, cursor } = editor;
    Object.assign(editor, { line: "", cursor: 0, prevRows: 0 });
    return { line, cursor };
  };
  /** At once: the next line is no answer any more. In a turn nothing is drawn: the next prompt shows what was half typed. */
  const answered = (): void => {
    Object.assign(editor, waitingAnswer?.draft, { prevRows: 0 });
    waitingAnswer = undefined;
    if (waitingInput) ask(inputPrompt);
    else editor.setPrompt("");
  };
  const onClose = (): void => {
    ended = true;
    waitingAnswer?.resolve(undefined);
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
      inputPrompt = prompt;
      ask(prompt);
      return await promise;
    },
    async nextAnswer(prompt, signal) {
      signal.throwIfAborted();
      if (ended) return undefined;
      const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
      const onAbort = (): void => {
        if (waitingAnswer?.resolve !== resolve) return;
        // What comes next stands below the question that is gone.
        output.write("\r\n");
        answered();
        reject(signal.reason);
      };
      waitingAnswer = { resolve, draft: takeDraft() };
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
