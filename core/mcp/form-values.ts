/** Values of a form's fields: from what a person typed, and whether a value fits its field. */
import type { Json, JsonObject } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import type { Choice, FieldKind, FormField, TextFormat } from "./questions.ts";

/** What is wrong with a whole answer, or undefined when it fits. */
export function misfitOf(fields: readonly FormField[], content: JsonObject): string | undefined {
  const names = fields.map(({ name }) => name);
  const unknown = Object.keys(content).find((name) => !names.includes(name));
  if (unknown !== undefined) return `the form has no field ${unknown}.${didYouMean(unknown, names)}`;
  for (const field of fields) {
    const value = Object.hasOwn(content, field.name) ? content[field.name] : undefined;
    if (value === undefined) {
      if (field.isRequired) return `${field.name} is required`;
      continue;
    }
    const wrong = misfit(field.kind, value);
    if (wrong !== undefined) return `${field.name} ${wrong}`;
  }
  return undefined;
}

type Typed = { value: Json } | { problem: string };

/** A typed line as the field's value, or what to type instead. */
export function readValue({ kind }: FormField, line: string): Typed {
  const typed = typedAs(kind, line);
  const wrong = "value" in typed ? misfit(kind, typed.value) : undefined;
  return wrong === undefined ? typed : { problem: wrong };
}

function typedAs(kind: FieldKind, line: string): Typed {
  const word = line.trim();
  switch (kind.type) {
    case "text":
      return { value: line };
    case "number": {
      const isNumber = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(word);
      return isNumber ? { value: Number(word) } : { problem: kind.isInteger ? "is a whole number" : "is a number" };
    }
    case "flag":
      if (/^(?:y|yes|true|1)$/i.test(word)) return { value: true };
      return /^(?:n|no|false|0)$/i.test(word) ? { value: false } : { problem: "is yes or no" };
    case "one":
      return chosen(kind.choices, word);
    case "many":
      return manyChosen(kind.choices, word);
  }
}

function manyChosen(choices: readonly Choice[], word: string): Typed {
  if (/^none$/i.test(word) && !choices.some(({ value }) => value === word)) return { value: [] };
  const values = new Set<string>();
  for (const each of word.split(",")) {
    const one = chosen(choices, each.trim());
    if ("problem" in one) return one;
    values.add(one.value);
  }
  return { value: [...values] };
}

/** By its number, its value or its title. */
function chosen(choices: readonly Choice[], word: string): { value: string } | { problem: string } {
  const exact = choices.find(({ value, title }) => value === word || title === word);
  const numbered = /^\d{1,4}$/.test(word) ? choices[Number(word) - 1] : undefined;
  const found = exact ?? numbered;
  if (found !== undefined) return { value: found.value };
  const near = didYouMean(
    word,
    choices.map(({ title }) => title),
  );
  return { problem: `has no choice ${JSON.stringify(word.slice(0, 60))}; it is a number from 1 to ${choices.length}.${near}` };
}

function misfit(kind: FieldKind, value: Json): string | undefined {
  if (kind.type === "text") return typeof value === "string" ? misfitText(kind, value) : "is a text";
  if (kind.type === "number") return misfitNumber(kind, value);
  if (kind.type === "flag") return typeof value === "boolean" ? undefined : "is yes or no";
  const values = kind.choices.map((choice) => choice.value);
  if (kind.type === "one")
    return typeof value === "string" && values.includes(value) ? undefined : `is one of ${values.slice(0, 20).join(", ")}`;
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string" && values.includes(each)))
    return `is a list of ${values.slice(0, 20).join(", ")}`;
  if (kind.min !== undefined && value.length < kind.min) return `wants at least ${kind.min} choices`;
  return kind.max !== undefined && value.length > kind.max ? `wants at most ${kind.max} choices` : undefined;
}

type TextKind = Extract<FieldKind, { type: "text" }>;
type NumberKind = Extract<FieldKind, { type: "number" }>;

function misfitText({ format, minLength, maxLength }: TextKind, text: string): string | undefined {
  const length = [...text].length;
  if (minLength !== undefined && length < minLength) return `has at least ${minLength} characters`;
  if (maxLength !== undefined && length > maxLength) return `has at most ${maxLength} characters, not ${length}`;
  return format === undefined || fits[format](text) ? undefined : `is ${wanted[format]}`;
}

const wanted: Readonly<Record<TextFormat, string>> = {
  email: "an e-mail address, name@example.com",
  uri: "an address, https://example.com/",
  date: "a date, 2026-11-23",
  "date-time": "a date and time, 2026-11-23T12:00:00Z",
};

const fits: Readonly<Record<TextFormat, (text: string) => boolean>> = {
  email: (text) => /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(text),
  uri: (text) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && URL.canParse(text),
  date: isDate,
  "date-time": (text) =>
    /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[-+]\d{2}:\d{2})$/.test(text) &&
    isDate(text.slice(0, 10)) &&
    !Number.isNaN(Date.parse(text)),
};

function isDate(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  return at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === text;
}

function misfitNumber({ isInteger, min, max }: NumberKind, value: Json): string | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) return isInteger ? "is a whole number" : "is a number";
  if (isInteger && !Number.isInteger(value)) return "is a whole number";
  if (min !== undefined && value < min) return `is at least ${min}`;
  return max !== undefined && value > max ? `is at most ${max}` : undefined;
}
