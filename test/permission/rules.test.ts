import { describe, expect, test } from "vitest";
import { hasCode } from "../../core/contract/errors.ts";
import { modeAliases, modes } from "../../core/contract/modes.ts";
import { parseMode, refuseRootBypass } from "../../core/permission/modes.ts";
import { type Behavior, parseRules } from "../../core/permission/rules.ts";
import { toolList } from "./start.ts";

const problemsOf = (rule: string, behavior: Behavior = "deny") =>
  parseRules([{ behavior, rule, source: "/p/gantry.config.json:4", base: "/p" }], toolList).problems;

describe("rules that cannot work are problems", () => {
  test.each([
    ["Raed(./x)", "there is no tool Raed. Did you mean Read?"],
    ["Zzzzzzz", "there is no tool Zzzzzzz."],
    ["WebFetch(domain:example.com)", "WebFetch is a known tool that is not in this build"],
    ["mcp__docs__search", "mcp__docs__search is a known tool that is not in this build"],
    ["Write(./x)", "it can never match: paths of Write are ruled by Edit; write Edit(./x)"],
    ["Grep(src/**)", "it can never match: paths of Grep are ruled by Read; write Read(src/**)"],
    ["TodoWrite(./x)", "it can never match: TodoWrite takes no specifier; write TodoWrite"],
    ["Bash()", "it can never match: the specifier names no command"],
    ["Bash(:*)", "it can never match: the specifier names no command"],
    ["Read()", "it can never match: the specifier is empty"],
    ["Read(../x)", "it can never match: `..`, `.` and empty names are not in a real path"],
    ["Read(a[b)", "it can never match: a bracket [ is not closed"],
    ["Read(/)", "it can never match: it names a folder and no file; for all below it write /**"],
    ["Read(~)", "it can never match: it names a folder and no file; for all below it write ~/**"],
    ["Read(!x)", "it can never match: a rule cannot be negated"],
    ["Bash(npm test", "the ( is not closed at the end"],
    ["Bash(a) b", "the ( is not closed at the end"],
    ["Bash npm", 'after Bash comes a specifier in ( ), not " npm"'],
    ["", "a rule begins with the name of a tool"],
  ])("%j", (rule, what) => {
    expect(problemsOf(rule)).toEqual([
      {
        code: "RULE_INVALID",
        file: "/p/gantry.config.json",
        line: 4,
        message: expect.stringContaining(`the deny rule ${JSON.stringify(rule)} is wrong: ${what}`),
        key: "permissions.deny",
        hint: expect.stringContaining("Tool(specifier)"),
      },
    ]);
  });

  test("all at once, and the sound rules are kept in order", () => {
    const lines = ["Read", "Raed", "Bash(npm test:*)", "Write(x)"].map((rule) => {
      return { behavior: "allow", rule, source: "--allow", base: "/p" } as const;
    });
    const { rules, problems } = parseRules(lines, toolList);
    expect(rules.map(({ text }) => text)).toEqual(["Read", "Bash(npm test:*)"]);
    expect(problems.map(({ message }) => message.startsWith("--allow: "))).toEqual([true, true]);
  });

  test.each([
    "Bash",
    "Bash(*)",
    "Read(*)",
    "Edit(//tmp/x)",
    "Read(~/.zshrc)",
    "Read(**/*.key)",
    "Bash(echo (x))",
    "Bash(a:* b)",
  ])("%s is sound", (rule) => expect(problemsOf(rule)).toEqual([]));
});

describe("modes", () => {
  test("every mode and accepted name parses", () => {
    expect(modes.map((mode) => parseMode(mode))).toEqual(modes);
    expect(Object.keys(modeAliases).map((name) => parseMode(name))).toEqual(["plan", "acceptEdits", "bypassPermissions"]);
  });

  test.each([
    ["acceptEdit", "Did you mean acceptEdits?"],
    ["workspace-writ", "Did you mean workspace-write?"],
    ["toString", "which is not a mode."],
  ])("%s is an error", (name, says) => {
    expect(() => parseMode(name, "--permission-mode")).toThrow(says);
    expect(() => parseMode(name)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  test("root may not bypass approvals without a flag", () => {
    let caught: unknown;
    try {
      refuseRootBypass({ mode: "bypassPermissions", uid: 0, allowed: false });
    } catch (error) {
      caught = error;
    }
    expect(hasCode(caught, "ROOT_BYPASS_REFUSED")).toBe(true);
    refuseRootBypass({ mode: "bypassPermissions", uid: 0, allowed: true });
    refuseRootBypass({ mode: "bypassPermissions", uid: 1000, allowed: false });
    refuseRootBypass({ mode: "default", uid: 0, allowed: false });
  });
});
