/** Text that a hook wrote, fit for the log, the model and a terminal. */

export const maxSaidChars = 10_000;

// No part may run over another's start: a text of starts alone must not cost its square. A string without its end is no
// code: nobody may have the rest of a reason eaten by a character in it.
const codes =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0080-\u009f]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-Z\\-~]/g;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Without terminal codes, and well-formed. */
export function plainText(text: string): string {
  return text.replace(codes, "").replace(/\r\n?/g, "\n").replace(controls, "").toWellFormed();
}

/** Plain, at most 10,000 characters with the cut marked. */
export function saidText(text: string): string {
  const plain = plainText(text);
  if (plain.length <= maxSaidChars) return plain;
  const mark = `\n[cut: ${plain.length} characters, of which ${maxSaidChars} are used]`;
  return plain.slice(0, maxSaidChars - mark.length).toWellFormed() + mark;
}

/** The last lines, for a message: errors are told at the end. */
export function lastLines(text: string, maxChars: number): string {
  const plain = saidText(text.slice(-maxSaidChars)).trim();
  return plain.length <= maxChars ? plain : `…${plain.slice(-maxChars)}`;
}
