import { describe, expect, test } from "vitest";
import { readBuiltinManifests } from "../../core/manifests.ts";
import { createCommandTable } from "../../core/shell/commands.ts";
import { renderHelp } from "../../core/shell/help.ts";

const table = createCommandTable(readBuiltinManifests());
const view = { version: "0.0.0", columns: 100, color: false };
const help = (words: string[]): Promise<string> => renderHelp(words, table, view);

describe("help of this build", () => {
  test.each(table.commands.map(({ id }) => id))("%s", async (id) => {
    await expect(await help(id.split(" "))).toMatchFileSnapshot(`golden/${id.replaceAll(" ", "-")}.txt`);
  });

  test.each(table.topics.map((topic) => topic))("the topic %s names all its commands", async (topic) => {
    const text = await help(topic.split(" "));
    for (const { id, summary } of table.commands.filter((command) => command.id.startsWith(`${topic} `))) {
      expect(text).toContain(id);
      expect(text).toContain(summary.split(" ")[0]);
    }
  });

  test("the root names every command or its topic, and the flags of all", async () => {
    const text = await help([]);
    for (const { id } of table.commands) expect(text).toContain(id.split(" ")[0]);
    for (const flag of ["--json", "--help", "--version", "--cwd"]) expect(text).toContain(flag);
  });

  test("what waits for later builds is not listed", async () => {
    const text = await help(["run"]);
    for (const flag of ["--fork"]) expect(text).not.toContain(flag);
  });
});

test("a manifest's text is shown as it is: no template in it runs, no escape code passes", async () => {
  const hostile = "<%= process.exit(9) %> \u001b]0;owned\u0007<%- 1 %>";
  const contributes = {
    tools: [],
    taps: [],
    providers: [],
    commands: [
      {
        id: "x",
        summary: hostile,
        description: hostile,
        args: [{ name: "a", summary: hostile }],
        flags: [],
        examples: [hostile],
      },
    ],
  };
  const own = createCommandTable([{ name: "p", version: "1.0.0", description: "", permissions: {}, contributes }]);
  const text = await renderHelp(["x"], own, view);
  expect(text).toContain("<%= process.exit(9) %>");
  expect(text).not.toContain("\u001b");
});

test("words that are no command are COMMAND_UNKNOWN", async () => {
  await expect(help(["nothing"])).rejects.toMatchObject({ code: "COMMAND_UNKNOWN" });
});
