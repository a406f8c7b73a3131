/**
 * The scripted-model format, written once: a file of entries that a player hands out one answer at a time.
 * Reading is strict and reports every problem of a file at once, each with its line.
 */
import { findNodeAtLocation, getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import * as z from "zod";
import { GantryError } from "../contract/errors.ts";
import { didYouMean } from "../contract/nearest.ts";

const json: z.ZodType<z.core.util.JSONType> = z.json();

const callSchema = z
  .strictObject({
    name: z.string().min(1),
    /** Unique in the session; made up when absent. */
    id: z
      .string()
      .regex(/^[\w-]+$/)
      .optional(),
    input: z.record(z.string(), json).optional(),
    /** Sent as it is instead of `input`: malformed JSON. */
    rawInput: z.string().optional(),
  })
  .refine((call) => call.input === undefined || call.rawInput === undefined, "give input or rawInput, not both");

const thinkingSchema = z.union([
  z.string(),
  z.strictObject({ text: z.string(), signature: z.string().optional() }),
  z.strictObject({ redacted: z.string() }),
]);

const usageSchema = z.strictObject({
  inputTokens: z.int().min(0).optional(),
  outputTokens: z.int().min(0).optional(),
  cacheReadTokens: z.int().min(0).optional(),
  cacheWriteTokens: z.int().min(0).optional(),
});

const textCheckSchema = z.strictObject({
  contains: z.string().optional(),
  notContains: z.string().optional(),
  equals: z.string().optional(),
  /** A regular expression, unanchored. */
  matches: z.string().refine(isPattern, "not a regular expression").optional(),
});

const resultCheckSchema = z.strictObject({
  ...textCheckSchema.shape,
  name: z.string().optional(),
  callId: z.string().optional(),
  isError: z.boolean().optional(),
});

const expectSchema = z.strictObject({
  /** At least one result of the newest request fits. */
  toolResult: resultCheckSchema.optional(),
  /** The newest request has exactly these results, in this order. */
  toolResults: z.array(resultCheckSchema).optional(),
  /** The newest user text. */
  input: textCheckSchema.optional(),
  system: textCheckSchema.optional(),
});

const failSchema = z
  .strictObject({
    /** The request is refused with this HTTP status. */
    status: z.int().min(300).max(599).optional(),
    /** Seconds, or an HTTP date. */
    retryAfter: z.union([z.number().min(0), z.string()]).optional(),
    /** The connection breaks: before anything, in a text, in a tool's input; `end` closes in order, one event too early. */
    cut: z.enum(["start", "text", "tool_json", "end"]).optional(),
    /** An error event of this type in the middle of the stream. */
    event: z.string().optional(),
    /** The provider's error type, with `status`. */
    type: z.string().optional(),
    message: z.string().optional(),
  })
  .refine(
    (fail) => [fail.status, fail.cut, fail.event].filter((part) => part !== undefined).length === 1,
    "give exactly one of status, cut, event",
  );

const entrySchema = z
  .strictObject({
    say: z.string().optional(),
    call: callSchema.optional(),
    calls: z.array(callSchema).min(1).optional(),
    thinking: z.union([thinkingSchema, z.array(thinkingSchema)]).optional(),
    /** A text of this many bytes, made up. */
    textBytes: z.int().min(1).optional(),
    /** In how many fragments each text and each input is streamed. */
    chunks: z.int().min(1).optional(),
    deltas: z.int().min(1).optional(),
    usage: usageSchema.optional(),
    stopReason: z
      .enum(["end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal", "pause_turn", "model_context_window_exceeded"])
      .optional(),
    expect: expectSchema.optional(),
    fail: failSchema.optional(),
    delayMs: z.number().min(0).optional(),
    /** The request is never answered. */
    hang: z.literal(true).optional(),
    /** For readers of the file. */
    comment: z.string().optional(),
  })
  .superRefine((entry, ctx) => {
    const problem = problemOf(entry);
    if (problem !== undefined) ctx.addIssue({ code: "custom", message: problem });
  });

const scriptSchema = z.strictObject({ description: z.string().optional(), steps: z.array(entrySchema) });

/** Every key of the format, wherever it belongs: for the nearest name of a typo. */
const knownKeys = [scriptSchema, entrySchema, callSchema, expectSchema, resultCheckSchema, failSchema, usageSchema].flatMap(
  (part) => Object.keys(part.shape),
);

export type Script = z.infer<typeof scriptSchema>;
export type ScriptEntry = Script["steps"][number];
export type ScriptFail = z.infer<typeof failSchema>;
export type ScriptThinking = z.infer<typeof thinkingSchema>;
export type TextCheck = z.infer<typeof textCheckSchema>;
export type ResultCheck = z.infer<typeof resultCheckSchema>;
export type ScriptExpectation = z.infer<typeof expectSchema>;

/** Reads a script from JSON text (comments allowed) or from a value. SCRIPT_INVALID names every problem. */
export function parseScript(source: unknown, options: { file?: string } = {}): Script {
  const where = options.file ?? "script";
  const tree = typeof source === "string" ? treeOf(source, where) : undefined;
  const parsed = scriptSchema.safeParse(tree === undefined ? source : getNodeValue(tree));
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  // An entry with a typo lacks what was meant: one problem, said once.
  const typos = new Set(issues.filter((issue) => issue.code === "unrecognized_keys").map((issue) => issue.path.join()));
  const told = issues.filter((issue) => issue.code !== "custom" || !typos.has(issue.path.join()));
  const problems = told.map((issue) => {
    const line =
      tree === undefined || typeof source !== "string" ? undefined : lineAt(source, nodeNear(tree, issue.path)?.offset);
    return `${where}${line === undefined ? "" : `:${line}`}: ${describe(issue)}`;
  });
  throw new GantryError("SCRIPT_INVALID", problems.join("\n"), { detail: { problems } });
}

/** Whether an entry is an answer to a request, and so ends a look-ahead of the player. */
export function answers(entry: ScriptEntry): boolean {
  return entry.fail !== undefined || entry.hang === true || hasContent(entry);
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}

function hasContent(entry: ScriptEntry): boolean {
  return [entry.say, entry.call, entry.calls, entry.thinking, entry.textBytes].some((part) => part !== undefined);
}

function problemOf(entry: ScriptEntry): string | undefined {
  if (!answers(entry) && entry.expect === undefined && entry.delayMs === undefined)
    return "an entry needs say, call, calls, thinking, textBytes, expect, fail, hang or delayMs";
  if (entry.call !== undefined && entry.calls !== undefined) return "give call or calls, not both";
  if (entry.say !== undefined && entry.textBytes !== undefined) return "give say or textBytes, not both";
  if (entry.chunks !== undefined && entry.deltas !== undefined) return "chunks and deltas mean the same; give one";
  if (entry.expect !== undefined && answers(entry)) return "expect is an entry of its own, before the answer it guards";
  return undefined;
}

function treeOf(text: string, where: string): Node {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  if (tree !== undefined && errors.length === 0) return tree;
  const problems =
    errors.length === 0
      ? [`${where}: the file is empty`]
      : errors.map((error) => `${where}:${lineAt(text, error.offset)}: ${printParseErrorCode(error.error)}`);
  throw new GantryError("SCRIPT_INVALID", problems.join("\n"), { detail: { problems } });
}

/** The node of a path, or of the nearest part of it that the file holds. */
function nodeNear(tree: Node, path: readonly PropertyKey[]): Node | undefined {
  const known = path.filter((part): part is string | number => typeof part !== "symbol");
  for (let length = known.length; length > 0; length--) {
    const node = findNodeAtLocation(tree, known.slice(0, length));
    if (node !== undefined) return node;
  }
  return tree;
}

function lineAt(text: string, offset: number | undefined): number | undefined {
  return offset === undefined ? undefined : text.slice(0, offset).split("\n").length;
}

function describe(issue: z.core.$ZodIssue): string {
  const at = issue.path.length === 0 ? "" : `${issue.path.map(String).join(".")}: `;
  const near = issue.code === "unrecognized_keys" ? issue.keys.map((key) => didYouMean(key, knownKeys)).join("") : "";
  return `${at}${issue.message}${near === "" ? "" : `.${near}`}`;
}
