/** The compiled checks of the built-in tools' inputs (scripts/build/tool-inputs.ts), and their findings in words. */
import { createRequire } from "node:module";
import path from "node:path";
import { GantryError } from "../contract/errors.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import { distFolder } from "../dist-folder.ts";

/** As ajv compiles it: fills in defaults, and leaves what is wrong in `errors`. */
interface CompiledCheck {
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

/** What is wrong with an input, a line for each problem; undefined when it fits. Fills in the defaults of absent fields. */
export function createInputCheck(): (tool: ToolManifest, input: JsonObject) => string | undefined {
  const checks = createRequire(import.meta.url)(path.join(distFolder, "tool-inputs.cjs")) as Readonly<
    Record<string, CompiledCheck>
  >;
  return ({ name, inputSchema }, input) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) throw new GantryError("INTERNAL", `the build has no check for the input of ${name}; run npm run build`);
    if (check(input)) return undefined;
    const fields = Object.keys((inputSchema["properties"] ?? {}) as JsonObject);
    return [...new Set((check.errors ?? []).map((finding) => lineOf(finding, fields)))].join("\n");
  };
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
