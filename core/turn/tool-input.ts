/**
 * The parse of a call's input against the JSON Schema of its tool's manifest: all that the core knows of a tool, built-in
 * or guest. The tool's own schema is asked again on the far side. What parses is loaded with the first call.
 */
import type { ToolManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { InputSchema } from "./input-schema.ts";

export type ParsedInput = { ok: true; input: JsonObject } | { ok: false; problem: string };

export interface ToolInputs {
  /** Starts loading what the first parse needs. */
  warm(): void;
  parse(tool: ToolManifest, input: JsonObject): Promise<ParsedInput>;
}

export function createToolInputs(): ToolInputs {
  const schemas = new Map<string, InputSchema>();
  let loading: Promise<typeof import("./input-schema.ts")> | undefined;
  const load = (): Promise<typeof import("./input-schema.ts")> => {
    loading ??= import("./input-schema.ts");
    return loading;
  };

  return {
    warm: () => void load(),
    async parse(tool, input) {
      const { createInputSchema } = await load();
      const schema = schemas.get(tool.name) ?? createInputSchema(tool.inputSchema);
      schemas.set(tool.name, schema);
      const parsed = schema(input);
      return typeof parsed === "string"
        ? { ok: false, problem: `the input does not fit ${tool.name}:\n${parsed}` }
        : { ok: true, input: parsed };
    },
  };
}
