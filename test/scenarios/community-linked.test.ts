/** A linked folder, reloaded in the middle of a session. */
import { utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench, resultTexts } from "../support/cli.ts";
import { installPlugin } from "../support/community.ts";

const said = (word: string): string => `export default { name: "one", description: "One.",
  permissions: { "hook.tap": ["turn.end"] },
  tools: [{ name: "One", description: "One.", effect: "reads" as const, input: () => ({ type: "object" }), async execute() { return "${word}"; } }],
  taps: [{ on: "turn.end", kind: "observe", run: () => ({ say: "ended by ${word}" }) }] };\n`;

test("a linked plugin is bundled again when its files change: the next call is the new code's, and nothing fires twice", async () => {
  const call = { call: { name: "One", input: {} } };
  const wait = { call: { name: "Bash", input: { command: "while [ ! -e go.txt ]; do sleep 0.02; done" } } };
  const place = await bench([call, wait, call, { say: "Done." }], {
    "one/index.ts": said("old"),
    "one/package.json": JSON.stringify({
      name: "one",
      version: "1.0.0",
      type: "module",
      main: "index.ts",
      engines: { gantry: ">=0.1" },
    }),
  });
  const link = path.join(place.cwd, "one");
  const grants = { "hook.tap": ["turn.end"] };
  const taps = [{ on: "turn.end" as const, kind: "observe" as const }];
  // What was linked is older than the folder: the run begins with what is there now.
  const { bundleFile } = await installPlugin(place, {
    name: "one",
    source: `plugin({ name: "one", description: "" });`,
    tools: [{ name: "One" }],
    taps,
    grants,
    link,
  });
  await utimes(bundleFile, 0, 0);
  const run = place.start(["run", "go", "--output", "stream-json", "--approve", "always"]);
  await run.sees('"text":"old"');
  await writeFile(path.join(link, "index.ts"), said("new"));
  await run.sees("its folder changed; 1.0.0");
  await writeFile(path.join(place.cwd, "go.txt"), "");
  const { stdout, exit, stderr } = await run.finished;
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(resultTexts(place.model)).toEqual(["new"]);
  expect(stdout.match(/ended by (old|new)/g)).toEqual(["ended by new"]);
});
