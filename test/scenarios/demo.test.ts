/** The demo shows the main job and judges it: with a broken part it fails. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { makeBundles } from "../../scripts/build/bundles.ts";
import { bench } from "../support/cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

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
  const launcher = await buildWithout("plugins/files/edit.ts", (source) =>
    source.replace(
      "const refused = refuseInput(request);",
      'return { content: "Edited." };\nconst refused = refuseInput(request);',
    ),
  );
  const { gantry } = await bench([]);
  const { exit, stdout, stderr } = await gantry(["demo"], { launcher });
  expect(exit).toBe(1);
  expect(`${stdout}${stderr}`).toContain("The demo failed");
  const [, workspace = ""] = /A package with a failing test: (\S+)/.exec(`${stdout}${stderr}`) ?? [];
  await rm(workspace, { recursive: true, force: true });
});

/** A whole second build with one source changed; its launcher. */
async function buildWithout(file: string, change: (source: string) => string): Promise<string> {
  const copy = await mkdtemp(path.join(tmpdir(), "gantry-broken-"));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  const dist = path.join(copy, "dist");
  await mkdir(dist);
  const target = path.join(root, file);
  const source = await readFile(target, "utf8");
  const changed = change(source);
  expect(changed).not.toBe(source);
  await makeBundles(root, dist, [
    {
      name: "one changed source",
      setup: (build) =>
        build.onLoad({ filter: /\.ts$/ }, (args) => (args.path === target ? { contents: changed, loader: "ts" } : null)),
    },
  ]);
  await cp(path.join(root, "dist/manifests.json"), path.join(dist, "manifests.json"));
  await writeFile(path.join(dist, "package.json"), '{"type":"commonjs"}\n');
  await cp(path.join(root, "bin"), path.join(copy, "bin"), { recursive: true });
  await cp(path.join(root, "package.json"), path.join(copy, "package.json"));
  await symlink(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  return path.join(copy, "bin/gantry.cjs");
}
