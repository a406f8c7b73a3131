/** The scenarios that docs/scenarios.md shows are whole, pass, and print what the page says. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

test("the scenarios of docs/scenarios.md pass, and a wrong expectation of one is told as the page shows", async () => {
  const page = await readFile(path.join(import.meta.dirname, "../../docs/scenarios.md"), "utf8");
  const shown = [...page.matchAll(/^```yaml\n(name: (\w+)\n[\s\S]*?)^```$/gm)].map(([, text = "", name = ""]) => ({
    name,
    text,
  }));
  expect(shown.map(({ name }) => name)).toEqual(["no_pushes", "word_count"]);
  const right = shown.map(({ name, text }) => [`scenarios/${name}.scenario.yaml`, text] as const);
  const { gantry } = await bench([], Object.fromEntries(right));
  const wrong = await bench([], {
    "scenarios/word_count.scenario.yaml": shown[1]?.text.replace("equals: 3 words", "equals: 4 words") ?? "",
  });
  const steady = (text: string): string => text.replace(/ \d+\.\d s$/gm, " N s");
  const [passing, failing] = await Promise.all([
    gantry(["parity", "run", "scenarios"]),
    wrong.gantry(["parity", "run", "scenarios"]),
  ]);
  expect(steady(page)).toContain(`$ gantry parity run scenarios\n${steady(passing.stdout)}`);
  expect(steady(page)).toContain(steady(failing.stdout).split("\n\n")[0]);
  expect([passing.exit, failing.exit]).toEqual([0, 1]);
});
