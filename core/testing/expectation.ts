/** Compares what a request brought with what a script's `expect` entry says, in words with the real values. */
import { runInNewContext } from "node:vm";
import type { ResultCheck, ScriptExpectation, TextCheck } from "./script-format.ts";

export interface SeenResult {
  callId: string;
  name: string;
  text: string;
  isError: boolean;
}

export interface Seen {
  system: string;
  /** The text of the newest user message. */
  input: string;
  /** The tool results of the newest user message. */
  results: readonly SeenResult[];
}

/** What does not fit, or undefined. */
export function checkExpectation(expect: ScriptExpectation, seen: Seen): string | undefined {
  return (
    (expect.toolResults && checkAll(expect.toolResults, seen.results)) ??
    (expect.toolResult && checkSome(expect.toolResult, seen.results)) ??
    (expect.input && named("the input", textProblem(expect.input, seen.input))) ??
    (expect.system && named("the system prompt", textProblem(expect.system, seen.system)))
  );
}

function checkAll(checks: readonly ResultCheck[], results: readonly SeenResult[]): string | undefined {
  if (checks.length !== results.length)
    return `expected ${checks.length} tool results, got ${results.length}: ${listed(results)}`;
  for (const [index, check] of checks.entries()) {
    const result = results[index];
    const problem = result && resultProblem(check, result);
    if (problem !== undefined) return `tool result ${index + 1} ${problem}`;
  }
  return undefined;
}

function checkSome(check: ResultCheck, results: readonly SeenResult[]): string | undefined {
  if (results.length === 0) return `expected a tool result with ${JSON.stringify(check)}, but the newest request holds none`;
  const problems = results.map((result) => resultProblem(check, result));
  if (problems.includes(undefined)) return undefined;
  if (problems.length === 1) return `the tool result ${problems[0]}`;
  return `no tool result fits ${JSON.stringify(check)}; there are ${listed(results)}`;
}

function resultProblem(check: ResultCheck, result: SeenResult): string | undefined {
  if (check.name !== undefined && check.name !== result.name) return `is of ${result.name}, expected ${check.name}`;
  if (check.callId !== undefined && check.callId !== result.callId) return `answers ${result.callId}, expected ${check.callId}`;
  if (check.isError !== undefined && check.isError !== result.isError)
    return `of ${result.name} has isError ${result.isError}, expected ${check.isError}: ${shown(result.text)}`;
  return textProblem(check, result.text);
}

function textProblem(check: TextCheck, text: string): string | undefined {
  if (check.equals !== undefined && check.equals !== text) return `should equal ${shown(check.equals)}, but is ${shown(text)}`;
  if (check.contains !== undefined && !text.includes(check.contains))
    return `should contain ${shown(check.contains)}, but is ${shown(text)}`;
  if (check.notContains !== undefined && text.includes(check.notContains))
    return `should not contain ${shown(check.notContains)}, but is ${shown(text)}`;
  const matches = check.matches === undefined || matchesInTime(check.matches, text);
  if (matches === undefined) return `should match ${check.matches}, which takes longer than ${matchMs / 1_000} s to find out`;
  return matches ? undefined : `should match ${check.matches}, but is ${shown(text)}`;
}

const matchMs = 1_000;

/** Undefined where the expression does not come to an end in time: one may backtrack for ever. The context is only a clock. */
function matchesInTime(source: string, text: string): boolean | undefined {
  try {
    return runInNewContext("new RegExp(source).test(text)", { source, text }, { timeout: matchMs }) === true;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw error;
  }
}

function named(subject: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${subject} ${problem}`;
}

function listed(results: readonly SeenResult[]): string {
  return (
    results.map((result) => `${result.name}${result.isError ? " (error)" : ""} ${shown(result.text)}`).join("; ") || "none"
  );
}

function shown(text: string): string {
  return JSON.stringify(text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text);
}
