/** The demo shows the main job and judges it: with a broken part it fails. */
import { rm } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { bench } from "../support/cli.ts";
import { buildChanged } from "../support/second-build.ts";

test("the demo ends with the suite green, its diff, its session and two commands to look further, exit 0", async () => {
  const { gantry } = await bench([]);
  const { exit, stdout, stderr } = await gantry(["demo"], { env: { ANTHROPIC_API_KEY: "", ANTHROPIC_BASE_URL: "" } });
  const shown = `${stdout}${stderr}`;
  expect(exit).toBe(0);
  expect(shown).toContain("The suite passes");
  expect(shown).toMatch(/^\s*[-+] /m);
  const [, session = "none"] = /Session (\S+)\./.exec(shown) ?? [];
  expect(shown).toContain(`sessions show ${session}`);
  expect(shown).toContain(`sessions verify ${session}`);
  const [, workspace = ""] = /A package with a failing test: (\S+)/.exec(shown) ?? [];
  onTestFinished(() => rm(workspace, { recursive: true, force: true }));
  expect((await gantry(["-C", workspace, "sessions", "verify", session])).exit).toBe(0);
});

test("a broken Edit tool makes the demo exit 1", async () => {
  const { launcher, remove } = await buildChanged({
    "plugins/files/edit.ts": (source) =>
      source.replace(
        "const refused = refuseInput(request);",
        'return { content: "Edited." };\nconst refused = refuseInput(request);',
      ),
  });
  onTestFinished(remove);
  const { gantry } = await bench([]);
  const { exit, stdout, stderr } = await gantry(["demo"], { launcher });
  expect(exit).toBe(1);
  expect(`${stdout}${stderr}`).toContain("The demo failed");
  const [, workspace = ""] = /A package with a failing test: (\S+)/.exec(`${stdout}${stderr}`) ?? [];
  await rm(workspace, { recursive: true, force: true });
});
