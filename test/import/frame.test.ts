/** The frame of the import: scopes, the order of writing, matchers, folders, and what a report hides. */
import { mkdir, readFile, symlink } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { serverOf } from "../../plugins/import/fields.ts";
import { addRule, type Finding, type Layer, ruleFinding, valueFinding } from "../../plugins/import/findings.ts";
import { listFiles } from "../../plugins/import/folder.ts";
import { toolTest, wildcardFits } from "../../plugins/import/matcher.ts";
import { inScopeOnly } from "../../plugins/import/scope.ts";
import { shownText, shownValue } from "../../plugins/import/shown.ts";
import { writeAll } from "../../plugins/import/write.ts";
import { bench, writeFiles } from "../support/cli.ts";
import { makePlace, put } from "./place.ts";

const json = (value: unknown): string => JSON.stringify(value);
const rule = (behavior: "allow" | "deny", words: string, layer: Layer): Finding =>
  ruleFinding({ source: "f:1", layer, behavior, what: words, rule: words });

test("a yes of one scope is left out while a no of the other is not in Gantry's config", () => {
  const mode = valueFinding({
    source: "f:2",
    layer: "project",
    kind: "mode",
    what: "mode acceptEdits",
    key: "permissions.mode",
    value: "acceptEdits",
  });
  const own = [rule("allow", "Bash(git:*)", "project"), mode, rule("deny", "Bash(rm:*)", "local")];
  const no = rule("deny", "Bash(git push:*)", "user");
  expect(inScopeOnly([...own, rule("allow", "Bash(make:*)", "user")], "project")).toEqual(own);
  const careful = inScopeOnly([no, ...own], "project");
  expect(careful.map(({ result, becomes }) => [result, becomes])).toEqual([
    ["stricter", undefined],
    ["stricter", undefined],
    ["exact", [addRule("deny", "Bash(rm:*)")]],
  ]);
  expect(careful[0]?.why).toContain("--scope project does not write deny Bash(git push:*) (f:1)");
  const { becomes: _, ...held } = no;
  expect(inScopeOnly([held, ...own], "project")).toEqual(own);
});

test("what restricts is written into every layer before any yes, and a failure says what stands", async () => {
  const calls: string[] = [];
  const failing = (at: number) =>
    ({
      change: async (changes: readonly { key: string }[], layer: string) => {
        if (calls.length === at) throw new Error("the disk is full");
        calls.push(`${layer} ${changes.map(({ key }) => key.replace("permissions.", "")).join()}`);
        return changes.map(() => `${layer}:1`);
      },
      tryChange: async (changes: readonly unknown[]) => ({
        fates: changes.map(() => ({ state: "held", place: "f:9", problems: [] })),
      }),
    }) as unknown as Parameters<typeof writeAll>[1];
  const plan = (layer: Layer) => ({
    layer,
    file: `/${layer}`,
    exists: true,
    changes: [addRule("allow", "Bash(git:*)"), addRule("deny", "Bash(git push:*)")],
  });
  const plans = [plan("user"), plan("project")];
  const written = await writeAll(plans, failing(-1));
  expect(calls.splice(0)).toEqual(["user deny", "project allow,deny", "user allow"]);
  expect(written.map(({ places }) => places.map(({ place }) => place))).toEqual([
    ["f:9", "f:9"],
    ["project:1", "project:1"],
  ]);
  const failed = writeAll(plans, failing(1));
  await expect(failed).rejects.toThrow(
    /the disk is full\nWritten before that, the rest not:\n {2}\/user: what restricts \(1 value\)/,
  );
  expect(calls.splice(0)).toEqual(["user deny"]);
  await expect(writeAll(plans, failing(0))).rejects.toThrow("Nothing of the import was written.");
});

test("a matcher is compared as a list of names, and one that is more may mean every tool", () => {
  const names = ["Bash", "Edit", "NotebookEdit", "mcp__db__drop"];
  const fitting = (matcher: string) => names.filter(toolTest(matcher) ?? (() => true));
  expect(fitting("Edit|Bash")).toEqual(["Bash", "Edit", "NotebookEdit"]);
  expect(fitting("^(Edit|Bash)$")).toEqual(["Bash", "Edit"]);
  expect(fitting("^mcp__db__.*")).toEqual(["mcp__db__drop"]);
  for (const open of ["^((((\\w+)+)+)+)+!", "^(\\w|\\w|\\w)+!", "mcp__.*__drop", "[", "a?"])
    expect(toolTest(open)).toBeUndefined();
  expect(wildcardFits(`${"*a".repeat(400)}!`, "a".repeat(60))).toBe(false);
  expect([wildcardFits("mcp_*_del?te", "mcp_x_delete"), wildcardFits("a*", "b")]).toEqual([true, false]);
});

test("a folder is read to a bound, not behind a link that leads out, and one that is no folder is absent", async () => {
  const place = await makePlace();
  try {
    const folder = path.join(place.project, "rules");
    await put(path.join(folder, "sub/a.md"), "x");
    await put(path.join(place.outside, "secret.md"), "x");
    await symlink(place.outside, path.join(folder, "out"));
    await symlink(place.outside, path.join(place.project, "linked"));
    const wanted = { ending: /\.md$/, depth: 2, within: place.project };
    expect(await listFiles(folder, wanted)).toEqual({
      files: ["sub/a.md"],
      problem: `${folder}:1: out is a link to a folder, and is not followed`,
    });
    const linked = await listFiles(path.join(place.project, "linked"), wanted);
    expect([linked.files, linked.problem]).toEqual([[], expect.stringContaining("a link to a place outside")]);
    expect(await listFiles(path.join(place.project, "none"), wanted)).toEqual({ files: [] });
    await symlink("loop", path.join(place.project, "loop"));
    expect((await listFiles(path.join(place.project, "loop"), wanted)).problem).toContain("cannot be read");
  } finally {
    await place.remove();
  }
});

test.each([
  'curl -u bob:hunter https://x/ -H "X-Api: hunter" --pass hunter',
  "Bash(mysql -uroot -phunter:*)",
  "Bash(PGPASS=hunter psql)",
  "sshpass -p hunter ssh",
  "curl -H 'X-Api: hunter' x",
  '--password="hunter a b" z',
  "https://u:hunter@h/x?key=hunter#hunter",
])("nothing secret is shown of %s", (text) => {
  expect(shownText(text)).not.toContain("hunter");
  expect(shownText(text)).toContain("[hidden]");
});

test("words of rules that hide nothing are shown as they are; arguments behind a flag of a secret are hidden", () => {
  for (const plain of [
    "Bash(mkdir -p:*)",
    "Bash(git push:*)",
    "Read(./.env)",
    "Bash(sort -u:*)",
    "NODE_ENV=test npm t",
    "X=$Y z",
  ])
    expect(shownText(plain)).toBe(plain);
  expect(shownValue({ args: ["-p", "hunter", "--password=hunter", "--token", "$T"] })).toEqual({
    args: ["-p", "[hidden]", "--password=[hidden]", "--token", "$T"],
  });
});

test("a project's server of which anything is hidden goes into the local layer", () => {
  const layerOf = (entry: Parameters<typeof serverOf>[1]["entry"]): Layer =>
    serverOf({ source: "f:1", layer: "project" }, { name: "s", entry, isLiteral: false, lost: [] }).layer;
  expect(layerOf({ command: "srv", args: ["--api-key", "abcd"] })).toBe("local");
  expect(layerOf({ url: "https://h.example/mcp?key=abcd" })).toBe("local");
  expect(layerOf({ command: "srv", args: ["--port", "80"], env: { A: `$${"{A}"}` } })).toBe("project");
});

test("warnings: a looser mode that stays, a broken file of the other scope; a name in any spelling", async () => {
  const run = await bench([], { ".claude/settings.json": "{" });
  await writeFiles(run.home, {
    ".claude/settings.json": json({ permissions: { defaultMode: "plan", allow: ["Bash(git:*)"] } }),
    "dotfiles/config.json": json({ permissions: { mode: "acceptEdits" } }),
  });
  await mkdir(path.join(run.home, ".config/gantry"), { recursive: true });
  const link = path.join(run.home, ".config/gantry/config.json");
  await symlink(path.join(run.home, "dotfiles/config.json"), link);
  const look = await run.gantry(["import", "Claude Code", "--scope", "user"]);
  expect(look.exit).toBe(0);
  expect(look.stdout).toMatch(
    /Warning: Gantry stays in the mode acceptEdits .* looser than plan .* gantry config set permissions\.mode plan --layer user/,
  );
  expect(look.stdout.trimEnd()).toMatch(/Warning: --write is refused until every file of Claude Code can be read whole[^\n]*$/);
  const done = await run.gantry(["import", "claude", "--scope", "user", "--write", "--json"]);
  const { error } = JSON.parse(done.stdout) as { error: { code: string } };
  expect([done.exit, error.code]).toEqual([2, "IMPORT_INVALID"]);
  await writeFiles(run.cwd, { ".claude/settings.json": json({ permissions: { deny: ["Bash(git push:*)"] } }) });
  const both = await run.gantry(["import", "claude", "--write"]);
  expect(both.stdout).toContain(`Written (user), which is a link to ${path.join(run.home, "dotfiles/config.json")}:`);
  expect(await readFile(link, "utf8")).toContain("Bash(git:*)");
});
