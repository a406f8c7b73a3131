import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type PluginUnderTest, startPlugin } from "gantry/testing";
import { fitsGlob, globProblem } from "../src/glob.ts";

const started: PluginUnderTest[] = [];
after(() => Promise.all(started.map((plugin) => plugin.close())));

async function guard(options: Record<string, unknown> = {}): Promise<(file: string, tool?: string) => Promise<string>> {
  const plugin = await startPlugin({ folder: `${import.meta.dirname}/..`, options });
  started.push(plugin);
  return async (file, tool = "Write") => {
    const ruling = await plugin.fireHook("tool.approve", { tool, input: { file_path: file, content: "" } });
    return ruling.verdict ?? "none";
  };
}

test("without options it asks about migrations, lockfiles, licences and workflows, and about nothing else", async () => {
  const verdictOn = await guard();
  assert.equal(await verdictOn("migrations/001.sql"), "ask");
  assert.equal(await verdictOn("packages/a/yarn.lock", "Edit"), "ask");
  assert.equal(await verdictOn(".github/workflows/ci.yml"), "ask");
  assert.equal(await verdictOn("src/migrations.ts"), "allow");
});

test("no spelling of a path gets around a pattern", async () => {
  const verdictOn = await guard({ patterns: ["migrations/**"], verdict: "deny" });
  for (const path of ["./migrations/x.sql", "src/../migrations/x.sql", "MIGRATIONS/x.sql", "src//..//migrations/./x.sql"])
    assert.equal(await verdictOn(path), "deny", path);
});

test("options say what is guarded, how strictly and why; a pattern with ! takes paths out again", async () => {
  const plugin = await startPlugin({
    folder: `${import.meta.dirname}/..`,
    options: { patterns: ["db/**", "!db/seeds/**", "/etc/**"], verdict: "deny", reason: "Ask the database team." },
  });
  started.push(plugin);
  const judge = (file: string) => plugin.fireHook("tool.approve", { tool: "Edit", input: { file_path: file } });
  assert.deepEqual(await judge("db/schema.sql").then(({ verdict, reason }) => ({ verdict, reason })), {
    verdict: "deny",
    reason: "Ask the database team.",
  });
  assert.equal((await judge("db/seeds/a.sql")).verdict, "allow");
  assert.equal((await judge("/etc/hosts")).verdict, "deny");
});

test("a pattern that cannot work is refused when the plugin is loaded", async () => {
  await assert.rejects(guard({ patterns: ["src/[a].ts"] }), { code: "PLUGIN_OPTIONS_INVALID" });
});

test("globs", () => {
  const fits = (pattern: string, path: string) => [pattern, path, fitsGlob(pattern, path)];
  for (const [pattern, path] of [
    ["*.lock", "a/b/yarn.lock"],
    ["src/**", "src/a/b.ts"],
    ["**/test/**", "test/a.ts"],
    ["a/**/z", "a/z"],
    ["{LICENSE,NOTICE}*", "notice.txt"],
    ["a?c/*.md", "abc/x.md"],
    ["caf\u00e9", "cafe\u0301"],
  ] as const)
    assert.deepEqual(fits(pattern, path), [pattern, path, true]);
  for (const [pattern, path] of [
    ["src/*", "src/a/b.ts"],
    ["src/**", "srcs/a"],
    ["a?c", "ac"],
    ["test/**", "src/test/a"],
  ] as const)
    assert.deepEqual(fits(pattern, path), [pattern, path, false]);
  assert.equal(fitsGlob(`${"*a".repeat(90)}b`, "a".repeat(5000)), false);
  for (const wrong of ["", "src/", "a[b]", "a**/b", "{a,b", "{a,{b}}"]) assert.notEqual(globProblem(wrong), undefined, wrong);
});
