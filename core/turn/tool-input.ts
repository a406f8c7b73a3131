/**
 * The parse of a call's input against the JSON Schema of its tool's manifest: all that the core knows of a tool, built-in
 * or guest. The tool's own schema, which may say more, is asked again on the far side. Loaded with the first call.
 */
import { GantryError } from "../contract/errors.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { InputCheck } from "./input-checks.ts";

export type ParsedInput = { ok: true; input: JsonObject } | { ok: false; problem: string };

export interface ToolInputs {
  /** Starts loading what the first parse needs. */
  warm(): void;
  /** The input with its defaults filled in. */
  parse(tool: ToolManifest, input: JsonObject): Promise<ParsedInput>;
}

type Loaded = typeof import("./input-checks.ts") & { checks: Readonly<Record<string, InputCheck>> };

export function createToolInputs(): ToolInputs {
  let loading: Promise<Loaded> | undefined;
  const load = (): Promise<Loaded> => {
    loading ??= import("./input-checks.ts").then((module) => ({ ...module, checks: module.loadInputChecks() }));
    return loading;
  };

  return {
    // A load that fails fails again, with its reason, at the first parse.
    warm: () => void load().catch(() => undefined),
    async parse(tool, given) {
      const { checks, findProblems } = await load();
      const check = Object.hasOwn(checks, tool.name) ? checks[tool.name] : undefined;
      if (!check) throw new GantryError("INTERNAL", `the build has no check for the input of ${tool.name}; run npm run build`);
      const input = structuredClone(given);
      const problem = findProblems(check, input, Object.keys((tool.inputSchema["properties"] ?? {}) as JsonObject));
      return problem === undefined
        ? { ok: true, input }
        : { ok: false, problem: `the input does not fit ${tool.name}:\n${problem}` };
    },
  };
}
