/** What a hundred installed plugins add to the help of the command. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { installPlugin } from "../support/community.ts";
import { measure, median } from "./measure.ts";
import type { MicroResult } from "./micro.ts";

const dist = path.join(import.meta.dirname, "../../dist");

export async function help(root: string): Promise<MicroResult> {
  const place = (name: string) => ({ home: path.join(root, name, "home"), cwd: path.join(root, name, "work") });
  const [without, full] = [place("help-none"), place("help-100")];
  for (const { home, cwd } of [without, full]) for (const folder of [home, cwd]) mkdirSync(folder, { recursive: true });
  for (let index = 0; index < 100; index++) {
    const commands = [{ id: `bench${index} run`, summary: "nothing" }];
    await installPlugin(full, {
      name: `bench-${index}`,
      source: `plugin({ name: "bench-${index}" })`,
      tools: [{ name: `Tool${index}` }],
      commands,
    });
  }
  const run = async ({ home, cwd }: typeof full): Promise<number> =>
    (
      await measure([process.execPath, path.join(dist, "../bin/gantry.cjs"), "--help"], {
        cwd,
        env: { HOME: home, PATH: process.env["PATH"] ?? "" },
        memory: false,
      })
    ).wallMs;
  const [bare, hundred]: [number[], number[]] = [[], []];
  for (let round = 0; round < 15; round++) {
    bare.push(await run(without));
    hundred.push(await run(full));
  }
  const added = median(hundred) - median(bare);
  return {
    name: "--help with 100 plugins (at most 15 ms more)",
    each: `${added.toFixed(1)} ms more: ${median(hundred).toFixed(0)} ms, without ${median(bare).toFixed(0)} ms`,
  };
}
