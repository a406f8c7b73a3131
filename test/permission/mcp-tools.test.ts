/** Tools of MCP servers: what a yes to one is remembered as, and what is explained while no server runs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApprover } from "../../core/permission/approval.ts";
import { explainCall } from "../../core/permission/explanation.ts";
import { type Folders, makeFolders, policyOf, type Tool, toolList } from "./start.ts";

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
});
afterAll(() => folders.remove());

const tool = (name: string, effect: Tool["effect"] = "runs"): Tool => {
  return { name, description: "", inputSchema: { type: "object" }, plugin: "mcp:docs", effect };
};

function asked(setting: { deny?: string[]; ask?: string[]; allow?: string[]; mode?: "plan" | "dontAsk" } = {}) {
  const offered: (readonly string[] | undefined)[] = [];
  const { mode, ...rules } = setting;
  const approver = createApprover({
    policy: policyOf({ folders, ...rules, ...(mode === undefined ? {} : { policy: { mode } }) }),
    judge: async () => ({ verdict: "allow", by: "" }),
    judgeAsk: async () => ({ verdict: "allow", by: "" }),
    ask: async ({ offerAlways }) => {
      offered.push(offerAlways);
      return { choice: "session" };
    },
    sessionRules: () => [],
    rememberAlways: async () => "local.json:1",
  });
  const { signal } = new AbortController();
  const approve = (of: Tool, input = {}) =>
    approver.approve({ sessionId: "s", callId: "c", tool: of.name, input, cwd: folders.workspace }, of, { signal });
  return { approve, offered };
}

test("a yes for the session covers the tool, whatever it is given, and no other tool of the server", async () => {
  const { approve, offered } = asked();
  expect(await approve(tool("mcp__docs__edit"), { page: 1 })).toMatchObject({
    ...{ verdict: "allow", remembered: { rule: "mcp__docs__edit", for: "session" } },
  });
  expect(await approve(tool("mcp__docs__edit"), { page: 2 })).toMatchObject({ verdict: "allow", asked: false });
  await approve(tool("mcp__docs__edit_all"));
  expect(offered).toEqual([["mcp__docs__edit"], ["mcp__docs__edit_all"]]);
});

test("nothing is offered where an ask rule asks, for a community plugin's tool without a subject, or for a name that is no rule", async () => {
  const { approve, offered } = asked({ ask: ["mcp__docs__edit"] });
  for (const name of ["mcp__docs__edit", "Deploy", "mcp__docs__a.b"]) await approve(tool(name));
  expect(offered).toEqual([undefined, undefined, undefined]);
});

test("a deny beats what was remembered and what is allowed; plan mode lets only what reads go ahead", async () => {
  const { approve } = asked({ deny: ["mcp__docs__edit(page:9)"], allow: ["mcp__docs"] });
  expect((await approve(tool("mcp__docs__edit"), { page: 1 })).verdict).toBe("allow");
  expect((await approve(tool("mcp__docs__edit"), { page: 9 })).verdict).toBe("deny");
  const plan = asked({ allow: ["mcp__docs"], mode: "plan" });
  expect((await plan.approve(tool("mcp__docs__edit"))).verdict).toBe("deny");
  expect((await plan.approve(tool("mcp__docs__find", "reads"))).verdict).toBe("allow");
});

test("what is explained without a server is what would be asked at most", async () => {
  const explain = (call: string, rules: { deny?: string[]; allow?: string[] } = {}) =>
    explainCall(call, {
      policy: policyOf({ folders, ...rules }),
      tools: toolList,
      cwd: folders.workspace,
      servers: ["docs", "my mail"],
    });
  expect(await explain("mcp__docs__search")).toMatchObject({ tool: "mcp__docs__search", verdict: "ask" });
  expect((await explain("mcp__my_mail__send", { allow: ["mcp__my_mail"] })).verdict).toBe("allow");
  expect((await explain('mcp__docs__search({"q":"x"})', { deny: ["mcp__docs__search(q:x)"] })).verdict).toBe("deny");
  await expect(explain("mcp__dosc__search")).rejects.toMatchObject({
    code: "TOOL_UNKNOWN",
    message: "There is no tool mcp__dosc__search: the configured MCP servers are docs, my mail.",
  });
});
