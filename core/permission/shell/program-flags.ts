/** Does a prefix rule cover these arguments? Judged by the table of programs and flags (program-table.ts). */
import { readFlags } from "./flags.ts";
import { alsoReads, readRows } from "./known-reads.ts";
import { inert, loader, type ProgramRow, rows, sameAs, wrappers } from "./program-table.ts";

/** Whether the command may run a program that it names in its arguments. */
export function startsPrograms(words: readonly string[]): boolean {
  return uncoverable(words) !== undefined;
}

/** Whether the command is known to start no other program, whatever its words are: a name among them is only a name. */
export function startsNothing(words: readonly string[]): boolean {
  const [program = ""] = words;
  const name = program.slice(program.lastIndexOf("/") + 1);
  return (inert.has(name) || rowOf(name) !== undefined) && uncoverable(words) === undefined;
}

/** Why a prefix or glob rule does not cover this command, or undefined when it may. */
export function uncoverable([program = "", ...args]: readonly string[]): string | undefined {
  // Some file systems take any case for the same file.
  const name = program.slice(program.lastIndexOf("/") + 1).toLowerCase();
  if (wrappers.has(name) || loader.test(name)) return `${name} runs whatever its arguments say`;
  const canonical = sameAs.get(name) ?? name;
  const row = rowOf(canonical);
  return row === undefined ? undefined : objection(canonical, row, args);
}

/** Whether its arguments are judged by more than their flags: then none may be unknown. */
export function judgesArguments([program = "", ...args]: readonly string[]): boolean {
  const name = program.slice(program.lastIndexOf("/") + 1).toLowerCase();
  const row = rowOf(name);
  if (row === undefined) return false;
  const sub = row.commands === true ? args.find((arg) => !arg.startsWith("-")) : undefined;
  return row.risky !== undefined || (sub !== undefined && rowOf(`${name} ${sub}`)?.risky !== undefined);
}

/** Whether some table speaks of a program of this name. */
export function isTableName(name: string): boolean {
  const key = name.toLowerCase();
  return wrappers.has(key) || inert.has(key) || rowOf(key) !== undefined || Object.hasOwn(readRows, key) || alsoReads.has(key);
}

function rowOf(name: string): ProgramRow | undefined {
  const key = sameAs.get(name) ?? name;
  return Object.hasOwn(rows, key) ? rows[key] : undefined;
}

function objection(name: string, row: ProgramRow, args: readonly string[]): string | undefined {
  const subAt = row.commands === true ? args.findIndex((arg) => !arg.startsWith("-")) : -1;
  const read = readFlags(subAt === -1 ? args : args.slice(0, subAt), row);
  if (typeof read === "string") return `${name} ${read} is not known to start no program and write no file`;
  if (row.risky?.(read) === true) return `these arguments let ${name} start a program or write a file`;
  if (subAt === -1) return undefined;
  const command = `${name} ${args[subAt]}`;
  const sub = rowOf(command);
  return sub === undefined ? `${command} may start programs` : objection(command, sub, args.slice(subAt + 1));
}
