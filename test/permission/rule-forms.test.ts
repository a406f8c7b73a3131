/** Every form of a rule, through the real approver: a call that it decides, and the nearest one that it does not. */
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../core/contract/messages.ts";
import { createApprover, type Policy } from "../../core/permission/approval.ts";
import { type Behavior, parseRules } from "../../core/permission/rules/rules.ts";
import { type Folders, makeFolders, put, type Tool, toolList } from "./start.ts";

const schema = (properties: JsonObject): JsonObject => ({ type: "object", properties });
const text = { type: "string" };
const tool = (name: string, rest: Pick<Tool, "effect" | "subject" | "inputSchema">): Tool => ({
  name,
  description: name,
  plugin: "test",
  ...rest,
});

/** Tools of later builds beside the known ones, with the inputs that they have elsewhere. */
const all: readonly Tool[] = [
  ...toolList.filter(({ name }) => name !== "Bash" && name !== "Grep"),
  tool("Bash", {
    effect: "runs",
    subject: { kind: "command", field: "command" },
    inputSchema: schema({ command: text, timeout: { type: "integer" }, run_in_background: { type: "boolean" } }),
  }),
  tool("Grep", {
    effect: "reads",
    subject: { kind: "path", field: "path" },
    inputSchema: schema({ path: text, pattern: text, output_mode: { enum: ["content", "count"] } }),
  }),
  tool("WebFetch", { effect: "runs", inputSchema: schema({ url: text, prompt: text }) }),
  tool("Agent", { effect: "runs", inputSchema: schema({ subagent_type: text, model: text, prompt: text }) }),
  tool("Skill", { effect: "runs", inputSchema: schema({ skill: text, args: text }) }),
  tool("mcp__docs__search", { effect: "runs", inputSchema: schema({ query: text, deep: { type: "boolean" } }) }),
  tool("mcp__docs__get_page", { effect: "runs", inputSchema: schema({}) }),
  tool("mcp__mail__send", { effect: "runs", inputSchema: schema({}) }),
];

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
  await put(join(folders.workspace, "src/a.ts"));
  await put(join(folders.workspace, "lib/src/a.ts"));
  await put(join(folders.outside, "notes.md"));
  await symlink(join(folders.outside, "notes.md"), join(folders.workspace, "link.md"));
});
afterAll(() => folders.remove());

type Call = [name: string, input: JsonObject | string];

async function decided(behavior: Behavior, rule: string, [name, given]: Call): Promise<{ verdict: string; by: string }> {
  const lines = [{ behavior, rule, source: "rules.json:1", base: join(folders.workspace, "lib") }];
  const { rules, problems } = parseRules(lines, all);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"));
  const policy: Policy = {
    ...{ mode: behavior === "allow" ? "dontAsk" : "bypassPermissions", modeSource: "test", rules, approve: "prompt" },
    ...{ workspace: folders.workspace, additionalDirs: [], outputDir: folders.outputDir, home: folders.home },
    ...{ configHome: join(folders.home, "c"), stateHome: join(folders.home, "s"), hookScripts: [] },
  };
  let asked = false;
  const approver = createApprover({
    policy,
    judge: async () => ({ verdict: "allow", by: "" }),
    judgeAsk: async () => ({ verdict: "allow", by: "" }),
    ask: async () => {
      asked = true;
      return { choice: "no" };
    },
    sessionRules: () => [],
    rememberAlways: async () => "",
  });
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  const input = typeof given === "string" ? { [found.subject?.field ?? "x"]: given } : given;
  const call = { sessionId: "s", callId: "c", tool: name, input, cwd: folders.workspace };
  const { verdict, by } = await approver.approve(call, found, { signal: new AbortController().signal });
  return { verdict: asked ? "ask" : verdict, by: by.name };
}

/** `at` stands for the temp folder. */
const placed = (value: string): string => value.replaceAll("<at>", folders.root.slice(1));
const placedCall = ([name, input]: Call): Call => [name, typeof input === "string" ? placed(input) : input];

const forms: [rule: string, pass: Call, fail: Call][] = [
  ["Bash", ["Bash", "npm test"], ["Deploy", {}]],
  ["Bash(*)", ["Bash", "npm test"], ["Deploy", {}]],
  ["Bash(npm test)", ["Bash", "npm test"], ["Bash", "npm test x"]],
  ["Bash(npm test:*)", ["Bash", "npm test x"], ["Bash", "npm testing"]],
  ["Bash(npm test *)", ["Bash", "npm test"], ["Bash", "npm testing"]],
  ["Bash(npm*)", ["Bash", "npmx y"], ["Bash", "xnpm y"]],
  ["Bash(npm * x)", ["Bash", "npm run y x"], ["Bash", "npm run y"]],
  ["Edit", ["Write", "src/a.ts"], ["Deploy", {}]],
  ["Edit(src/a.ts)", ["Edit", "src/a.ts"], ["Edit", "src/b.ts"]],
  ["Edit(./src/a.ts)", ["Write", "src/a.ts"], ["Edit", "lib/src/a.ts"]],
  ["Edit(/src/a.ts)", ["Edit", "lib/src/a.ts"], ["Edit", "src/a.ts"]],
  ["Edit(//<at>/work/src/*.ts)", ["Edit", "src/a.ts"], ["Edit", "src/x/a.ts"]],
  ["Edit(~/notes/**)", ["Edit", "~/notes/a/b.md"], ["Edit", "~/other/b.md"]],
  ["Edit(a.ts)", ["Edit", "lib/src/a.ts"], ["Edit", "lib/src/b.ts"]],
  ["Edit(*.md)", ["Edit", "lib/x.md"], ["Edit", "lib/x.ts"]],
  [
    "WebFetch(domain:example.com)",
    ["WebFetch", { url: "https://EXAMPLE.com/x" }],
    ["WebFetch", { url: "https://a.example.com/" }],
  ],
  [
    "WebFetch(domain:*.example.com)",
    ["WebFetch", { url: "https://a.b.example.com/" }],
    ["WebFetch", { url: "https://example.com/" }],
  ],
  [
    "WebFetch(domain:api-*.example.com)",
    ["WebFetch", { url: "https://api-1.example.com/" }],
    ["WebFetch", { url: "https://api-1.x.example.com/" }],
  ],
  ["WebFetch(domain:*)", ["WebFetch", { url: "https://a.b/" }], ["Deploy", {}]],
  ["mcp__docs", ["mcp__docs__search", {}], ["mcp__mail__send", {}]],
  ["mcp__docs__*", ["mcp__docs__get_page", {}], ["mcp__mail__send", {}]],
  ["mcp__docs__get_*", ["mcp__docs__get_page", {}], ["mcp__docs__search", {}]],
  ["mcp__docs__search", ["mcp__docs__search", {}], ["mcp__docs__get_page", {}]],
  ["Agent(explore)", ["Agent", { subagent_type: "explore" }], ["Agent", { subagent_type: "explorer" }]],
  ["Agent(team:*)", ["Agent", { subagent_type: "team:x" }], ["Agent", { subagent_type: "x" }]],
  ["Task(explore)", ["Agent", { subagent_type: "explore" }], ["Agent", { subagent_type: "x" }]],
  ["Skill(commit)", ["Skill", { skill: "commit" }], ["Skill", { skill: "commits" }]],
];

describe.each(["allow", "ask", "deny"] as const)("as an %s rule", (behavior) => {
  const verdict = behavior === "allow" ? "allow" : behavior;
  test.each(forms)("%s", async (rule, pass, fail) => {
    const text = placed(rule);
    expect((await decided(behavior, text, placedCall(pass))).verdict).toBe(verdict);
    const other = await decided(behavior, text, placedCall(fail));
    expect(other).toMatchObject(
      behavior === "allow" ? { verdict: "deny", by: "dontAsk" } : { verdict: "allow", by: "bypassPermissions" },
    );
  });
});

describe("forms that only restrict", () => {
  test.each<[rule: string, pass: Call, fail: Call]>([
    ["*", ["Deploy", {}], ["Deploy", {}]],
    ["mcp__*", ["mcp__mail__send", {}], ["Deploy", {}]],
    ["Web*", ["WebFetch", { url: "https://a.b/" }], ["Deploy", {}]],
    ["Bash(run_in_background:true)", ["Bash", { command: "a", run_in_background: true }], ["Bash", { command: "a" }]],
    ["Bash(timeout:6*)", ["Bash", { command: "a", timeout: 600 }], ["Bash", { command: "a", timeout: 500 }]],
    ["Grep(output_mode:COUNT)", ["Grep", { output_mode: "count" }], ["Grep", { output_mode: "content" }]],
    ["Agent(model:opus*)", ["Agent", { model: "Opus-4" }], ["Agent", { model: "haiku" }]],
    ["mcp__docs__search(deep:true)", ["mcp__docs__search", { deep: true }], ["mcp__docs__search", { deep: false }]],
    ["Edit(src/**)", ["Edit", "lib/src/a.ts"], ["Edit", "lib/x.ts"]],
    ["Read(src/**)", ["Write", "src/a.ts"], ["Write", "lib/a.ts"]],
    ["Read(A.TS)", ["Read", "src/a.ts"], ["Read", "src/b.ts"]],
    ["Read(cafe\u0301.md)", ["Read", "caf\u00e9.md"], ["Read", "cafe.md"]],
    ["Read(//<at>/outside/**)", ["Read", "link.md"], ["Read", "src/a.ts"]],
  ])("%s", async (rule, pass, fail) => {
    expect((await decided("deny", placed(rule), placedCall(pass))).verdict).toBe("deny");
    if (rule !== "*") expect((await decided("deny", placed(rule), placedCall(fail))).verdict).toBe("allow");
    if (!rule.startsWith("Read(src")) expect((await decided("ask", placed(rule), placedCall(pass))).verdict).toBe("ask");
  });
});

test("`dir/**` allows below the workspace's own folder only", async () => {
  expect((await decided("allow", "Edit(src/**)", ["Edit", "src/a.ts"])).verdict).toBe("allow");
  expect((await decided("allow", "Edit(src/**)", ["Edit", "lib/src/a.ts"])).verdict).toBe("deny");
});

test("an address that names no host is denied by a deny rule for hosts, and allowed by no allow rule", async () => {
  expect((await decided("deny", "WebFetch(domain:evil.example)", ["WebFetch", { url: "::" }])).verdict).toBe("deny");
  expect((await decided("allow", "WebFetch(domain:evil.example)", ["WebFetch", { url: "::" }])).verdict).toBe("deny");
  expect(
    (await decided("deny", "WebFetch(domain:evil.example)", ["WebFetch", { url: "https://EVIL.example./" }])).verdict,
  ).toBe("deny");
});
