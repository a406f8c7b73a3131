/** On a terminal the words of an install are shown before a plugin of one run is used. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gantryOnTerminal, makePlace, type Place } from "./gantry.ts";

async function withPlugin(place: Place): Promise<void> {
  const folder = join(place.workspace, "one");
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), '{"name": "one", "version": "1.0.0", "type": "module", "main": "index.js"}');
  const code = `export default { name: "one", description: "Reads.", permissions: { "fs.read": ["./notes/**"] },
    tools: [{ name: "One", description: "One.", effect: "reads", input: () => ({ type: "object" }), execute: async () => "by one" }] };`;
  await writeFile(join(folder, "index.js"), code);
}

test.each([
  ["y", 0, "Done."],
  ["n", 3, "You said no to one"],
])("its folder is asked about with the words of an install; %s is the answer", async (answer, exit, said) => {
  const place = await makePlace();
  await withPlugin(place);
  const model = await place.script([{ call: { name: "One", input: {} } }, { say: "Done." }]);
  const terminal = gantryOnTerminal(place, ["run", "go", "--model", model, "--plugin", "one"]);
  const shown = await terminal.shows("Use one in this run");
  expect(shown).toMatch(
    /one 1\.0\.0: Reads\.[\s\S]*for this run only[\s\S]*1 tool: One[\s\S]*may read files[\s\S]*It runs in its own process/,
  );
  terminal.types(`${answer}\r`);
  expect(await terminal.ended).toBe(exit);
  expect(terminal.screen()).toContain(said);
});
