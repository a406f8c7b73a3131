/** What bounds Codex from above, from beside and from below: requirements, trust, and folders below the root. */
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCodex } from "../../plugins/import/codex/read.ts";
import type { AgentConfig, Place } from "../../plugins/import/findings.ts";

let root: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-bounds-")));
});
afterAll(() => rm(root, { recursive: true }));

let count = 0;
/** Paths begin with home, project or etc; `@PROJECT@` is the project's path. */
async function place(files: Record<string, string>, more: Partial<Place> = {}): Promise<Place> {
  const base = path.join(root, String(++count));
  const [home, project] = [path.join(base, "home"), path.join(base, "project")];
  await Promise.all([home, project].map((folder) => mkdir(folder, { recursive: true })));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(base, name)), { recursive: true });
    await writeFile(path.join(base, name), text.replaceAll("@PROJECT@", project));
  }
  return { home, project, system: path.join(base, "etc"), env: {}, ...more };
}

/** `layer key value` of all that would be written. */
function writes({ findings }: AgentConfig): string[] {
  return findings.flatMap(({ layer, becomes = [] }) =>
    becomes.map(({ key, value }) => `${layer} ${key} ${typeof value === "string" ? value : JSON.stringify(value)}`),
  );
}

const edits = 'approval_policy = "on-request"\nsandbox_mode = "workspace-write"\n';
const guard = '[[hooks.PreToolUse]]\nmatcher = "Bash"\n[[hooks.PreToolUse.hooks]]\ntype = "command"\ncommand = "/opt/guard"\n';

test.each([
  ['allowed_approval_policies = ["untrusted"]', "default"],
  ['allowed_sandbox_modes = ["read-only"]', "default"],
  ['allowed_sandbox_modes = "workspace-write"', "default"],
  ['something_new = "x"', "default"],
  ['allowed_approval_policies = ["on-request"]\nallowed_sandbox_modes = ["read-only", "workspace-write"]', "acceptEdits"],
])("with the requirement %j the mode is %s", async (required, mode) => {
  const found = await readCodex(await place({ "etc/codex/requirements.toml": required, "home/.codex/config.toml": edits }));
  expect(writes(found).filter((line) => line.includes("permissions.mode"))).toEqual([`user permissions.mode ${mode}`]);
});

test("a requirement bounds a project's mode too, its hooks are taken over, and users' hooks may be off", async () => {
  const required = `allowed_sandbox_modes = ["read-only"]\nallow_managed_hooks_only = true\n[hooks]\nmanaged_dir = "/opt"\n${guard}`;
  const files = { "etc/codex/requirements.toml": required, "project/.codex/config.toml": edits };
  const found = writes(await readCodex(await place({ ...files, "home/.codex/config.toml": guard })));
  expect(found).toEqual([
    'user hooks.PreToolUse [{"matcher":"Bash","hooks":[{"type":"command","command":"/opt/guard","timeout":600}]}]',
    "project permissions.mode default",
  ]);
  const only = writes(await readCodex(await place(files, { scope: "project" })));
  expect(only).toEqual(["project permissions.mode default"]);
});

test("a requirement closes paths, the web and servers that it does not name", async () => {
  const required =
    'allowed_web_search_modes = []\n[permissions.filesystem]\ndeny_read = ["/srv/keys/**"]\n[mcp_servers.a.identity]\ncommand = "a"\n';
  const servers = '[mcp_servers.a]\ncommand = "a"\n[mcp_servers.b]\ncommand = "b"\n';
  const found = writes(
    await readCodex(await place({ "etc/codex/requirements.toml": required, "home/.codex/config.toml": servers })),
  );
  expect(found).toEqual([
    'user permissions.deny ["Read(//srv/keys/**)"]',
    'user permissions.deny ["WebSearch"]',
    'user mcpServers.a {"command":"a"}',
    'user permissions.ask ["mcp__a"]',
    'user mcpServers.b {"command":"b","enabled":false}',
    'user permissions.ask ["mcp__b"]',
  ]);
});

test("requirements that cannot be read whole are broken", async () => {
  const { files } = await readCodex(await place({ "etc/codex/requirements.toml": "x = [" }, { scope: "project" }));
  expect(files.filter(({ state }) => state === "broken")).toHaveLength(1);
});

test("a managed file counts above the user's and the project's", async () => {
  const files = { "home/.codex/config.toml": edits, "project/.codex/config.toml": edits };
  const managed = { "etc/codex/managed_config.toml": 'approval_policy = "untrusted"\nsandbox_mode = "read-only"\n' };
  const found = writes(await readCodex(await place({ ...files, ...managed })));
  expect(found).toEqual(["user permissions.mode default", "project permissions.mode default", "user permissions.mode default"]);
});

test("of an untrusted project only what restricts is taken, and the trust is not called there", async () => {
  const found = await readCodex(
    await place({
      "home/.codex/config.toml": '[projects."@PROJECT@"]\ntrust_level = "untrusted"\n',
      "project/.codex/config.toml": `${edits}[mcp_servers.s]\ncommand = "s"\n${guard}`,
      "project/.codex/rules/a.rules": 'prefix_rule(pattern=["git"])\nprefix_rule(pattern=["rm"], decision="forbidden")\n',
    }),
  );
  expect(writes(found)).toEqual([
    'project permissions.ask ["Edit(./.codex/**)"]',
    'project permissions.ask ["Edit(./.agents/**)"]',
    'project permissions.ask ["mcp__s"]',
    'project permissions.ask ["Bash"]',
    'project permissions.deny ["Bash(rm:*)"]',
  ]);
  expect(found.findings.filter(({ result }) => result === "already-there")).toEqual([]);
});

test("folders down to the working folder are read; a part of the project only restricts", async () => {
  const at = await place({
    "project/.codex/rules/a.rules": 'prefix_rule(pattern=["git"])\n',
    "project/sub/.codex/rules/a.rules":
      'prefix_rule(pattern=["git", "push"], decision="forbidden")\nprefix_rule(pattern=["npm"])\n',
    "project/sub/deep/.codex/config.toml": edits,
    "project/other/.codex/config.toml": 'approval_policy = "never"\n',
  });
  const found = writes(await readCodex({ ...at, cwd: path.join(at.project, "sub/deep") }));
  expect(found).toEqual([
    'project permissions.allow ["Bash(git:*)"]',
    'project permissions.deny ["Bash(git push:*)"]',
    'project permissions.ask ["Edit(./.codex/**)"]',
    'project permissions.ask ["Edit(./.agents/**)"]',
  ]);
});

test.each([
  ["Edit|delete", ["Edit", "mcp__*"], "(?:delete)"],
  ["^apply_patch$", ["Edit"], undefined],
  ["(a+)+$", ["Bash", "Edit", "mcp__*"], undefined],
  ["mcp__x__.*|Edit", ["Edit", "mcp__*"], undefined],
])("a guard with the matcher %j speaks of %j", async (matcher, asked, kept) => {
  const hooks = { hooks: { PreToolUse: [{ matcher, hooks: [{ type: "command", command: "g" }] }] } };
  const { findings } = await readCodex(await place({ "home/.codex/hooks.json": JSON.stringify(hooks) }));
  const changes = findings.flatMap(({ becomes = [], otherwise = [] }) => [...becomes, ...otherwise]);
  expect(new Set(changes.flatMap(({ key, value }) => (key === "permissions.ask" ? (value as string[]) : [])))).toEqual(
    new Set(asked),
  );
  const held = changes.filter(({ key }) => key === "hooks.PreToolUse").map(({ value }) => JSON.stringify(value));
  expect(held.map((text) => text.includes(`"matcher":${JSON.stringify(kept)}`))).toEqual(kept === undefined ? [] : [true]);
});

// Root reads whatever the mode says.
test.skipIf(process.getuid?.() === 0)("a folder of rules that cannot be listed is broken", async () => {
  const at = await place({ "home/.codex/rules/a.rules": 'prefix_rule(pattern=["git", "push"], decision="forbidden")' });
  const folder = path.join(at.home, ".codex/rules");
  await chmod(folder, 0);
  const { files } = await readCodex(at).finally(() => chmod(folder, 0o700));
  expect(files.filter(({ state }) => state === "broken").map((file) => file.path)).toEqual([folder]);
});

test("a project's switch leaves a user's guard on, and what is on again above is on", async () => {
  const off = "[features]\nhooks = false\n";
  const hooksOf = async (files: Record<string, string>) =>
    writes(await readCodex(await place(files))).filter((line) => line.includes("hooks.")).length;
  expect(await hooksOf({ "home/.codex/config.toml": guard, "project/.codex/config.toml": off })).toBe(1);
  expect(await hooksOf({ "home/.codex/config.toml": `${off}${guard}` })).toBe(0);
  expect(
    await hooksOf({ "home/.codex/config.toml": `${off}${guard}`, "project/.codex/config.toml": "[features]\nhooks = true\n" }),
  ).toBe(1);
});
