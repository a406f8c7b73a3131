/**
 * Whether a tool's structured content fits its output schema. `pattern` and `patternProperties` are not looked at: a regular
 * expression of a stranger can take for ever, and nothing in this thread could end it.
 */
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv-provider.js";
import type { Json, JsonObject } from "../../../core/contract/messages.ts";
import { cleanLine } from "./clean-text.ts";
import { messageOf } from "./fault.ts";
import { refProblem } from "./schema-refs.ts";
import { shapeObjectSchema } from "./schema-shape.ts";

/** Undefined where the content fits, else why not. */
export type OutputCheck = (content: JsonObject) => string | undefined;

export type MadeCheck = { ok: true; check: OutputCheck } | { ok: false; why: string };

const maxWords = 500;
/** `$schema` and `$id` name what the validator would look up; formats are checked by regular expressions of its own. */
const leftOut = new Set(["pattern", "$schema", "$id", "id"]);
const namesOfOthers = new Set(["properties", "$defs", "definitions", "dependentSchemas"]);

export function makeOutputCheck(outputSchema: unknown): MadeCheck {
  const shaped = shapeObjectSchema(outputSchema);
  if (!shaped.ok) return shaped;
  const refs = refProblem(shaped.schema);
  if (refs !== undefined) return { ok: false, why: refs };
  try {
    // A validator of its own for each: a shared one keeps every schema it has ever seen.
    const validate = new AjvJsonSchemaValidator().getValidator<JsonObject>(withoutPatterns(shaped.schema, false) as JsonObject);
    return { ok: true, check: (content) => problemOf(() => validate(content)) };
  } catch (error) {
    return { ok: false, why: cleanLine(messageOf(error), maxWords) };
  }
}

function problemOf(validate: () => { valid: boolean; errorMessage: string | undefined }): string | undefined {
  const { valid, errorMessage } = validate();
  return valid ? undefined : cleanLine(errorMessage ?? "it does not fit", maxWords);
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
