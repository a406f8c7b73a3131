/** `.claude/settings.json` as a source: what cannot work here is told, and stops a run only where it would have guarded something. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Bench, bench } from "../support/cli.ts";

async function withClaude(permissions: object): Promise<Bench> {
  const place = await bench([{ call: { name: "Bash", input: { command: "echo hi > made.txt" } } }, { say: "Done." }]);
  await mkdir(path.join(place.home, ".claude"), { recursive: true });
  await mkdir(path.join(place.home, ".config/gantry"), { recursive: true });
  await writeFile(path.join(place.home, ".claude/settings.json"), JSON.stringify({ permissions }));
  await writeFile(path.join(place.home, ".config/gantry/config.json"), JSON.stringify({ claudeSettings: ["user"] }));
  return place;
}

test("an allow rule there that no line of ours is covered by is warned about, and the run goes on", async () => {
  const place = await withClaude({ allow: ["Bash(sudo apt:*)", "Bash(echo:*)", "Edit(/**)"], deny: ["Bash(rm:*)"] });
  const { exit, stderr } = await place.gantry(["run", "go", "--approve", "never"]);
  expect(exit).toBe(0);
  expect(stderr).toMatch(/warning: .*\.claude\/settings\.json:1: the allow rule "Bash\(sudo apt:\*\)" is wrong/);
});

test("a deny rule there that can never match stops the run, with the right form", async () => {
  const place = await withClaude({ deny: ["Write(./private/**)"] });
  const { exit, stderr } = await place.gantry(["run", "go"]);
  expect(exit).toBe(2);
  expect(stderr).toContain("write Edit(./private/**)");
  expect(place.model.requests).toEqual([]);
});
