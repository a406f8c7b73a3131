/** What bounds Gemini CLI beside its settings: extensions, switches of hooks, variables in lists, folders below the root. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentConfig, Place } from "../../plugins/import/findings.ts";
import { readGemini } from "../../plugins/import/gemini/read.ts";

let root: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-bounds-")));
});
afterAll(() => rm(root, { recursive: true }));

let count = 0;
async function place(files: Record<string, unknown>, more: Partial<Place> = {}): Promise<Place> {
  const base = path.join(root, String(++count));
  const [home, project] = [path.join(base, "home"), path.join(base, "project")];
  await Promise.all([home, project].map((folder) => mkdir(folder, { recursive: true })));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(base, name)), { recursive: true });
    await writeFile(path.join(base, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return { home, project, system: path.join(base, "etc"), env: {}, ...more };
}

function writes({ findings }: AgentConfig): string[] {
  return findings.flatMap(({ layer, becomes = [] }) =>
    becomes.map(({ key, value }) => `${layer} ${key} ${JSON.stringify(value)}`),
  );
}

const every = ['["Bash","Edit","Read","mcp__*"]', '["WebFetch","WebSearch","Agent","Skill"]'];
const everyAsk = every.map((rules) => `user permissions.ask ${rules}`);
const before = (event: string, matcher?: string) => ({
  hooks: {
    [event]: [{ ...(matcher === undefined ? {} : { matcher }), hooks: [{ name: "g", type: "command", command: "x" }] }],
  },
});

test("of an extension what it excludes, guards and denies is taken, and no yes", async () => {
  const of = "home/.gemini/extensions/safe";
  const found = await readGemini(
    await place({
      [`${of}/gemini-extension.json`]: { name: "safe", excludeTools: ["run_shell_command(git push)", "$TOOL"] },
      [`${of}/hooks/hooks.json`]: before("BeforeTool", "write_file"),
      [`${of}/policies/a.toml`]:
        '[[rule]]\ntoolName="run_shell_command"\ncommandPrefix="git reset"\ndecision="deny"\npriority=5\n[[rule]]\ntoolName="run_shell_command"\ncommandPrefix="npm"\ndecision="allow"\npriority=5\n',
      "home/.gemini/extensions/far/.gemini-extension-install.json": { source: "/x", type: "link" },
    }),
  );
  expect(writes(found)).toEqual([
    'user permissions.ask ["Bash","Edit","WebFetch","mcp__*"]',
    'user permissions.deny ["Bash(git push:*)","Bash(git push*)"]',
    ...everyAsk,
    'user permissions.ask ["Write"]',
    'user permissions.deny ["Bash(git reset:*)","Bash(git reset*)"]',
  ]);
});

test("an extension that cannot be read whole is broken", async () => {
  const { files } = await readGemini(await place({ "home/.gemini/extensions/safe/gemini-extension.json": "{" }));
  expect(files.filter(({ state }) => state === "broken")).toHaveLength(1);
});

test.each([
  ["BeforeToolSelection", true],
  ["BeforeModel", true],
  ["BeforeAgent", true],
  ["AfterModel", true],
  ["AfterTool", false],
  ["SessionStart", false],
])("a hook of %s counts as a guard of every tool: %s", async (event, isGuard) => {
  const found = await readGemini(await place({ "home/.gemini/settings.json": before(event) }));
  expect(writes(found)).toEqual(isGuard ? everyAsk : []);
});

test.each([
  ["write_file|replace", ['["Write","Edit"]']],
  ["(a+)+$", every],
  ["write_file|delete", ['["Write","mcp__*"]']],
])("a guard with the matcher %j guards %s", async (matcher, guards) => {
  const found = await readGemini(await place({ "home/.gemini/settings.json": before("BeforeTool", matcher) }));
  expect(writes(found)).toEqual(guards.map((rules) => `user permissions.ask ${rules}`));
});

test("hooks are off by the merged setting, and a user's only by the user or the system", async () => {
  const guard = before("BeforeTool", "write_file");
  const set = (hooksConfig: object, rest: object = {}) => ({ hooksConfig, ...rest });
  const asks = async (files: Record<string, unknown>) => writes(await readGemini(await place(files))).length;
  const user = "home/.gemini/settings.json";
  const project = "project/.gemini/settings.json";
  expect(await asks({ [user]: set({ enabled: false }, guard) })).toBe(0);
  expect(await asks({ [user]: set({ enabled: false }, guard), [project]: set({ enabled: true }) })).toBe(1);
  expect(await asks({ [user]: guard, [project]: set({ enabled: false }) })).toBe(1);
  expect(await asks({ [user]: set({ enabled: false }), [project]: guard })).toBe(0);
  expect(await asks({ [user]: guard, [project]: set({ disabled: ["g"] }) })).toBe(1);
  expect(await asks({ [user]: set({ disabled: ["g"] }, guard) })).toBe(0);
  expect(await asks({ [user]: guard, "etc/gemini-cli/settings.json": set({ enabled: false }) })).toBe(0);
});

test("variables in lists are resolved; what is not set is asked about, and no yes", async () => {
  const settings = {
    tools: { exclude: ["$DENY_IT"], allowed: ["$ALLOW_IT", "run_shell_command(git)"] },
    mcp: { excluded: ["$SRV"] },
  };
  const files = { "home/.gemini/settings.json": settings };
  const unset = ['user permissions.allow ["Bash(git:*)"]', 'user permissions.ask ["mcp__*"]'];
  expect(writes(await readGemini(await place(files)))).toEqual([...everyAsk, ...unset]);
  const env = { DENY_IT: "run_shell_command", SRV: "s", ALLOW_IT: "run_shell_command(npm)" };
  expect(writes(await readGemini(await place(files, { env })))).toEqual([
    'user permissions.deny ["Bash"]',
    'user permissions.allow ["Bash(npm:*)"]',
    'user permissions.allow ["Bash(git:*)"]',
    'user permissions.deny ["mcp__s"]',
  ]);
});

test("a no to every command is one, and a no that is only asked about is called weaker", async () => {
  const exclude = ["run_shell_command(*)", "run_shell_command($(x))", "mcp_*_d*"];
  const { findings } = await readGemini(await place({ "home/.gemini/settings.json": { tools: { exclude } } }));
  expect(findings.map(({ result, becomes }) => [result, becomes?.[0]?.key])).toEqual([
    ["stricter", "permissions.deny"],
    ["weaker", "permissions.ask"],
    expect.anything(),
  ]);
});

test("settings down to the working folder are read; a part of the project only restricts", async () => {
  const at = await place({
    "project/.gemini/settings.json": { tools: { allowed: ["run_shell_command(git)"] } },
    "project/sub/.gemini/settings.json": {
      general: { defaultApprovalMode: "auto_edit" },
      tools: { exclude: ["run_shell_command(git push)"], allowed: ["run_shell_command(npm)"] },
      mcpServers: { s: { command: "s" } },
    },
  });
  expect(writes(await readGemini({ ...at, cwd: path.join(at.project, "sub") }))).toEqual([
    'project permissions.allow ["Bash(git:*)"]',
    'project permissions.deny ["Bash(git push:*)","Bash(git push*)"]',
    'project permissions.ask ["mcp__s"]',
  ]);
});
