import { defineTap, type JsonObject } from "gantry/plugin";
import { fitsGlob } from "./glob.ts";
import type { GuardOptions } from "./options.ts";
import { absolute, inWorkspace } from "./paths.ts";

export const guardedTools = ["Edit", "NotebookEdit", "Write"];

export const editGuard = defineTap({
  on: "tool.approve",
  kind: "judge",
  name: "edit guard",
  tools: guardedTools,
  run({ input, cwd }, ctx) {
    const options = ctx.options as GuardOptions;
    const path = pathOf(input);
    // No path: the tool itself refuses such a call. Guarding is for what would be written.
    if (path === undefined) return undefined;
    const pattern = guardedBy(absolute(path, cwd), ctx.workspace, options.patterns);
    if (pattern === undefined) return undefined;
    return { verdict: options.verdict, reason: options.reason ?? `${path} is guarded by the pattern ${pattern}` };
  },
});

function pathOf(input: JsonObject): string | undefined {
  const path = input["file_path"] ?? input["notebook_path"];
  return typeof path === "string" ? path : undefined;
}

/** The last pattern that fits counts. */
function guardedBy(path: string, workspace: string, patterns: readonly string[]): string | undefined {
  const local = inWorkspace(path, workspace);
  const last = patterns.findLast((pattern) => {
    const plain = pattern.replace(/^!/, "");
    if (plain.startsWith("/")) return fitsGlob(plain, path);
    return local !== undefined && fitsGlob(plain.replace(/^\.\//, ""), local);
  });
  return last === undefined || last.startsWith("!") ? undefined : last;
}
