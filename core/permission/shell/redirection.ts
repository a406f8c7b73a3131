/** Redirections of a line as files that it writes or reads. */
import type { Redirect, Redirection } from "unbash";
import type { Findings } from "./command.ts";
import { readWord } from "./word.ts";

/** Where nothing is kept; the shell's own output is seen by the user. */
const sinks = new Set(["/dev/null", "/dev/stdout", "/dev/stderr"]);

export function noteRedirection(node: Redirection, found: Findings): void {
  if (node.descriptor?.type === "FileDescriptorVariable")
    found.undecided ??= `it sets the variable ${node.descriptor.name} to a descriptor`;
  if (node.type === "HereString") return;
  if (node.type === "HereDoc") {
    if (node.closing === undefined) found.undecided ??= `the here-document ${node.delimiter?.text ?? ""} is not closed`;
    return;
  }
  const { operator, target } = node;
  if (target === undefined) {
    found.undecided ??= `a file is missing behind ${operator}`;
    return;
  }
  if ((operator === ">&" || operator === "<&") && isCopy(node, found)) return;
  const word = readWord(target);
  const path = word.isGlob ? undefined : word.path;
  if (word.isLiteral && sinks.has(word.value)) return;
  if (/^\/+dev\/+(?:tcp|udp|fd|std)/.test(path ?? "")) {
    found.undecided ??= `${path} is no file`;
    return;
  }
  // Both what the text says and what only the disk knows.
  for (const file of word.isWinding ? [path, undefined] : [path]) {
    if (operator !== "<") found.writes.push({ target: file, text: target.text, append: operator.endsWith(">>") });
    if (operator === "<" || operator === "<>")
      found.reads.push({ target: file, text: target.text, isGlob: false, byArgument: false, by: found.count });
  }
}

/** `2>&1`, `>&-`. Other descriptors than the first three are open for Gantry's own use, or for what the line itself made of them. */
function isCopy({ operator, target }: Redirect, found: Findings): boolean {
  const text = target?.text ?? "";
  if (/^(?:[0-2]-?|-)$/.test(text)) return true;
  if (operator === ">&" && !/^[\d$]/.test(text)) return false;
  found.undecided ??= `${operator}${text} copies a descriptor that is not known`;
  return true;
}
