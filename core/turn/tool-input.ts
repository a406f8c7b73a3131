/**
 * The parse of a call's input against the JSON Schema of its tool's manifest: all that the core knows of a tool, built-in
 * or guest. The tool's own schema is asked again on the far side. zod is loaded with the first call.
 */
import type { z } from "zod";
import type { ToolManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";

export type ParsedInput = { ok: true; input: JsonObject } | { ok: false; problem: string };

export interface ToolInputs {
  /** Starts loading what the first parse needs. */
  warm(): void;
  parse(tool: ToolManifest, input: JsonObject): Promise<ParsedInput>;
}

export function createToolInputs(): ToolInputs {
  const schemas = new Map<string, z.ZodType>();
  let loading: Promise<typeof import("zod")> | undefined;
  const load = (): Promise<typeof import("zod")> => {
    loading ??= import("zod");
    return loading;
  };

  return {
    warm: () => void load(),
    async parse(tool, input) {
      const { z } = await load();
      const schema = schemas.get(tool.name) ?? z.fromJSONSchema(tool.inputSchema as Parameters<typeof z.fromJSONSchema>[0]);
      schemas.set(tool.name, schema);
      const parsed = schema.safeParse(input);
      if (parsed.success) return { ok: true, input: parsed.data as JsonObject };
      return { ok: false, problem: `the input does not fit ${tool.name}:\n${z.prettifyError(parsed.error)}` };
    },
  };
}
