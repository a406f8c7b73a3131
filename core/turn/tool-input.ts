/**
 * The parse of a call's input against the JSON Schema of its tool's manifest: all that the core knows of a tool, built-in
 * or guest. The tool's own schema, which may say more, is asked again on the far side. Loaded with the first call.
 */
import type { ToolManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";

export type ParsedInput = { ok: true; input: JsonObject } | { ok: false; problem: string };

export interface ToolInputs {
  /** Starts loading what the first parse needs. */
  warm(): void;
  /** The input with its defaults filled in. */
  parse(tool: ToolManifest, input: JsonObject): Promise<ParsedInput>;
}

type ParseInput = (tool: ToolManifest, input: JsonObject) => string | undefined;

export function createToolInputs(): ToolInputs {
  let loading: Promise<ParseInput> | undefined;
  const load = (): Promise<ParseInput> => {
    loading ??= import("./input-checks.ts").then(({ createInputCheck }) => createInputCheck());
    return loading;
  };

  return {
    // A load that fails fails again, with its reason, at the first parse.
    warm: () => void load().catch(() => undefined),
    async parse(tool, given) {
      const check = await load();
      const input = structuredClone(given);
      const problem = check(tool, input);
      return problem === undefined
        ? { ok: true, input }
        : { ok: false, problem: `the input does not fit ${tool.name}:\n${problem}` };
    },
  };
}
