import { defineTap } from "gantry/plugin";
import { keptKind } from "./kept-files.ts";

/** Asks, in every mode and whatever rule allows the edit; deny rules stand before it. `policy.edits: "off"` switches it off. */
export const guardedEdits = defineTap({
  on: "tool.approve",
  kind: "judge",
  name: "guarded edits",
  tools: ["Write", "Edit", "NotebookEdit"],
  run({ input, cwd }, { options }) {
    if (options.edits === "off") return undefined;
    const path = input.file_path ?? input.notebook_path;
    const kind = typeof path === "string" ? keptKind(path, cwd) : undefined;
    return kind === undefined ? undefined : { verdict: "ask", reason: `it is ${kind}; policy.edits "off" ends this question` };
  },
});
