/**
 * Whether a tool's structured content fits its output schema. `pattern` and `patternProperties` are not looked at: a regular
 * expression of a stranger can take for ever, and nothing in this thread could end it.
 */
import { Ajv } from "ajv";
import type { Json, JsonObject } from "../../../core/contract/messages.ts";
import { cleanLine } from "./clean-text.ts";
import { messageOf } from "./fault.ts";
import { refProblem } from "./schema-refs.ts";
import { shapeObjectSchema } from "./schema-shape.ts";

/** Undefined where the content fits, or cannot be checked; else why it does not fit. */
export type OutputCheck = (content: JsonObject) => string | undefined;

export type MadeCheck = { ok: true; check: OutputCheck } | { ok: false; why: string };

/** Of one server: a schema that has not changed keeps its check. */
export interface OutputChecks {
  make(outputSchema: unknown, onProblem: (why: string) => void): MadeCheck;
  /** What was not asked for since the last call is forgotten. */
  endRound(): void;
}

const maxWords = 500;
const maxCheckedChars = 16 * 1024;
/** Of a content's values and a schema's parts, multiplied: what one check may take. */
const maxSteps = 20_000_000;
/**
 * `$schema` and `$id` name what the validator would look up; formats are checked by regular expressions of its own; an `$async`
 * check would fail where nobody waits for it; each of unique items is compared with each.
 */
const leftOut = new Set(["pattern", "format", "$schema", "$id", "id", "$async", "uniqueItems"]);
const namesOfOthers = new Set(["properties", "$defs", "definitions", "dependentSchemas"]);

export function createOutputChecks(): OutputChecks {
  let before = new Map<string, MadeCheck>();
  let now = new Map<string, MadeCheck>();
  return {
    make(outputSchema, onProblem) {
      const shaped = shapeObjectSchema(outputSchema);
      if (!shaped.ok) return shaped;
      const text = JSON.stringify(shaped.schema);
      const made = now.get(text) ?? before.get(text) ?? makeCheck(shaped.schema, text.length, onProblem);
      now.set(text, made);
      return made;
    },
    endRound() {
      before = now;
      now = new Map();
    },
  };
}

function makeCheck(schema: JsonObject, chars: number, onProblem: (why: string) => void): MadeCheck {
  if (chars > maxCheckedChars) return { ok: false, why: `it has ${chars} characters, more than ${maxCheckedChars}` };
  const refs = refProblem(schema);
  if (refs !== undefined) return { ok: false, why: refs };
  const loose = withoutPatterns(schema, false) as JsonObject;
  const parts = countValues(loose, maxCheckedChars);
  let compiled: OutputCheck | undefined;
  const check: OutputCheck = (content) => {
    const most = Math.floor(maxSteps / parts);
    if (countValues(content, most) >= most) return void onProblem(`a result has more than ${most} values`);
    compiled ??= compile(loose, onProblem);
    return compiled(content);
  };
  return { ok: true, check };
}

/** A validator of its own for each: a shared one keeps every schema it has ever seen. The first error is enough. */
function compile(schema: JsonObject, onProblem: (why: string) => void): OutputCheck {
  try {
    const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false, allErrors: false, logger: false });
    const validate = ajv.compile(schema);
    return (content) =>
      validate(content) ? undefined : cleanLine(ajv.errorsText(validate.errors) || "it does not fit", maxWords);
  } catch (error) {
    onProblem(cleanLine(messageOf(error), maxWords));
    return () => undefined;
  }
}

/** At most `most`. */
function countValues(value: Json, most: number): number {
  const waiting: Json[] = [value];
  let count = 0;
  for (let next = waiting.pop(); next !== undefined && count < most; next = waiting.pop()) {
    count++;
    if (typeof next === "object" && next !== null) for (const inner of Object.values(next)) waiting.push(inner);
  }
  return count;
}

/** `areNames`: the keys of `schema` are names that the author chose, not keywords. */
function withoutPatterns(schema: Json, areNames: boolean): Json {
  if (Array.isArray(schema)) return schema.map((one) => withoutPatterns(one, false));
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => areNames || !leftOut.has(key));
  const loosened = kept.flatMap(([key, value]): [string, Json][] => {
    // Names by a pattern: what they may hold is not known, so all other names are allowed.
    if (!areNames && key === "patternProperties") return [];
    if (!areNames && key === "additionalProperties" && "patternProperties" in schema) return [];
    return [[key, withoutPatterns(value, !areNames && namesOfOthers.has(key))]];
  });
  return Object.fromEntries(loosened);
}
