/** The command itself: its arguments, what it never writes over, odd kinds of files, and secrets in what it prints. */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { guardedTools } from "../../plugins/import/claude/hooks.ts";
import { readClaude } from "../../plugins/import/claude/read.ts";
import { mapRule } from "../../plugins/import/claude/rule-forms.ts";
import { mapClawRule } from "../../plugins/import/claw/rule-forms.ts";
import { bench, writeFiles } from "../support/cli.ts";
import { makePlace, put } from "./place.ts";

const json = (value: unknown): string => JSON.stringify(value, null, 2);

test("an unknown agent is refused with the nearest; with nothing there it says where it looked", async () => {
  const run = await bench([]);
  const wrong = await run.gantry(["import", "cluade"]);
  expect([wrong.exit, wrong.stderr]).toEqual([
    2,
    expect.stringMatching(/^USAGE_INVALID: "cluade" is no agent.*Did you mean claude\?/),
  ]);
  const none = await run.gantry(["import", "claw", "--write"]);
  expect([none.exit, none.stdout]).toEqual([0, expect.stringContaining("Nothing of Claw Code was found. Looked at:")]);
  expect(none.stdout).toContain(`${run.home}/.claw.json`);
});

test("what Gantry's own file sets stays, and --scope leaves the others alone", async () => {
  const run = await bench([], { ".claude/settings.json": json({ permissions: { deny: ["Bash(rm:*)"] } }) });
  const file = path.join(run.home, ".config/gantry/config.jsonc");
  const own = '{\n  // mine\n  "permissions": { "mode": "plan", "deny": ["Bash(rm:*)"] }\n}\n';
  await writeFiles(run.home, {
    ".config/gantry/config.jsonc": own,
    ".claude/settings.json": json({
      permissions: { defaultMode: "acceptEdits", deny: ["Bash(rm:*)", "Bash(mv:*)"] },
      env: { API_TOKEN: "sk-verysecretvalue1" },
    }),
  });
  const done = await run.gantry(["import", "claude", "--scope", "user", "--write", "--json"]);
  expect(done.exit, done.stdout).toBe(0);
  const { data } = JSON.parse(done.stdout) as {
    data: { findings: { what: string; result: string; why?: string }[]; written: unknown[] };
  };
  expect(data.findings.map(({ what, result }) => [what, result])).toEqual([
    ["deny Bash(rm:*)", "already-there"],
    ["deny Bash(mv:*)", "exact"],
    ["mode acceptEdits", "not-mapped"],
    ["env API_TOKEN", "exact"],
  ]);
  expect(data.findings[2]?.why).toBe(`${file}:3 sets it otherwise, and stays as it is.`);
  expect(done.stdout).not.toContain("verysecret");
  expect(await readFile(file, "utf8")).toBe(
    '{\n  // mine\n  "permissions": { "mode": "plan", "deny": ["Bash(rm:*)", "Bash(mv:*)"] },\n  "env": {\n    "API_TOKEN": "sk-verysecretvalue1"\n  }\n}\n',
  );
  await expect(run.file("gantry.config.jsonc")).rejects.toThrow();
});

test("a folder, a link out of the project and a huge file are broken; a link of the user's own is followed", async () => {
  const place = await makePlace();
  try {
    const folder = path.join(place.project, ".claude");
    await mkdir(path.join(folder, "settings.local.json"), { recursive: true });
    await put(path.join(place.outside, "settings.json"), { permissions: { deny: ["Bash(rm:*)"] } });
    await symlink(path.join(place.outside, "settings.json"), path.join(folder, "settings.json"));
    await mkdir(path.join(place.home, ".claude"));
    await symlink(path.join(place.outside, "settings.json"), path.join(place.home, ".claude/settings.json"));
    await writeFile(path.join(place.home, ".claude.json"), Buffer.alloc(16_777_217, 32));
    await symlink(path.join(place.outside, "nothing"), path.join(place.project, ".mcp.json"));
    const { files, findings } = await readClaude({ home: place.home, project: place.project, env: {} });
    expect(files.map(({ state, problem }) => [state, problem?.replace(/^.*:1: /, "")])).toEqual([
      ["read", undefined],
      ["broken", "it is a link to a place outside the project, and is not read"],
      ["broken", "it is no regular file"],
      ["absent", undefined],
      ["broken", "it has 16777217 bytes; at most 16777216 are read"],
      ["broken", "it is a link to nothing"],
    ]);
    expect(findings.map(({ what, layer }) => [what, layer])).toEqual([["deny Bash(rm:*)", "user"]]);
  } finally {
    await place.remove();
  }
});

const claude = { base: "/h/.claude", sameBase: false, home: "/h" };
test.each<[string, "allow" | "deny", string]>([
  ["Read(/a/**)", "deny", "Read(~/.claude/a/**)"],
  ["Read(//srv/../etc/x)", "deny", "Read(//etc/x)"],
  ["Read(../x)", "deny", "Read(//**/x)"],
  ["Bash(curl * | sh)", "deny", "Bash(curl * | sh)"],
  ['Bash(git commit -m "x":*)', "deny", "Bash(git commit -m:*)"],
  ["Skill(commit *)", "deny", "Skill(commit)"],
  ["Edit(*)", "deny", "Edit"],
  ["Edit(*)", "allow", "Edit(*)"],
])("Claude Code's %s (%s) becomes %s", (rule, behavior, becomes) => {
  expect(mapRule(rule, { ...claude, behavior })).toMatchObject({ rule: becomes });
});

test.each<[string, "allow" | "deny", string]>([
  ["bash(rm:*)", "deny", "Bash(rm*)"],
  ["bash(rm:*)", "allow", "Bash(rm:*)"],
  ["bash(echo *)", "allow", "Bash(echo \\*)"],
  ["read_file(/etc/:*)", "allow", "Read(//etc/**)"],
  ["write_file(src/a.rs)", "deny", "Edit(./src/a.rs)"],
  ["edit_file(s:*)", "deny", "Edit(./s*)"],
  ["glob_search(x)", "deny", "Glob"],
  ["Bash(sudo:*)", "deny", "Bash(sudo*)"],
])("Claw Code's %s (%s) becomes %s", (rule, behavior, becomes) => {
  expect(mapClawRule(rule, behavior)).toMatchObject({ rule: becomes });
});

test("a guard's matcher names the tools that it guarded, all of them where it cannot be told", () => {
  expect(guardedTools("Write|Edit")).toEqual(["Write", "Edit"]);
  expect(guardedTools("^mcp__memory__.*")).toEqual(["mcp__memory"]);
  for (const all of [undefined, "", "*", "(a+)+$", "[", ".*", "^(Notebook)?Edit$"]) expect(guardedTools(all)).toEqual(["*"]);
});
