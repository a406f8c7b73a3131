/**
 * The parse of a call's input against the JSON Schema of its tool's manifest: all that the core knows of a tool, built-in
 * or guest. The tool's own schema, which may say more, is asked again on the far side. Loaded with the first call.
 */
import type { ToolManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";

export type ParsedInput = { ok: true; input: JsonObject } | { ok: false; problem: string };

/** `isCommunity`: the build has compiled no check for it. */
type CheckedTool = ToolManifest & { isCommunity?: true };

export interface ToolInputs {
  /** Starts loading what the first parse needs. */
  warm(): void;
  /** The input with its defaults filled in. */
  parse(tool: CheckedTool, input: JsonObject): Promise<ParsedInput>;
}

type ParseInput = (tool: ToolManifest, input: JsonObject) => string | undefined;

export function createToolInputs(): ToolInputs {
  let compiled: Promise<ParseInput> | undefined;
  let schemas: Promise<ParseInput> | undefined;
  const loadCompiled = (): Promise<ParseInput> =>
    (compiled ??= import("./input-checks.ts").then(({ createInputCheck }) => createInputCheck()));
  const loadSchemas = (): Promise<ParseInput> =>
    (schemas ??= import("./schema-inputs.ts").then(({ createSchemaCheck }) => createSchemaCheck()));

  return {
    // A load that fails fails again, with its reason, at the first parse.
    warm: () => void loadCompiled().catch(() => undefined),
    async parse(tool, given) {
      const check = await (tool.isCommunity === true ? loadSchemas() : loadCompiled());
      const input = structuredClone(given);
      const problem = check(tool, input);
      return problem === undefined
        ? { ok: true, input }
        : { ok: false, problem: `the input does not fit ${tool.name}:\n${problem}` };
    },
  };
}
