/** The three readers on what nobody meant: any bytes in any of their files, one scope only, secrets, and lines of TOML. */
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCodex } from "../../plugins/import/codex/read.ts";
import type { AgentConfig, Place } from "../../plugins/import/findings.ts";
import { readGemini } from "../../plugins/import/gemini/read.ts";
import { readOpencode } from "../../plugins/import/opencode/read.ts";
import { parseTomlSource } from "../../plugins/import/toml-source.ts";
import { casesOf } from "./golden.ts";

const readers = { codex: readCodex, gemini: readGemini, opencode: readOpencode } as const;
type Agent = keyof typeof readers;
const agents = Object.keys(readers) as Agent[];

let root: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-readers-")));
});
afterAll(() => rm(root, { recursive: true }));

let count = 0;
async function place(files: Record<string, string> = {}): Promise<Place> {
  const base = path.join(root, String(++count));
  const found: Place = { home: path.join(base, "home"), project: path.join(base, "project"), env: {} };
  await Promise.all([mkdir(found.home, { recursive: true }), mkdir(found.project, { recursive: true })]);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(base, name)), { recursive: true });
    await writeFile(path.join(base, name), text);
  }
  return found;
}

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));
async function ofCase(agent: Agent, name: string): Promise<Place> {
  const found = await place();
  for (const part of ["home", "project"] as const)
    await cp(path.join(fixtures, agent, name, part), found[part], { recursive: true }).catch(() => undefined);
  return found;
}

const files: Record<Agent, string[]> = {
  codex: ["home/.codex/config.toml", "home/.codex/hooks.json", "home/.codex/rules/a.rules", "project/.codex/config.toml"],
  gemini: ["home/.gemini/settings.json", "home/.gemini/policies/a.toml", "project/.gemini/settings.json"],
  opencode: ["home/.config/opencode/opencode.json", "project/opencode.jsonc"],
};
const words: Record<Agent, string[]> = {
  codex: [
    "approval_policy",
    "sandbox_mode",
    "mcp_servers",
    "hooks",
    "PreToolUse",
    "permissions",
    "filesystem",
    "profile",
    "profiles",
    "rules",
    "matcher",
    "command",
    "shell_environment_policy",
    "set",
    "projects",
    "granular",
  ],
  gemini: [
    "tools",
    "core",
    "exclude",
    "allowed",
    "mcpServers",
    "mcp",
    "excluded",
    "hooks",
    "BeforeTool",
    "matcher",
    "general",
    "defaultApprovalMode",
    "context",
    "fileName",
    "rule",
    "toolName",
    "decision",
    "deny",
    "priority",
    "commandPrefix",
  ],
  opencode: [
    "permission",
    "bash",
    "edit",
    "external_directory",
    "tools",
    "agent",
    "build",
    "mode",
    "mcp",
    "type",
    "local",
    "command",
    "environment",
    "instructions",
    "plugin",
    "model",
    "deny",
    "ask",
    "*",
  ],
};

/** Values of any shape under keys that mean something, and under some that every object has. */
function anyValue(agent: Agent): fc.Arbitrary<unknown> {
  const key = fc.constantFrom(...words[agent], "__proto__", "constructor", "toString", "x");
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(null, true, 7, -1, "", "*", "deny", "a b", "(", "$X", "~/x", "/x"),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie("tree")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    ),
  }));
  return tree;
}

function tomlOf(value: unknown): string {
  if (value === null) return '""';
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(", ")}]`;
  if (typeof value === "object")
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)} = ${tomlOf(inner)}`)
      .join(", ")} }`;
  return JSON.stringify(value);
}

function textOf(file: string, value: unknown): string {
  if (!file.endsWith(".toml") || typeof value !== "object" || value === null || Array.isArray(value))
    return JSON.stringify(value) ?? "";
  return Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)} = ${tomlOf(inner)}`)
    .join("\n");
}

function isSound({ files: looked, findings }: AgentConfig): void {
  for (const { state, problem } of looked) expect(problem === undefined).toBe(state !== "broken");
  for (const { source, result, why, becomes } of findings) {
    expect(source).toMatch(/:\d+$/);
    expect(result === "exact" || why !== undefined || becomes !== undefined).toBe(true);
  }
}

describe.each(agents)("%s", (agent) => {
  test("is read to the end whatever its files hold", async () => {
    const value = anyValue(agent);
    const content = (file: string) =>
      fc.oneof({ weight: 5, arbitrary: value.map((each) => textOf(file, each)) }, { weight: 1, arbitrary: fc.string() });
    const texts = fc.record(Object.fromEntries(files[agent].map((file) => [file, content(file)])));
    await fc.assert(
      fc.asyncProperty(texts, async (each) => {
        isSound(await readers[agent](await place(each as Record<string, string>)));
      }),
      { numRuns: 60 },
    );
  });

  test("of one scope only its files are read", async () => {
    for (const name of await casesOf(agent)) {
      const where = await ofCase(agent, name);
      for (const scope of ["user", "project"] as const) {
        const { files: looked, findings } = await readers[agent]({ ...where, scope });
        const other = scope === "user" ? where.project : where.home;
        expect(
          [...looked.map((file) => file.path), ...findings.map(({ source }) => source)].filter((each) =>
            each.startsWith(other),
          ),
        ).toEqual([]);
        expect(findings.map(({ layer }) => (layer === "user" ? "user" : "project")).filter((layer) => layer !== scope)).toEqual(
          [],
        );
      }
    }
  });

  test("nothing that is told of it holds the value of a variable or header", async () => {
    for (const name of await casesOf(agent)) {
      const { findings } = await readers[agent](await ofCase(agent, name));
      const told = findings.map(({ what, why }) => `${what} ${why ?? ""}`).join("\n");
      expect(told).not.toMatch(/hunter22|ghp_0123|swordfish|sk-live|not-a-real-key/);
    }
  });
});

test("a project's literal values are for the local layer, its references for the project's", async () => {
  const team = await readCodex(await ofCase("codex", "team"));
  const layers = team.findings.flatMap(({ kind, what, layer }) => (kind === "mcp-server" ? [[what.split(":")[0], layer]] : []));
  expect(layers).toEqual([
    ["MCP server figma", "project"],
    ["MCP server database", "local"],
  ]);
});

describe("a line of TOML", () => {
  const text = [
    "\uFEFFone = 1\r",
    'text = """',
    "[not.a.table]",
    '"""',
    "list = [",
    "  1, # ]",
    '  "[x]",',
    "]",
    '[a."b c"]',
    "key = 'k'",
    "inner.deep = { x = 1 }",
    "[[a.many]]",
    "n = 1",
    "[[a.many]]",
    "n = 2",
    "[a.many.sub]",
    "z = 3",
  ].join("\n");

  test.each([
    [["one"], 1],
    [["text"], 2],
    [["list"], 5],
    [["list", 1], 5],
    [["a", "b c"], 9],
    [["a", "b c", "key"], 10],
    [["a", "b c", "inner", "deep", "x"], 11],
    [["a", "many", 0, "n"], 13],
    [["a", "many", 1, "n"], 15],
    [["a", "many", 1, "sub", "z"], 17],
    [["nowhere"], 1],
  ])("%j stands in line %i", (keys, line) => {
    const parsed = parseTomlSource(text);
    expect("lineOf" in parsed && parsed.lineOf(keys as (string | number)[])).toBe(line);
  });

  test("keys of every object are keys, and the prototype stays", () => {
    const parsed = parseTomlSource('"__proto__" = { polluted = true }\n[constructor]\nprototype = 1\n');
    expect("data" in parsed && Object.keys(parsed.data as object)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test.each([
    ["x = 1\nx = 2", 2],
    ["a = [1,,2]", 1],
    ["\n\n[x", 3],
    [`x = ${"[".repeat(5000)}`, 1],
    ['x = "a\ny"', 1],
  ])("%j is told with the line of its fault", (broken, line) => {
    expect(parseTomlSource(broken)).toEqual({ line, message: expect.any(String) });
  });
});

test("plugins and tools of a folder are counted and named", async () => {
  const { findings } = await readOpencode(
    await place({ "project/.opencode/plugins/guard.ts": "", "project/.opencode/tool/sum.js": "" }),
  );
  expect(findings.map(({ what, result }) => [what, result])).toEqual([
    ["1 tool: sum", "not-in-this-build"],
    ["1 plugin: guard", "not-in-this-build"],
  ]);
});
