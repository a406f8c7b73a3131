/**
 * The schema of a server's form → its fields: a flat object of texts, numbers, yes or no, and choices, as MCP 2025-11-25 and
 * 2025-06-18 have them. Anything else is no form, and the reason is told.
 */
import { isObject, type Json, type JsonObject } from "../contract/messages.ts";
import { namesSecret } from "../contract/secret-names.ts";
import type { Choice, FieldKind, FormField, TextFormat } from "./questions.ts";

const mostFields = 50;
const mostChoices = 200;
const longestName = 200;
const formats: readonly string[] = ["email", "uri", "date", "date-time"] satisfies TextFormat[];

/** The fields in the order of the schema, or why nobody can be asked for them. */
export function readForm(schema: JsonObject): { fields: FormField[] } | { problem: string } {
  if (schema["type"] !== undefined && schema["type"] !== "object") return { problem: "its schema is no object" };
  const properties = schema["properties"] ?? {};
  if (!isObject(properties)) return { problem: "its schema has no properties" };
  const names = Object.keys(properties);
  if (names.length > mostFields) return { problem: `it has ${names.length} fields; at most ${mostFields} are asked for` };
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const missing = required.find((name) => typeof name !== "string" || !Object.hasOwn(properties, name));
  if (missing !== undefined) return { problem: `it requires ${shown(missing)}, which is none of its fields` };
  const fields: FormField[] = [];
  for (const name of names) {
    const field = fieldOf(name, properties[name] ?? null, required.includes(name));
    if (typeof field === "string") return { problem: field };
    fields.push(field);
  }
  return { fields };
}

function fieldOf(name: string, schema: Json, isRequired: boolean): FormField | string {
  if (name === "" || name.length > longestName) return `a field's name has ${name.length} characters`;
  if (!isObject(schema)) return `the field ${name} has no schema`;
  const kind = kindOf(name, schema);
  if (typeof kind === "string") return kind;
  const { title, description, default: usual } = schema;
  return {
    ...{ name, isRequired, kind },
    isSecret: soundsSecret(name) || (typeof title === "string" && soundsSecret(title)),
    ...(typeof title === "string" && title !== "" ? { title } : {}),
    ...(typeof description === "string" && description !== "" ? { description } : {}),
    ...(usual === undefined ? {} : { default: usual }),
  };
}

function kindOf(name: string, schema: JsonObject): FieldKind | string {
  const { type } = schema;
  if (type === "string") return textKind(name, schema);
  if (type === "number" || type === "integer") {
    return {
      ...{ type: "number", isInteger: type === "integer" },
      ...bound("min", schema["minimum"]),
      ...bound("max", schema["maximum"]),
    };
  }
  if (type === "boolean") return { type: "flag" };
  if (type === "array") return manyKind(name, schema);
  const what = type === undefined ? "no type" : `the type ${shown(type)}`;
  return `the field ${name} has ${what}; a form has texts, numbers, yes or no, and choices`;
}

function textKind(name: string, schema: JsonObject): FieldKind | string {
  const choices = choicesOf(name, schema);
  if (typeof choices === "string") return choices;
  if (choices !== undefined) return { type: "one", choices };
  const { format, minLength, maxLength } = schema;
  if (format !== undefined && !formats.includes(String(format)))
    return `the field ${name} has the format ${shown(format)}; a form has ${formats.join(", ")}`;
  return {
    type: "text",
    ...(format === undefined ? {} : { format: format as TextFormat }),
    ...bound("minLength", minLength),
    ...bound("maxLength", maxLength),
  };
}

function manyKind(name: string, { items, minItems, maxItems }: JsonObject): FieldKind | string {
  const choices = isObject(items) ? choicesOf(name, items) : undefined;
  if (typeof choices === "string") return choices;
  if (choices === undefined) return `the field ${name} is a list of anything; a form has lists of choices`;
  return { type: "many", choices, ...bound("min", minItems), ...bound("max", maxItems) };
}

/** Both forms of the protocol: `enum` with `enumNames`, and `oneOf` or `anyOf` of `{const, title}`. Undefined: no choices. */
function choicesOf(name: string, { enum: values, enumNames, oneOf, anyOf }: JsonObject): Choice[] | string | undefined {
  const listed = oneOf ?? anyOf;
  const given = values ?? listed;
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || given.length === 0 || given.length > mostChoices)
    return `the field ${name} has no list of 1 to ${mostChoices} choices`;
  const titles = Array.isArray(enumNames) ? enumNames : [];
  const choices = given.map((each, index) => {
    const value = values === undefined && isObject(each) ? each["const"] : each;
    const title = values === undefined && isObject(each) ? each["title"] : titles[index];
    return typeof value === "string" ? { value, title: typeof title === "string" && title !== "" ? title : value } : undefined;
  });
  const texts = choices.filter((choice) => choice !== undefined);
  return texts.length === given.length ? texts : `a choice of the field ${name} is no text`;
}

function bound<K extends string>(key: K, value: Json | undefined): { [P in K]?: number } {
  return (typeof value === "number" && Number.isFinite(value) ? { [key]: value } : {}) as { [P in K]?: number };
}

/** apiKey, api key, password, accessToken, pin. */
function soundsSecret(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9]+/g, "_");
  return (
    namesSecret(words) || /(?:^|_)(?:password|passwd|passphrase|secret|token|credentials?|pin|cvv|otp)(?:_|$)/i.test(words)
  );
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
