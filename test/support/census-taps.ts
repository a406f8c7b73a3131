/**
 * One tap of every kind at every point of the hook table, for the plugin of a second build (second-build.ts): each writes what
 * it was given into `taps.jsonl` of the home folder, and answers what `tap-answers.json` there says.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { AnyTap } from "gantry/plugin";
import { hookPoints, hookTable } from "../../core/contract/hooks.ts";

export const taps: AnyTap[] = hookPoints.flatMap((on) =>
  hookTable[on].kinds.map((kind) => {
    const run = (payload: unknown): unknown => {
      appendFileSync(join(homedir(), "taps.jsonl"), `${JSON.stringify({ on, kind, payload })}\n`);
      const answers = join(homedir(), "tap-answers.json");
      if (!existsSync(answers)) return undefined;
      return (JSON.parse(readFileSync(answers, "utf8")) as Record<string, unknown>)[`${kind} ${on}`];
    };
    return { on, kind, name: `${kind} ${on}`, run } as AnyTap;
  }),
);
