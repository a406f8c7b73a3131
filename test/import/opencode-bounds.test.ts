/** What bounds opencode beside its config: agents as Markdown files, and folders below the root. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentConfig, Place } from "../../plugins/import/findings.ts";
import { parseFrontmatter } from "../../plugins/import/opencode/agent-files.ts";
import { readOpencode } from "../../plugins/import/opencode/read.ts";

let root: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-bounds-")));
});
afterAll(() => rm(root, { recursive: true }));

let count = 0;
async function place(files: Record<string, unknown>): Promise<Place> {
  const base = path.join(root, String(++count));
  const [home, project] = [path.join(base, "home"), path.join(base, "project")];
  await Promise.all([home, project].map((folder) => mkdir(folder, { recursive: true })));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(base, name)), { recursive: true });
    await writeFile(path.join(base, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return { home, project, system: path.join(base, "etc"), env: {} };
}

function writes({ findings }: AgentConfig): string[] {
  return findings.flatMap(({ layer, becomes = [] }) =>
    becomes.map(({ key, value }) => `${layer} ${key} ${JSON.stringify(value)}`),
  );
}

const build = `---
description: my build
permission:
  bash:
    "git push *": deny
    "git *": allow
  edit: ask
tools:
  webfetch: false
---
permission: { read: deny }
`;
const denies = (layer: string) => [
  `${layer} permissions.deny ["WebFetch"]`,
  `${layer} permissions.deny ["Bash(git push:*)"]`,
  `${layer} permissions.ask ["Edit"]`,
];

test.each([
  ["project/.opencode/agents/build.md", "project"],
  ["project/.opencode/agent/build.md", "project"],
  ["project/.opencode/mode/build.md", "project"],
  ["home/.config/opencode/agent/build.md", "user"],
])("%s holds what its agent denies and asks, with lines", async (file, layer) => {
  const found = await readOpencode(await place({ [file]: build }));
  expect(writes(found)).toEqual(denies(layer));
  expect(found.findings.find(({ what }) => what.startsWith("deny bash"))?.source).toMatch(/build\.md:5$/);
});

test("only the agent that sessions start with is read, by the merged default_agent", async () => {
  const files = {
    "project/.opencode/agents/build.md": build,
    "project/.opencode/agents/review.md": "---\npermission:\n  bash: deny\n---\n",
  };
  const review = { default_agent: "review" };
  expect(writes(await readOpencode(await place(files)))).toEqual(denies("project"));
  expect(writes(await readOpencode(await place({ ...files, "home/.config/opencode/opencode.json": review })))).toContain(
    'project permissions.deny ["Bash"]',
  );
});

test("an agent's permissions are another file's, so that a rule for all tools is not given up", async () => {
  const found = await readOpencode(
    await place({
      "project/opencode.json": { permission: { "*": "ask", bash: "allow" } },
      "project/.opencode/agents/build.md": build,
    }),
  );
  expect(writes(found)).toContain('project permissions.ask ["Bash"]');
});

test.each([
  ["---\npermission: &x\n  bash: deny\n---\n", 3],
  ["---\npermission: *x\n---\n", 2],
  ["---\npermission: !t deny\n---\n", 2],
  ["---\nedit: 1\nedit: 2\n---\n", 3],
  ["---\na: [\n---\n", 3],
  ["---js\n{}\n---\n", 1],
  ["---\npermission: deny\n", 1],
  ["---\n- a\n---\n", 2],
  ["---\n1: deny\n---\n", 2],
  ["---\n<<: { bash: deny }\n---\n", 2],
])("%j is none that can be read for certain", (text, line) => {
  expect(parseFrontmatter(text)).toMatchObject({ message: expect.any(String), line });
});

test("such an agent's file is broken, and another agent's is not looked into", async () => {
  const { files } = await readOpencode(
    await place({
      "project/.opencode/agents/build.md": "---\na: [\n---\n",
      "project/.opencode/agents/x.md": "---\na: [\n---\n",
    }),
  );
  expect(files.filter(({ state }) => state === "broken").map((file) => path.basename(file.path))).toEqual(["build.md"]);
});

test("a text without that beginning holds nothing", () => {
  expect(parseFrontmatter("hi\n---\nbash: deny\n---\n")).toMatchObject({ data: {} });
  expect(parseFrontmatter("\uFEFF---\r\nmode: primary\r\n---\r\nhi")).toMatchObject({ data: { mode: "primary" } });
});

test("a no that is only asked about is called weaker, and a key that names a variable may be about any tool", async () => {
  const permission = { bash: { "git *": "allow", "* > *": "deny" }, "{env:TOOL}": "deny" };
  const { findings } = await readOpencode(await place({ "project/opencode.json": { permission } }));
  expect(findings.map(({ result, becomes }) => [result, becomes?.[0]?.key, becomes?.[0]?.value])).toEqual([
    ["exact", "permissions.allow", ["Bash(git:*)"]],
    ["weaker", "permissions.ask", ["Bash"]],
    ["weaker", "permissions.ask", ["Bash", "Edit", "Read", "WebFetch", "WebSearch", "Agent", "Skill", "mcp__*"]],
  ]);
});

test("folders down to the working folder are read; a part of the project only restricts", async () => {
  const at = await place({
    "project/opencode.json": { permission: { bash: { "git *": "allow" } } },
    "project/sub/opencode.json": {
      permission: { bash: { "git push *": "deny", "npm *": "allow" } },
      mcp: { s: { enabled: false } },
    },
    "project/sub/.opencode/agent/build.md": "---\npermission:\n  edit: deny\n---\n",
  });
  expect(writes(await readOpencode({ ...at, cwd: path.join(at.project, "sub") }))).toEqual([
    'project permissions.allow ["Bash(git:*)"]',
    'project permissions.deny ["Bash(git push:*)"]',
    'project permissions.deny ["mcp__s"]',
    'project permissions.deny ["Edit"]',
  ]);
});
