/** A rehearsed loop as a table: one row a call, or a request without calls; then how it ended. */
import { plainLine } from "../plain-text.ts";
import type { Loop, LoopCall, LoopHook, LoopRequest } from "./fold.ts";

export interface LoopEnd {
  exit: number | undefined;
  /** In place of an exit code. */
  why?: string;
  error?: { code: string; message: string };
}

const heads = ["REQUEST", "TOKENS", "CALL", "DECISION", "OUTCOME", "RETRIES", "HOOKS"];
const widest = [8, 22, 44, 34, 34, 24, 60];

export function describeLoop(loop: Loop, end: LoopEnd): string {
  const rows = loop.requests.flatMap(rowsOf);
  const table = rows.length === 0 ? ["No request was made."] : columnsOf(heads, rows);
  const before = loop.before.length === 0 ? [] : [`Before the first request: ${hooksText(loop.before)}`, ""];
  const notes = loop.notes.map((note) => `note: ${clip(note, 300)}`);
  const beyond = loop.beyond === 0 ? [] : [`${loop.beyond} more events are not shown.`];
  return [...before, ...table, "", ...notes, ...beyond, ...endLines(loop, end)].join("\n");
}

function rowsOf(request: LoopRequest): string[][] {
  const own = [String(request.request), tokensText(request)];
  const retries = request.retries.map(({ code }) => code).join(", ");
  const tried = retries === "" ? "" : `${request.retries.length}: ${retries}`;
  if (request.calls.length === 0)
    return [[...own, answerText(request), "", stopText(request), tried, hooksText(request.hooks)]];
  return request.calls.map((call, place) => {
    const hooks = hooksText(place === 0 ? [...request.hooks, ...call.hooks] : call.hooks);
    return [
      ...(place === 0 ? own : ["", ""]),
      callText(call),
      decisionText(call),
      outcomeText(call),
      place === 0 ? tried : "",
      hooks,
    ];
  });
}

function tokensText({ usage }: LoopRequest): string {
  return usage === undefined ? "no answer" : `${usage.inputTokens} in, ${usage.outputTokens} out`;
}

function answerText({ text = "" }: LoopRequest): string {
  return text.trim() === "" ? "" : `says: ${text}`;
}

function stopText({ stop }: LoopRequest): string {
  return stop ?? "no answer came";
}

function callText({ tool, subject }: LoopCall): string {
  return subject === "" ? tool : `${tool} ${subject}`;
}

function decisionText({ decision }: LoopCall): string {
  if (decision === undefined) return "none";
  const { verdict, by, kind, asked } = decision;
  const who = kind === by ? kind : `${kind} ${by}`;
  return `${verdict} by ${who}${asked ? ", asked" : ""}`;
}

function outcomeText({ outcome, code, durationMs }: LoopCall): string {
  const time = durationMs === undefined || outcome !== "ok" ? [] : [`${Math.round(durationMs)} ms`];
  return [outcome, ...(code === undefined ? [] : [code]), ...time].join(" ");
}

function hooksText(hooks: readonly LoopHook[]): string {
  return hooks.map(({ event, outcome }) => `${event} ${outcome}`).join(", ");
}

function endLines(loop: Loop, { exit, why, error }: LoopEnd): string[] {
  const { requests, end, limit, sessionId } = loop;
  const calls = requests.reduce((sum, request) => sum + request.calls.length, 0);
  const used = requests.reduce(
    (sum, { usage }) => ({ in: sum.in + (usage?.inputTokens ?? 0), out: sum.out + (usage?.outputTokens ?? 0) }),
    { in: 0, out: 0 },
  );
  const cost = end?.costUsd ?? null;
  const last = requests.at(-1)?.text?.trim() ?? "";
  return [
    `The run ended with ${end?.stop ?? "no end of its turn"}, ${exit === undefined ? `by ${why ?? "nobody knows what"}` : `exit ${exit}`}.`,
    `${counted(requests.length, "request")}, ${counted(calls, "call")}; ${used.in} tokens in, ${used.out} out; cost: ${cost === null ? "none, a script has no price" : `${cost} USD`}.`,
    ...(limit === undefined
      ? []
      : [`The limit of ${limit.limit} was reached: ${Number(limit.used.toFixed(2))} of ${limit.value}.`]),
    ...(error === undefined ? [] : [`${error.code}: ${clip(error.message, 2_000)}`]),
    ...(last === "" ? [] : [`Last answer: ${clip(last, 400)}`]),
    ...(sessionId === undefined ? [] : [`Session ${sessionId}`]),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function clip(text: string, columns: number): string {
  const letters = [...plainLine(text)];
  return letters.length > columns ? `${letters.slice(0, columns - 1).join("")}…` : letters.join("");
}

function columnsOf(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell, column) => clip(cell, widest[column] ?? 40)));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const filled = head.map((_, column) => cells.slice(1).some((row) => (row[column] ?? "") !== ""));
  return cells.map((row) =>
    row
      .flatMap((cell, column) => (filled[column] ? [cell.padEnd(widths[column] ?? 0)] : []))
      .join("  ")
      .trimEnd(),
  );
}
