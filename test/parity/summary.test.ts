/** parity summary: the inventory for people. */
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";
import { installPlugin } from "../support/community.ts";

test("parity summary prints counts, sources, what is only declared, and each part", async () => {
  const { gantry } = await bench([]);
  const { stdout, stderr, exit } = await gantry(["parity", "summary"]);
  expect([exit, stderr]).toEqual([0, ""]);
  await expect(stdout).toMatchFileSnapshot("golden/summary.md");
});

test("with --json the counts are data, and what a stranger calls himself makes no cell and no tag of the report", async () => {
  const place = await bench([]);
  const { gantry } = place;
  await installPlugin(place, {
    name: "notes",
    description: "Rows | <b>cells</b> \u001b[2J and [links](https://example.com).",
    source: "plugin({})",
    tools: [{ name: "NoteAdd", description: "Adds `a|b`." }],
  });
  const [text, json] = await Promise.all([gantry(["parity", "summary"]), gantry(["parity", "summary", "--json"])]);
  expect(text.stdout).toContain("| `notes` | installed | Rows \\| \\<b>cells\\</b> and \\[links](https://example.com). |\n");
  expect(text.stdout).toContain("| `NoteAdd` | plugin notes 1.0.0 (community) | Adds `a\\|b`. |\n");
  const { data } = JSON.parse(json.stdout) as { data: { system: object; parts: { part: string; sources: object[] }[] } };
  expect(data.system).toEqual({ name: "gantry", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  const tools = data.parts.find(({ part }) => part === "tools");
  expect(tools?.sources).toContainEqual({ source: "plugin notes 1.0.0 (community)", items: 1 });
});
