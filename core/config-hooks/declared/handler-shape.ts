/** Is a handler's JSON of the shape of its type? The schema is loaded only for what the quick tests do not accept. */
import type { HookHandler } from "../../contract/hook-config.ts";
import { isObject, type Json, type JsonObject } from "../../contract/messages.ts";
import { didYouMean } from "../../contract/nearest.ts";
import { type HandlerType, type PublicEvent, publicEventTable } from "../../contract/public-events.ts";
import { broken, type Finding, notInThisBuild } from "./finding.ts";

export type ReadHandler = { handler: HookHandler } | { findings: Finding[] };

const builtTypes = ["command", "http", "mcp_tool", "prompt"] as const;
const laterTypes: readonly string[] = ["agent"] satisfies HandlerType[];

/** The handler, or everything that is wrong with it. `event` is undefined when that is itself unknown. */
export async function readHandler(json: Json, event: PublicEvent | undefined): Promise<ReadHandler> {
  if (!isObject(json)) return { findings: [broken(`a hook is an object, not ${brief(json)}`)] };
  const { type } = json;
  const wrongType = checkType(type, event);
  if (wrongType !== undefined) return { findings: [wrongType] };
  if (isPlain(json)) return { handler: json as unknown as HookHandler };
  const { handlerSchemas } = await import("../../contract/hook-config.ts");
  const schema = handlerSchemas[type as (typeof builtTypes)[number]];
  const parsed = schema.safeParse(json);
  if (parsed.success) return { handler: parsed.data };
  const fields = Object.keys(schema.shape);
  return { findings: parsed.error.issues.flatMap((issue) => explainIssue(issue, { json, fields, type: String(type) })) };
}

function checkType(type: Json | undefined, event: PublicEvent | undefined): Finding | undefined {
  if (type === undefined) return broken(`type is missing; it is ${either(builtTypes)}`);
  if (typeof type !== "string") return broken(`type is ${either(builtTypes)}, not ${brief(type)}`);
  if (laterTypes.includes(type)) return broken(`hooks of type ${type} are ${notInThisBuild}`);
  if (!(builtTypes as readonly string[]).includes(type)) {
    const near = didYouMean(type, builtTypes);
    return broken(`there are no hooks of type ${JSON.stringify(type)}; a hook is ${either(builtTypes)}.${near}`);
  }
  const offered: readonly string[] = event === undefined ? builtTypes : publicEventTable[event].types;
  if (offered.includes(type)) return undefined;
  return broken(`a hook of ${event} is ${either(builtTypes.filter((each) => offered.includes(each)))}, not ${type}`);
}

type Test = (value: Json) => boolean;
const isText: Test = (value) => typeof value === "string";
const isFlag: Test = (value) => typeof value === "boolean";
const isTable: Test = isObject;
const isTexts: Test = (value) => Array.isArray(value) && value.every(isText);

/** The fields that most hooks have. One that is missing here costs time and never truth. */
const plainFields: Readonly<Record<string, Test>> = {
  type: isText,
  if: isText,
  timeout: (value) => typeof value === "number",
  statusMessage: isText,
  once: isFlag,
  onFailure: (value) => value === "block" || value === "continue",
};
const plainByType: Readonly<Record<string, Readonly<Record<string, Test>>>> = {
  command: { ...plainFields, command: isText, args: isTexts, async: isFlag },
  http: { ...plainFields, url: isText, allowedEnvVars: isTexts },
  prompt: { ...plainFields, prompt: isText, model: isText, continueOnBlock: isFlag },
  mcp_tool: { ...plainFields, server: isText, tool: isText, input: isTable },
};
const required: Readonly<Record<string, readonly string[]>> = {
  command: ["command"],
  http: ["url"],
  prompt: ["prompt"],
  mcp_tool: ["server", "tool"],
};

function isPlain(json: JsonObject): boolean {
  const type = String(json["type"]);
  const tests = plainByType[type] ?? {};
  const needed = required[type];
  if (needed === undefined || !needed.every((field) => Object.hasOwn(json, field))) return false;
  return Object.entries(json).every(([key, value]) => Object.hasOwn(tests, key) && (tests[key]?.(value) ?? false));
}

interface Issue {
  code?: string | undefined;
  path: readonly PropertyKey[];
  keys?: readonly string[];
  expected?: string;
  values?: readonly unknown[];
  message: string;
}

function explainIssue(issue: Issue, about: { json: JsonObject; fields: readonly string[]; type: string }): Finding[] {
  const { json, fields, type } = about;
  if (issue.code === "unrecognized_keys") {
    return (issue.keys ?? []).map((key) =>
      broken(`a ${type} hook has no field ${key}.${didYouMean(key, fields)}`, `Its fields are ${fields.join(", ")}.`),
    );
  }
  const field = issue.path.map(String).join(".");
  const value = issue.path.reduce<Json | undefined>(valueAt, json);
  if (value === undefined) return [broken(`${field} is missing`)];
  if (issue.code === "invalid_value")
    return [broken(`${field} is ${either((issue.values ?? []).map(String))}, not ${brief(value)}`)];
  return [broken(`${field} is ${article(issue.expected ?? "something else")}, not ${brief(value)}`)];
}

function valueAt(value: Json | undefined, key: PropertyKey): Json | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as JsonObject)[String(key)];
}

function article(kind: string): string {
  if (kind === "record") return "an object";
  return /^[aeio]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

function either(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The value as JSON, cut. */
function brief(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
