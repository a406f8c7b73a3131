/**
 * Everything a model or a tool wrote passes here before a terminal sees it: no escape sequence, no control character and
 * no bidirectional override survives, so that nothing can move the cursor, rename the window or forge a prompt.
 */

// No part may run over another's start: a text of starts alone must not cost its square.
// CSI; OSC, DCS, SOS, PM, APC up to their terminator; then every two-character escape.
const sequences =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0080-\u009f]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-Z\\-~]/g;
const controls =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text of any number of lines. A carriage return becomes a line break: it must not write over what is there. */
export function sanitizeText(text: string): string {
  return text.replace(sequences, "").replace(/\r\n?/g, "\n").replace(controls, "");
}

/** The colours of style.ts, and no others: one that hides text is none of ours. */
const ownColours = /(\u001b\[(?:[1-4]|9|2[2-49]|3[1-69])m)/;

/** Of a text that was put together here: all that sanitizeText removes but our own colours. */
export function sanitizeStyled(text: string): string {
  // A pattern with a group keeps what it splits at, as every second part.
  return text
    .split(ownColours)
    .map((part, index) => (index % 2 === 1 ? part : sanitizeText(part)))
    .join("");
}

/** Text that stays on one line: line breaks and tabs are shown as `\n` and `\t`. */
export function sanitizeLine(text: string): string {
  return text
    .replace(sequences, "")
    .replace(/\r\n?|\n/g, "\\n")
    .replace(/\t/g, "\\t")
    .replace(controls, "");
}

/** One line of at most `columns` characters, the cut marked. */
export function clipLine(text: string, columns: number): string {
  const line = sanitizeLine(text);
  if (line.length <= columns) return line;
  return `${line.slice(0, Math.max(1, columns - 1))}…`;
}

const longestHeldBack = 4096;
const unfinished = /(?:\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b\u0080-\u009f]*\u001b?|[ -/]*)?|\r)$/;

export interface TextSanitizer {
  push(text: string): string;
  /** What was held back because it could have been the start of a sequence. */
  end(): string;
}

/** sanitizeText for text that comes in pieces: a sequence cut in two by a chunk border is still removed. */
export function createTextSanitizer(): TextSanitizer {
  let held = "";
  return {
    push(text) {
      const whole = held + text;
      const tail = unfinished.exec(whole);
      held = tail && whole.length - tail.index <= longestHeldBack ? whole.slice(tail.index) : "";
      return sanitizeText(held === "" ? whole : whole.slice(0, -held.length));
    },
    end() {
      const rest = sanitizeText(held);
      held = "";
      return rest;
    },
  };
}
