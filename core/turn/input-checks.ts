/** The compiled checks of the built-in tools' inputs (scripts/build/tool-inputs.ts), and their findings in words. */
import { createRequire } from "node:module";
import path from "node:path";
import type { JsonObject } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import { distFolder } from "../dist-folder.ts";

/** As ajv compiles it: fills in defaults, and leaves what is wrong in `errors`. */
export interface InputCheck {
  (input: JsonObject): boolean;
  errors?: Finding[] | null;
}

interface Finding {
  /** `/todos/0/status`; empty for the input itself. */
  instancePath: string;
  keyword: string;
  message?: string;
  params: { additionalProperty?: string; missingProperty?: string; allowedValues?: unknown[] };
}

export function loadInputChecks(): Readonly<Record<string, InputCheck>> {
  return createRequire(import.meta.url)(path.join(distFolder, "tool-inputs.cjs")) as Record<string, InputCheck>;
}

/** What is wrong, a line for each problem; undefined when the input fits. Fills in the defaults of absent fields. */
export function findProblems(check: InputCheck, input: JsonObject, fields: readonly string[]): string | undefined {
  if (check(input)) return undefined;
  return [...new Set((check.errors ?? []).map((finding) => lineOf(finding, fields)))].join("\n");
}

function lineOf({ instancePath, keyword, message, params }: Finding, fields: readonly string[]): string {
  const field = instancePath.slice(1).replaceAll("/", ".");
  const place = field === "" ? "" : `${field}: `;
  if (keyword === "required") return `- ${place}${params.missingProperty} is missing`;
  if (keyword === "additionalProperties") {
    const unknown = params.additionalProperty ?? "";
    return `- ${place}there is no field ${unknown}.${didYouMean(unknown, fields)}`;
  }
  if (keyword === "enum") return `- ${field} must be one of ${(params.allowedValues ?? []).join(", ")}`;
  return `- ${field || "the input"} ${message ?? `breaks ${keyword}`}`;
}
