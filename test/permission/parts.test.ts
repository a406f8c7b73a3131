/** Shell lines as lists of parts: each command, each redirection and each file that is read decides for itself. */
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Mode } from "../../core/permission/modes.ts";
import { type Folders, makeFolders, put, type Setting, start } from "./start.ts";

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
  await put(join(folders.workspace, "a.txt"));
  await put(join(folders.workspace, "keys/server.pem"));
  await put(join(folders.workspace, "keys/notes.txt"));
  await put(join(folders.workspace, ".env"));
  await put(join(folders.outside, "notes.md"));
  await symlink(join(folders.outside, "notes.md"), join(folders.workspace, "link.md"));
});
afterAll(() => folders.remove());

const open = (mode: Mode, setting: Omit<Setting, "folders" | "policy"> = {}) =>
  start({ folders, ...setting, policy: { mode, modeSource: "user.json:3" } });

async function verdict(mode: Mode, line: string, rules: Pick<Setting, "allow" | "ask" | "deny"> = {}): Promise<string> {
  const { approve, questions } = open(mode, { ...rules, answers: () => ({ choice: "once" }) });
  const approval = await approve("Bash", line);
  return questions.length > 0 ? "ask" : approval.verdict;
}

describe("commands of a line", () => {
  test("all must be allowed, be it by different rules", async () => {
    const allow = ["Bash(npm test:*)", "Bash(node x.js)"];
    expect(await verdict("default", "npm test && node x.js", { allow })).toBe("allow");
    expect(await verdict("default", "npm test && node y.js", { allow })).toBe("ask");
    expect(await verdict("dontAsk", "npm test; node x.js; node y.js", { allow })).toBe("deny");
  });

  test("the strictest wins, wherever it stands, and the verdict names the part and the decider", async () => {
    const rules = { allow: ["Bash(npm:*)"], ask: ["Bash(git push:*)"], deny: ["Bash(shutdown:*)"] };
    expect(await verdict("default", "npm test && git push", rules)).toBe("ask");
    const denied = await open("bypassPermissions", rules).approve("Bash", "git push && npm test; shutdown now");
    expect(denied).toMatchObject({
      verdict: "deny",
      by: { kind: "rule", name: "Bash(shutdown:*)", source: "deny.json:1" },
      reason:
        "Bash(shutdown now) is denied by the rule Bash(shutdown:*) (deny.json:1) (a part of Bash(git push && npm test; shutdown now))",
    });
  });

  test("an allowed line tells who allowed each part", async () => {
    const { by, reason } = await open("default", { allow: ["Bash(npm test)"] }).approve("Bash", "ls && npm test");
    expect(by).toEqual({ kind: "mode", name: "default", source: "user.json:3" });
    expect(reason).toBe("ls: the mode default (user.json:3); npm test: the rule Bash(npm test) (allow.json:1)");
  });

  test("lines that only read are reads, in plan too", async () => {
    for (const mode of ["plan", "default", "dontAsk"] as const) {
      expect(await verdict(mode, "ls -la | head -3")).toBe("allow");
      expect(await verdict(mode, "cat a.txt && wc -l a.txt")).toBe("allow");
    }
    expect(await verdict("plan", "ls && touch x")).toBe("deny");
    expect(await verdict("plan", "ls > out.txt")).toBe("deny");
  });

  test("an exact rule for a wrapped command, or for the whole line, allows what was written", async () => {
    expect(await verdict("default", "timeout 5 node x.js", { allow: ["Bash(timeout 5 node x.js)"] })).toBe("allow");
    expect(await verdict("default", "timeout 5 node x.js", { allow: ["Bash(node x.js)"] })).toBe("allow");
    expect(await verdict("default", "node x.js && node y.js", { allow: ["Bash(node x.js && node y.js)"] })).toBe("allow");
    expect(await verdict("default", "node x.js && $RUN", { allow: ["Bash(node x.js && $RUN)"] })).toBe("ask");
  });
});

describe("redirections", () => {
  const allow = ["Bash(node:*)"];
  test.each([
    ["default", "node x > out.txt", [], "ask"],
    ["default", "node x > out.txt", ["Edit(out.txt)"], "allow"],
    ["default", "node x >> sub/out.txt", ["Edit(sub/**)"], "allow"],
    ["acceptEdits", "node x > out.txt", [], "allow"],
    ["acceptEdits", "node x > .git/hooks/pre-commit", [], "ask"],
    ["acceptEdits", "node x > gantry.config.json", [], "ask"],
    ["acceptEdits", "node x > ../outside/new.md", [], "ask"],
    ["acceptEdits", "node x > link.md", [], "ask"],
    ["acceptEdits", "node x > .env", [], "deny"],
    ["acceptEdits", "node x > $OUT", [], "ask"],
    ["acceptEdits", "node x > $OUT", ["Edit"], "ask"],
    ["default", "node x > /dev/null 2>&1", [], "allow"],
    ["bypassPermissions", "node x > $OUT", [], "allow"],
  ] as const)("in %s, %s with %j: %s", async (mode, line, more, expected) => {
    expect(await verdict(mode, line, { allow: [...allow, ...more] })).toBe(expected);
  });

  test("Edit rules that restrict hold for them in every mode", async () => {
    const line = "node x > src/out.ts";
    expect(await verdict("bypassPermissions", line, { deny: ["Edit(src/**)"] })).toBe("deny");
    expect(await verdict("bypassPermissions", line, { ask: ["Edit(*.ts)"] })).toBe("ask");
    expect(await verdict("bypassPermissions", line, { deny: ["Read(src/**)"] })).toBe("deny");
    expect(await verdict("bypassPermissions", "node x > $OUT", { deny: ["Edit(src/**)"] })).toBe("ask");
  });

  test("a file that is read by redirection is a read", async () => {
    expect(await verdict("default", "node x < a.txt", { allow })).toBe("allow");
    expect(await verdict("default", "node x < ../outside/notes.md", { allow })).toBe("ask");
    expect(await verdict("default", "node x < .env", { allow })).toBe("deny");
    expect(await verdict("bypassPermissions", "node x < a.txt", { deny: ["Read(a.txt)"] })).toBe("deny");
  });
});

describe("what known readers read", () => {
  const allow = ["Bash(cat:*)", "Bash(grep:*)"];
  test.each([
    ["cat .env", "deny"],
    ["grep x a.txt .env", "deny"],
    ["cat keys/*", "deny"],
    ["cat keys/*.txt", "allow"],
    ["cat ../outside/notes.md", "allow"],
    ["cat $FILE", "ask"],
  ])("%s, where the commands are allowed: %s", async (line, expected) => {
    expect(await verdict("default", line, { allow })).toBe(expected);
  });

  test("without a rule, outside the workspace is asked; Read rules hold", async () => {
    expect(await verdict("default", "cat ../outside/notes.md")).toBe("ask");
    expect(await verdict("bypassPermissions", "cat a.txt", { deny: ["Read(a.txt)"] })).toBe("deny");
    expect(await verdict("bypassPermissions", "cat link.md", { deny: [`Read(/${folders.outside}/**)`] })).toBe("deny");
    expect(await verdict("bypassPermissions", "cat a.txt", { ask: ["Read(*.txt)"] })).toBe("ask");
    expect(await verdict("default", "cat .env", { allow: ["Read(.env)", "Bash(cat:*)"] })).toBe("allow");
  });
});

describe("answers", () => {
  test("always for a line writes one rule for each part that was asked, and holds for it", async () => {
    const { approve, questions, written } = open("default", { answers: () => ({ choice: "always" }) });
    const line = "ls && node x.js && node y.js > out.txt";
    const rules = ["Bash(node x.js)", "Bash(node y.js)", `Edit(/${folders.workspace}/out.txt)`];
    const { remembered } = await approve("Bash", line);
    expect(questions[0]?.offerAlways).toEqual(rules);
    expect(questions[0]?.reason).toContain("node y.js: no rule allows it");
    expect(remembered).toEqual({ rule: rules[0], more: rules.slice(1), for: "always", file: "local.json:1" });
    expect(written).toEqual(rules);
    expect((await approve("Bash", line)).asked).toBe(false);
    expect((await approve("Bash", "node y.js")).by).toMatchObject({ kind: "remembered", name: rules[1] });
    expect((await approve("Write", "out.txt")).by.kind).toBe("remembered");
    expect((await approve("Bash", "node x.js > other.txt")).asked).toBe(true);
  });

  test("nothing is offered when one part can have no rule", async () => {
    const { approve, questions } = open("default", { answers: () => ({ choice: "always" }) });
    await approve("Bash", "node x.js && node y.js > $OUT");
    expect(questions[0]?.offerAlways).toBeUndefined();
  });
});

describe("a config hook's yes", () => {
  const hook = { verdict: "allow", by: "", allowedBy: "PreToolUse#1 (/p/gantry.config.json:7)" } as const;
  test("answers what would be asked, and is named with its place", async () => {
    const { approve, questions } = open("default", { judge: hook, answers: () => ({ choice: "no" }) });
    expect(await approve("Bash", "npm test && $RUN")).toMatchObject({
      verdict: "allow",
      by: { kind: "hook", name: hook.allowedBy, source: "/p/gantry.config.json:7" },
    });
    expect(questions).toEqual([]);
  });

  test("opens no deny rule, secrets file, plan mode, ask rule or dontAsk", async () => {
    const judged = { judge: hook } as const;
    expect((await open("default", { ...judged, deny: ["Bash(npm:*)"] }).approve("Bash", "npm test")).verdict).toBe("deny");
    expect((await open("default", judged).approve("Read", ".env")).code).toBe("PATH_DENIED");
    expect((await open("plan", judged).approve("Bash", "npm test")).by.kind).toBe("mode");
    expect((await open("dontAsk", judged).approve("Bash", "npm test")).by.kind).toBe("mode");
    const asking = open("default", { ...judged, ask: ["Bash(npm:*)"], answers: () => ({ choice: "no" }) });
    await asking.approve("Bash", "npm test");
    expect(asking.questions).toHaveLength(1);
  });

  test("at tool.ask answers instead of the user, with another input and rules when it gives them", async () => {
    const judgeAsk = { ...hook, input: { command: "npm ci" }, remember: ["Bash(npm ci)"] };
    const { approve, questions } = open("default", { judgeAsk, ask: ["Bash"], answers: () => ({ choice: "no" }) });
    expect(await approve("Bash", "npm test")).toMatchObject({
      verdict: "allow",
      asked: true,
      by: { kind: "hook" },
      input: { command: "npm ci" },
      remember: ["Bash(npm ci)"],
    });
    expect(questions).toEqual([]);
  });
});
