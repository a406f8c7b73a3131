/** What a plugin's own schema says: Standard Schema for values, JSON Schema for those who cannot run it. */
import { type ErrorCode, GantryError } from "../../../core/contract/errors.ts";
import type { JsonObject } from "../../../core/contract/messages.ts";
import { plainCopy } from "./plain-copy.ts";

const target = "draft-2020-12";
const maxIssues = 20;
const maxIssueChars = 300;

type Method = (...args: unknown[]) => unknown;

interface Issue {
  message?: unknown;
  path?: unknown;
}

/** `draft-2020-12`, of what goes in. Throws TypeError when the schema has no such form. */
export function jsonSchemaOf(schema: unknown): JsonObject {
  const standard = member(schema, "~standard");
  const input = member(member(standard, "jsonSchema"), "input");
  const toJsonSchema = member(schema, "toJSONSchema");
  const made =
    typeof input === "function"
      ? Reflect.apply(input as Method, member(standard, "jsonSchema"), [{ target }])
      : typeof toJsonSchema === "function"
        ? Reflect.apply(toJsonSchema as Method, schema, [{ target, io: "input" }])
        : schema;
  if (standard !== undefined && made === schema)
    throw new TypeError("its schema library gives no JSON Schema; use one that does, or hand back a JSON Schema object");
  const copy = plainCopy(made, { allowBytes: false });
  if (typeof copy !== "object" || copy === null || Array.isArray(copy)) throw new TypeError("it is no schema");
  return copy;
}

/** The value as the schema hands it back; a plain JSON Schema object hands it back as it is. Throws `code` with each issue. */
export async function parsed(
  value: unknown,
  schema: unknown,
  { code, what }: { code: ErrorCode; what: string },
): Promise<unknown> {
  const standard = member(schema, "~standard");
  const validate = member(standard, "validate");
  if (typeof validate !== "function") return value;
  const result: unknown = await Reflect.apply(validate as Method, standard, [value]);
  const issues = member(result, "issues");
  if (issues === undefined || issues === null) return member(result, "value");
  throw new GantryError(code, `${what}:\n${issueLines(issues)}`);
}

function issueLines(issues: unknown): string {
  const list = Array.isArray(issues) ? (issues as Issue[]) : [];
  const lines = list.slice(0, maxIssues).map((issue) => {
    const path = pathOf(issue.path);
    return `  ${path === "" ? "" : `${path}: `}${String(issue.message).slice(0, maxIssueChars)}`;
  });
  if (list.length > maxIssues) lines.push(`  … and ${list.length - maxIssues} more`);
  return lines.join("\n");
}

function pathOf(path: unknown): string {
  if (!Array.isArray(path)) return "";
  const keys = path.slice(0, 32).map((step: unknown) => {
    const key = typeof step === "object" && step !== null ? member(step, "key") : step;
    return String(key).slice(0, 100);
  });
  return keys.join(".");
}

function member(value: unknown, name: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  return (value as Record<string, unknown>)[name];
}
