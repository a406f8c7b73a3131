/** The leaves of expectations: checks of a text, and patterns for JSON in which `$contains` and its like stand for values. */
import * as z from "zod";
import { didYouMean } from "../../../core/contract/nearest.ts";

const patternWords = ["$contains", "$matches", "$any", "$absent", "$includes"] as const;

/** What a pattern may hold beside JSON: an object with exactly one of `patternWords`. */
export type Pattern = null | boolean | number | string | Pattern[] | { [key: string]: Pattern };

const textCheckFields = {
  contains: z.string().min(1).optional(),
  notContains: z.string().min(1).optional(),
  equals: z.string().optional(),
  /** A regular expression, unanchored, `m`: `^` and `$` are the ends of lines. */
  matches: z.string().refine(isExpression, "not a regular expression").optional(),
};

const textCheckSchema = z
  .strictObject(textCheckFields)
  .refine((check) => Object.keys(check).length > 0, unlessWrong("a text check needs contains, notContains, equals or matches"));

export type TextCheck = z.infer<typeof textCheckSchema>;

/** One check, or a list of which all hold. */
export const textChecksSchema = z.union([textCheckSchema, z.array(textCheckSchema).min(1)]);

export const resultCheckSchema = z.strictObject({
  ...textCheckFields,
  name: z.string().optional(),
  isError: z.boolean().optional(),
});

export type ResultCheck = z.infer<typeof resultCheckSchema>;

export const patternSchema: z.ZodType<Pattern> = z.json().superRefine((value, ctx) => {
  for (const problem of patternProblems(value, [])) ctx.addIssue({ code: "custom", ...problem });
});

export const patternObjectSchema: z.ZodType<{ [key: string]: Pattern }> = z
  .record(z.string(), z.json())
  .superRefine((value, ctx) => {
    for (const problem of patternProblems(value, [])) ctx.addIssue({ code: "custom", ...problem });
  });

/** Every key that a check may have, for the nearest name of a typo. */
export const checkKeys: readonly string[] = [...Object.keys(resultCheckSchema.shape), ...patternWords];

/** For a rule about the keys of an object: one with a typo lacks what was meant, which is one problem and said once. */
export function unlessWrong(message: string): { message: string; when(payload: z.core.ParsePayload): boolean } {
  return { message, when: ({ issues }) => issues.length === 0 };
}

/** Whether `value` is an object that stands for values, and by which word. */
export function patternWordOf(value: unknown): (typeof patternWords)[number] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const [key = "", ...more] = Object.keys(value);
  return more.length === 0 ? patternWords.find((word) => word === key) : undefined;
}

interface PatternProblem {
  path: (string | number)[];
  message: string;
}

function patternProblems(value: Pattern, path: (string | number)[]): PatternProblem[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((part, index) => patternProblems(part, [...path, index]));
  const word = patternWordOf(value);
  if (word !== undefined) return wordProblems(word, value[word], [...path, word]);
  const odd = Object.keys(value).filter((key) => key.startsWith("$"));
  const own = odd.map((key) => ({
    path: [...path, key],
    message: (patternWords as readonly string[]).includes(key)
      ? `${key} stands alone in its object`
      : `${key} is none of ${patternWords.join(", ")}.${didYouMean(key, patternWords)}`,
  }));
  return [...own, ...Object.entries(value).flatMap(([key, part]) => patternProblems(part, [...path, key]))];
}

function wordProblems(word: string, value: Pattern | undefined, path: (string | number)[]): PatternProblem[] {
  if (word === "$includes") return patternProblems(value ?? null, path);
  if (word === "$any" || word === "$absent") return value === true ? [] : [{ path, message: `${word} is true` }];
  if (typeof value !== "string") return [{ path, message: `${word} is a text` }];
  return word === "$matches" && !isExpression(value) ? [{ path, message: "not a regular expression" }] : [];
}

function isExpression(source: string): boolean {
  try {
    return new RegExp(source, "m") instanceof RegExp;
  } catch {
    return false;
  }
}
