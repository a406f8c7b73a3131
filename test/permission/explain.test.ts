/** What `permissions explain` says of a call, and that it is what the approver does. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasCode } from "../../core/contract/errors.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { modes } from "../../core/contract/modes.ts";
import type { Policy } from "../../core/permission/approval.ts";
import { explainCall, runPermissionTests } from "../../core/permission/explanation.ts";
import { type Folders, makeFolders, policyOf, put, type Setting, start, toolList, type tools } from "./start.ts";

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
  await put(join(folders.workspace, "src/a.ts"));
  await put(join(folders.workspace, ".env"));
});
afterAll(() => folders.remove());

const explain = (call: string, setting: Omit<Setting, "folders"> = {}, judges: readonly string[] = []) =>
  explainCall(call, {
    policy: policyOf({ folders, ...setting }),
    tools: toolList,
    cwd: folders.workspace,
    judgesOf: () => judges,
  });

describe("explain says what the approver does", () => {
  const rules = {
    allow: ["Bash(npm:*)", "Edit(src/**)", "Bash(git log:*)", "Read(.env)"],
    ask: ["Bash(npm publish:*)", "Edit(*.lock)", "Deploy"],
    deny: ["Bash(rm:*)", "Read(secret/**)", "TodoWrite(x:*)"].slice(0, 2),
  };
  const calls = [
    ...["Read(src/a.ts)", "Read(.env)", "Read(secret/x)", "Read(../outside/x)", "Glob", "Grep(src)"],
    ...["Write(src/a.ts)", "Write(a.txt)", "Edit(x.lock)", "Write(.git/config)", "Write(secret/x)", "TodoWrite", "Deploy"],
    ...[
      "Bash(npm test)",
      "Bash(npm publish)",
      "Bash(npm test && rm x)",
      "Bash(ls | wc)",
      "Bash(cat .env)",
      "Bash(cat secret/x)",
    ],
    ...["Bash(npm test > src/out.ts)", "Bash(npm test > out.txt)", "Bash(npm test > $X)", "Bash($RUN)", "Bash(echo 'x)"],
    ...["Bash(cd x && rm -rf $(cat y))", "Bash(env A=1 npm test)", "Bash(git log --output=x)", "Bash(git log && node x)"],
  ];
  test.each(modes)("in %s", async (mode) => {
    for (const call of calls) {
      const { verdict, by, tool } = await explain(call, { ...rules, policy: { mode } });
      const { approve, questions } = start({ folders, ...rules, policy: { mode }, answers: () => ({ choice: "once" }) });
      const subject = /\((.*)\)$/s.exec(call)?.[1];
      const approval = await approve(tool as keyof typeof tools, subject);
      expect({ call, verdict }).toEqual({ call, verdict: questions.length > 0 ? "ask" : approval.verdict });
      if (questions.length === 0) expect({ call, by }).toEqual({ call, by: approval.by });
      else expect(by.name).not.toBe("");
    }
  });
});

describe("explain", () => {
  test("lists every command and file as written, who decides each and where", async () => {
    const told = await explain("Bash(cd src && rm -rf $(cat a.ts) > out.txt)", { deny: ["Bash(rm:*)"] });
    expect(told).toMatchObject({
      tool: "Bash",
      verdict: "deny",
      by: { kind: "rule", name: "Bash(rm:*)", source: "deny.json:1" },
      mode: "default",
      modeSource: "default",
    });
    expect(told.parts.map(({ text, verdict }) => [text, verdict])).toEqual([
      ["cd src", "allow"],
      ["rm -rf $(cat a.ts)", "deny"],
      ["cat a.ts", "allow"],
      [`> ${folders.workspace}/out.txt`, "ask"],
      [`> ${folders.workspace}/src/out.txt`, "ask"],
    ]);
    expect(told.parts[0]?.reason).toBe("it only reads, and the mode default allows that");
    expect(told.wouldChange).toContain("Without the deny rule Bash(rm:*) (deny.json:1) it would be asked.");
  });

  test("says what would change it: rules that would help, rules that would not and why, modes", async () => {
    expect((await explain("Bash(find . -delete)")).wouldChange).toEqual([
      "An allow rule Bash(find . -delete) would allow it.",
      expect.stringMatching(/^An allow rule Bash\(find:\*\) would not cover find \. -delete, because .*-delete/),
      "In the modes plan, dontAsk it would be denied.",
      "In the mode bypassPermissions it would be allowed.",
    ]);
    expect((await explain("Write(a.txt)")).wouldChange).toEqual([
      `An allow rule Edit(/${folders.workspace}/a.txt) would allow it.`,
      "In the modes plan, dontAsk it would be denied.",
      "In the modes acceptEdits, bypassPermissions it would be allowed.",
    ]);
    const secret = await explain("Read(.env)");
    expect(secret.wouldChange).toEqual([`An allow rule Read(/${folders.workspace}/.env) would allow it.`]);
    const asked = await explain("Bash(git push)", { ask: ["Bash(git:*)", "Bash(git push)"], allow: ["Bash(git push)"] });
    expect(asked.wouldChange[0]).toBe(
      "Without the ask rule Bash(git:*) (ask.json:1) it would still be asked, by the rule Bash(git push) (ask.json:2).",
    );
    const allowed = await explain("Bash(npm test)", { allow: ["Bash(npm test)"] });
    expect(allowed.wouldChange).toContain("Without the allow rule Bash(npm test) (allow.json:1) it would be asked.");
  });

  test("names who else sees the call, and takes an input as JSON", async () => {
    const told = await explain('Bash({"command": "npm test", "timeout": 5})', {}, ["the hook PreToolUse (a.json:3)"]);
    expect(told.parts.map(({ text }) => text)).toEqual(["npm test"]);
    expect(told.judges).toEqual(["the hook PreToolUse (a.json:3)"]);
  });

  test.each([
    ["Bsh(x)", "TOOL_UNKNOWN", "Did you mean Bash?"],
    ["WebFetch(domain:x.y)", "TOOL_UNKNOWN", "WebFetch is known, not in this build"],
    ["Bash(x", "RULE_INVALID", "the ( is not closed"],
    ["TodoWrite(x)", "RULE_INVALID", "TodoWrite has no subject"],
    ["", "RULE_INVALID", "A call is Tool or Tool(subject)"],
  ])("%j is %s", async (call, code, says) => {
    const error: unknown = await explain(call).catch((caught: unknown) => caught);
    expect(hasCode(error, code as "RULE_INVALID")).toBe(true);
    expect(String(error)).toContain(says);
  });
});

test("permission tests say what they got and why; a call that cannot be read fails", async () => {
  const policy: Policy = policyOf({ folders, deny: ["Bash(rm:*)"] });
  const tests = [
    { call: "Bash(rm x)", expect: "deny", source: "a.json:1" },
    { call: "Bash(ls)", expect: "ask", source: "a.json:2" },
    { call: "Bsh(ls)", expect: "deny", source: "a.json:3" },
  ] as const;
  expect(await runPermissionTests(tests, { policy, tools: toolList, cwd: folders.workspace })).toEqual([
    { ...tests[0], got: "deny", ok: true, reason: "Bash(rm x) is denied by the rule Bash(rm:*) (deny.json:1)" },
    { ...tests[1], got: "allow", ok: false, reason: "it only reads, and the mode default allows that" },
    { ...tests[2], got: "deny", ok: false, reason: expect.stringContaining("Did you mean Bash?") },
  ]);
});

const facts = (input: JsonObject) => ({ sessionId: "", callId: "", tool: "Bash", input, cwd: folders.workspace });

describe("a rule as the `if` of a hook", () => {
  test.each([
    ["Bash(rm:*)", "ls && rm x", true],
    ["Bash(rm:*)", "X=1 timeout 5 rm x", true],
    ["Bash(rm:*)", "echo $(rm x)", true],
    ["Bash(rm:*)", "ls -la", false],
    ["Bash(rm:*)", "echo 'x", true],
    ["Bash(rm:*)", "$RUN x", true],
    ["Edit(src/**)", "node x > src/a.ts", true],
    ["Edit(src/**)", "node x > a.ts", false],
    ["Edit(src/**)", "node x > $OUT", true],
    ["Read(.env)", "cat .env", true],
    ["Bash", "ls", true],
    ["Deploy", "ls", false],
  ])("%s and %j: %s", async (rule, command, expected) => {
    const approver = start({ folders }).approver;
    const [parsed] = policyOf({ folders, deny: [rule] }).rules;
    const tool = toolList.find(({ name }) => name === "Bash");
    if (parsed === undefined || tool === undefined) throw new Error("no rule");
    expect(await approver.matches(parsed, facts({ command }), tool)).toBe(expected);
    expect(await approver.matches({ ...parsed, behavior: "allow" }, facts({ command }), tool)).toBe(expected);
  });
});
