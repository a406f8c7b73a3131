/** What the readers of Claude Code and Claw Code make of things that guard, close or hide: what is written must not loosen. */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readClaude } from "../../plugins/import/claude/read.ts";
import { readClaw } from "../../plugins/import/claw/read.ts";
import type { AgentConfig } from "../../plugins/import/findings.ts";
import { type ImportPlace, makePlace, put } from "./place.ts";

let ground: ImportPlace;
beforeAll(async () => {
  ground = await makePlace();
});
afterAll(async () => await ground.remove());

let count = 0;
interface Laid {
  home?: Record<string, unknown>;
  project?: Record<string, unknown>;
  system?: Record<string, unknown>;
}

/** A place of its own; `HOME` in a text is its home. */
async function lay({ home = {}, project = {}, system = {} }: Laid) {
  const root = join(ground.root, `case${++count}`);
  const place = { home: join(root, "home"), project: join(root, "work"), system: join(root, "etc"), env: {} };
  await put(join(place.project, ".git/x"), "");
  for (const [folder, files] of Object.entries({ [place.home]: home, [place.project]: project, [place.system]: system }))
    for (const [name, content] of Object.entries(files))
      await put(join(folder, name), JSON.parse(JSON.stringify(content).replaceAll("HOME", place.home)));
  return place;
}

const claude = async (laid: Laid): Promise<AgentConfig> => await readClaude(await lay(laid));
const claw = async (laid: Laid): Promise<AgentConfig> => await readClaw(await lay(laid));

/** `layer behavior rule` and `layer key = value`, of all that would be written. */
function written({ findings }: AgentConfig): string[] {
  return findings.flatMap(({ layer, becomes = [] }) =>
    becomes.flatMap(({ key, how, value }) => {
      const behavior = /^permissions\.(allow|ask|deny)$/.exec(key)?.[1];
      if (behavior !== undefined) return (value as string[]).map((rule) => `${layer} ${behavior} ${rule}`);
      return [`${layer} ${key} ${how} ${JSON.stringify(value)}`];
    }),
  );
}

const resultOf = ({ findings }: AgentConfig, what: string) => findings.find((finding) => finding.what === what)?.result;
const server = { command: "node", args: ["s.mjs"] };
const guard = (matcher?: string) => ({
  PreToolUse: [{ ...(matcher === undefined ? {} : { matcher }), hooks: [{ type: "command", command: "exit 2" }] }],
});
const allow = (...rules: string[]) => ({ permissions: { allow: rules } });

test("every server is asked about, but one that the source allows as a whole where the server is", async () => {
  const found = await claude({
    home: {
      ".claude.json": { mcpServers: { s: server, whole: server, part: server, far: server, "my srv": server } },
      ".claude/settings.json": allow("mcp__whole", "mcp__part__peek"),
    },
    project: {
      ".mcp.json": { mcpServers: { shared: server, ok: server } },
      ".claude/settings.json": allow("mcp__far", "mcp__ok__*"),
    },
  });
  expect(written(found).filter((line) => line.includes("ask"))).toEqual([
    "user ask mcp__s",
    "user ask mcp__part",
    "user ask mcp__far",
    "user ask mcp__my_srv",
    "local ask mcp__shared",
  ]);
  expect(["mcp__whole", "mcp__part__peek", "mcp__far", "mcp__ok__*"].map((rule) => resultOf(found, `allow ${rule}`))).toEqual([
    "exact",
    "stricter",
    "stricter",
    "exact",
  ]);
});

test("an allow rule of all tools says nothing, and one under an ask is said to be stricter", async () => {
  const found = await claude({
    home: {
      ".claude/settings.json": {
        permissions: { allow: ["*", "mcp__*", "mcp__a*", "Bash(git:*)", "Bash(npm test:*)"], ask: ["Bash(git:*)"] },
      },
    },
  });
  expect(written(found)).toEqual(["user ask Bash(git:*)", "user allow Bash(git:*)", "user allow Bash(npm test:*)"]);
  expect(["*", "mcp__*", "mcp__a*", "Bash(git:*)", "Bash(npm test:*)"].map((rule) => resultOf(found, `allow ${rule}`))).toEqual(
    ["not-mapped", "not-mapped", "not-mapped", "stricter", "exact"],
  );
});

test("settings of the machine are read, count above the others, and are broken where they cannot be read whole", async () => {
  const system = {
    "claude-code/managed-settings.json": {
      permissions: { deny: ["Bash(git push:*)", "Read(/keys/**)"], defaultMode: "plan" },
      hooks: guard("Bash"),
      deniedMcpServers: [{ serverName: "bad" }],
    },
    "claude-code/managed-settings.d/10.json": { permissions: { ask: ["WebFetch"] }, allowManagedPermissionRulesOnly: true },
  };
  const project = {
    ".claude/settings.json": {
      permissions: { allow: ["Bash(git:*)"], defaultMode: "acceptEdits" },
      disableAllHooks: true,
      hooks: guard("Write"),
    },
  };
  const found = await claude({ system, project });
  expect(written(found)).toEqual([
    "user deny Bash(git push:*)",
    "user deny Read(//**/keys/**)",
    'user permissions.mode set "plan"',
    'user hooks.PreToolUse add [{"matcher":"Bash","hooks":[{"type":"command","command":"exit 2"}]}]',
    "user deny mcp__bad",
    "user ask WebFetch",
  ]);
  const broken = await claude({ system: { "claude-code/managed-settings.json": { permissions: { deny: "x" } } } });
  expect(broken.files.filter(({ state }) => state === "broken")).toMatchObject([
    { problem: expect.stringMatching(/managed-settings\.json:\d+: permissions\.deny must be a list/) },
  ]);
});

test("a drop-in folder that cannot be read is broken", async () => {
  const place = await lay({ system: { "claude-code/managed-settings.d/a.json": {} } });
  const folder = join(place.system, "claude-code/managed-settings.d");
  await chmod(folder, 0o000);
  const { files } = await readClaude(place);
  await chmod(folder, 0o700);
  // Root reads all the same.
  const isRoot = process.getuid?.() === 0;
  expect(files.some(({ state }) => state === "broken")).toBe(!isRoot);
});

test("hooks that are switched off in a project stay in the user's own file", async () => {
  const found = await claude({
    home: { ".claude/settings.json": { hooks: guard("Bash") } },
    project: {
      ".claude/settings.json": { hooks: guard("Write") },
      ".claude/settings.local.json": { disableAllHooks: true, hooks: guard("Edit") },
    },
  });
  expect(written(found).map((line) => line.slice(0, line.indexOf(',"hooks"')))).toEqual([
    'user hooks.PreToolUse add [{"matcher":"Bash"',
    'project hooks.PreToolUse add [{"matcher":"Write"',
  ]);
});

test("guards of plugins become questions about what they guard, and about everything where they cannot be read", async () => {
  const plugins = ".claude/plugins";
  const files = (hooks: unknown) => ({
    [`${plugins}/installed_plugins.json`]: { version: 2, plugins: { "g@m": [{ scope: "user", installPath: "HOME/g" }] } },
    [`${plugins}/marketplaces/m/.claude-plugin/marketplace.json`]: { name: "m", plugins: [{ name: "g", source: "./g" }] },
    "g/hooks/hooks.json": hooks,
  });
  const enabled = { ".claude/settings.json": { enabledPlugins: { "g@m": true } } };
  const askedBy = async (home: Record<string, unknown>) => written(await claude({ home }));
  expect(await askedBy({ ...files({ hooks: guard("Bash|Write") }), ...enabled })).toEqual(["user ask Bash", "user ask Write"]);
  expect(await askedBy({ ...files({ hooks: guard("^(B|b)ash") }), ...enabled })).toEqual(["user ask *"]);
  expect(await askedBy({ ...files({ hooks: { PostToolUse: [] } }), ...enabled })).toEqual([]);
  expect(await askedBy({ ...files({ hooks: [] }), ...enabled })).toEqual(["user ask *"]);
  expect(await askedBy(enabled)).toEqual(["user ask *"]);
  // Installed, and never spoken of; then switched off.
  expect(await askedBy(files({ hooks: guard("Bash") }))).toEqual(["user ask Bash"]);
  const off = { ".claude/settings.json": { enabledPlugins: { "g@m": false } } };
  expect(await askedBy({ ...files({ hooks: guard("Bash") }), ...off })).toEqual([]);
});

test("a variable is left out by its whole name only, and then what a hook that reads it guards is asked about", async () => {
  const hooks = {
    PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: '[ "$DISABLE_TELEMETRY" ] && exit 2' }] }],
  };
  const env = { ENABLE_GUARD: "1", DISABLE_TELEMETRY: "1", MCP_TIMEOUT: "1" };
  const found = await claude({ home: { ".claude/settings.json": { env, hooks } } });
  expect(written(found).filter((line) => !line.includes("hooks."))).toEqual(['user env.ENABLE_GUARD set "1"', "user ask Bash"]);
});

test("what a sandbox closes is denied", async () => {
  const sandbox = {
    filesystem: { denyRead: ["./priv", "/etc/x", "~/.k", "../up"], denyWrite: ["gen/"] },
    network: { deniedDomains: ["x.example", "a*b"] },
  };
  const found = await claude({
    home: { ".claude/settings.json": { sandbox: { filesystem: { denyRead: ["own"] } } } },
    project: { ".claude/settings.json": { sandbox } },
  });
  expect(written(found).map((line) => line.replace(/\/\/.*case\d+/, "//ROOT"))).toEqual([
    "user deny Read(//**/own)",
    "project deny Read(./priv)",
    "project deny Read(//etc/x)",
    "project deny Read(~/.k)",
    "project deny Read(//ROOT/up)",
    "project deny Edit(./gen)",
    "project deny WebFetch(domain:x.example)",
    "project deny WebFetch",
  ]);
  const { files } = await claude({ project: { ".claude/settings.json": { sandbox: { filesystem: { denyRead: "x" } } } } });
  expect(files.filter(({ state }) => state === "broken")).toHaveLength(1);
});

test("matchers are lists of names, all tools of a server, or everything; none is run", async () => {
  const guards = async (matcher: string): Promise<string[]> =>
    written(
      await claude({
        home: { ".claude/settings.json": { hooks: { PreToolUse: [{ matcher, hooks: [{ type: "agent" }] }] } } },
      }),
    );
  expect(await guards("Bash, Edit|Write")).toEqual(["user ask Bash", "user ask Edit", "user ask Write"]);
  expect(await guards("^mcp__memory__.*")).toEqual(["user ask mcp__memory"]);
  for (const odd of ["^(\\w|\\w|\\w)+!", "Edit$", "^Bash", "Bash.*", "mcp__.*__x"])
    expect(await guards(odd), odd).toEqual(["user ask *"]);
});

test("Claw Code: a mode of a project hides none of the user's, and a prefix that is spelled many ways means every path", async () => {
  const found = await claw({
    home: { ".claw.json": { permissions: { defaultMode: "read-only", deny: ["read_file(.:*)", "read_file(src/:*)"] } } },
    project: { ".claw.json": { permissionMode: "workspace-write", permissions: { defaultMode: "plan" } } },
  });
  expect(written(found)).toEqual([
    "user deny Read",
    "user deny Read(./src/**)",
    'user permissions.mode set "plan"',
    'project permissions.mode set "acceptEdits"',
  ]);
});

test("Claw Code: a plugin with a guard, or one that cannot be read, has every call asked about", async () => {
  const files = (manifest: unknown, enabled: unknown = { "g@external": true }) => ({
    ".claw/settings.json": { enabledPlugins: enabled },
    ".claw/plugins/installed.json": { plugins: { "g@external": { install_path: "HOME/g" } } },
    ...(manifest === undefined ? {} : { "g/plugin.json": manifest }),
  });
  const asked = async (home: Record<string, unknown>) => written(await claw({ home }));
  expect(await asked(files({ hooks: { PreToolUse: ["./guard"] } }))).toEqual(["user ask *"]);
  expect(await asked(files({ hooks: { PostToolUse: ["./log"] } }))).toEqual([]);
  expect(await asked(files(undefined))).toEqual(["user ask *"]);
  expect(await asked(files(undefined, { "g@external": false }))).toEqual([]);
});

test("Claw Code: a server by an address never worked there, and is asked about", async () => {
  const mcpServers = { far: { url: "https://x.example/mcp" }, near: { command: "node" } };
  const found = await claw({ home: { ".claw.json": { mcpServers } } });
  expect(written(found).filter((line) => line.includes(" ask "))).toEqual(["user ask mcp__far"]);
});

test("settings of the folder where a session would start restrict, and allow nothing", async () => {
  const place = await lay({
    project: {
      "sub/.claude/settings.json": {
        permissions: { allow: ["Bash(git:*)"], deny: ["Read(./conf)", "Read(/own)", "Bash(rm:*)"], defaultMode: "acceptEdits" },
        hooks: guard("Bash"),
      },
    },
  });
  const found = await readClaude({ ...place, cwd: join(place.project, "sub") });
  expect(written(found).map((line) => line.replace(/\/\/.*case\d+/, "//ROOT"))).toEqual([
    "project deny Read(//**/conf)",
    "project deny Read(//ROOT/work/sub/own)",
    "project deny Bash(rm:*)",
    "project ask Bash",
  ]);
});

test("Claw Code: files of the folder where a session would start restrict, and allow nothing", async () => {
  const permissions = { allow: ["bash(git:*)"], deny: ["read_file(conf)", "bash(rm:*)"], defaultMode: "workspace-write" };
  const place = await lay({ project: { "sub/.claw.json": { permissions, hooks: { PreToolUse: ["./guard"] } } } });
  const found = await readClaw({ ...place, cwd: join(place.project, "sub") });
  expect(written(found)).toEqual(["project deny Read(//**/conf)", "project deny Bash(rm*)", "project ask *"]);
});
