import { describe, expect, test } from "vitest";
import { hasCode } from "../../core/contract/errors.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { modeAliases, modes } from "../../core/contract/modes.ts";
import { parseMode, refuseRootBypass } from "../../core/permission/modes.ts";
import { type Behavior, parseRules } from "../../core/permission/rules/rules.ts";
import { toolList } from "./start.ts";

const withSchema = toolList.map((tool) => {
  const { field } = tool.subject ?? { field: "note" };
  const inputSchema: JsonObject = {
    type: "object",
    properties: {
      [field]: { type: "string" },
      limit: { type: "integer" },
      deep: { type: "boolean" },
      todos: { type: "array" },
    },
  };
  return { ...tool, inputSchema };
});

const problemsOf = (rule: string, behavior: Behavior = "deny") =>
  parseRules([{ behavior, rule, source: "/p/gantry.config.json:4", base: "/p" }], withSchema).problems;

describe("rules that cannot work are problems, with the right form", () => {
  test.each([
    ["Raed(./x)", "there is no tool Raed. Did you mean Read?"],
    ["bash", "there is no tool bash. Did you mean Bash?"],
    ["Zzzzzzz", "there is no tool Zzzzzzz."],
    ["Write(./x)", "it can never match: paths of Write are ruled by Edit; write Edit(./x)"],
    ["Grep(src/**)", "it can never match: paths of Grep are ruled by Read; write Read(src/**)"],
    ["Glob(src/**)", "it can never match: paths of Glob are ruled by Read; write Read(src/**)"],
    ["NotebookEdit(a.ipynb)", "it can never match: paths of NotebookEdit are ruled by Edit; write Edit(a.ipynb)"],
    ["TodoWrite(./x)", "it can never match: TodoWrite takes no specifier; write TodoWrite"],
    ["Bash()", "it can never match: the specifier is empty; write Bash for all that Bash is"],
    ["Bash(:*)", "it can never match: the specifier names no command"],
    ["Bash(ls:* foo)", ':* means "and what follows" only at the end; write Bash(ls * foo)'],
    ["Bash(ls))", "the ( ) in it do not match, so no shell would run it; write Bash(ls)"],
    ["Bash(ls )", "the specifier has a space at an end; write Bash(ls)"],
    ["Bash(ls) ", "there is a space at its end; write Bash(ls)"],
    ["Bash (ls)", "no space belongs between Bash and its ( ); write Bash(ls)"],
    ["Bash(npm test", "the ( is not closed at the end; write Bash(npm test)"],
    ["Bash(a) b", "the ( is not closed at the end; write Bash(a)"],
    ["Bash npm", 'after Bash comes a specifier in ( ), not " npm"; write Bash(npm)'],
    ["", "a rule begins with the name of a tool"],
    ["Read()", "it can never match: the specifier is empty; write Read"],
    ["Read(../x)", "it can never match: `..`, `.` and empty names are not in a real path; it leads out of where it starts"],
    ["Read(a/../b)", "it can never match: `..`, `.` and empty names are not in a real path; write Read(b)"],
    ["Read(//a/./b)", "it can never match: `..`, `.` and empty names are not in a real path; write Read(//a/b)"],
    ["Read(a[b)", "it can never match: a bracket [ is not closed"],
    ["Read(a(b)", "it can never match: the ( ) in it do not match; write \\( for one in a name"],
    [
      "Read(*.{ts,js})",
      "it can never match: { } are no alternatives in gitignore syntax; write one rule for each, as Read(*.ts)",
    ],
    ["Read(/)", "it can never match: it names a folder and no file; for all below it write /**"],
    ["Read(//)", "it can never match: it names a folder and no file; for all below it write //**"],
    ["Read(~)", "it can never match: it names a folder and no file; for all below it write ~/**"],
    ["Read(!x)", "it can never match: a rule cannot be negated"],
    ["Read(C:\\Users\\x)", "it can never match: a path with a drive is no path here; write Read(//c/Users/x)"],
    [
      "Read(src\\a.ts)",
      "it can never match: a backslash separates nothing, it makes the next letter a plain one; write Read(src/a.ts)",
    ],
    ["Read($HOME/x)", "it can never match: variables are not read in rules; write Read(~/x)"],
    ["Read(~bob/x)", "it can never match: ~ is your own home folder and no other's; write Read(//home/bob/x)"],
    [
      "WebFetch(https://Example.com/x)",
      "it can never match: a specifier of WebFetch is domain:host; write WebFetch(domain:Example.com)",
    ],
    [
      "WebFetch(domain:example.com:80)",
      "it can never match: after domain: comes the name of a host and nothing else; write WebFetch(domain:example.com)",
    ],
    ["WebFetch(domain:)", "it can never match: after domain: comes the name of a host and nothing else"],
    ["Agent(a b)", "it can never match: Agent(…) takes one name; write Agent(a-b)"],
    ["Agent(subagent_type:x)", "it can never match: Agent(…) takes one name"],
    ["Skill(skills/commit.md)", "it can never match: Skill(…) takes one name; write Skill(commit)"],
    ["Cd(../x)", "it can never match: `..`, `.` and empty names are not in a real path"],
    ["Xyz*", "it can never match: no tool is named like Xyz*."],
    ["bas*", "it can never match: no tool is named like bas*. Did you mean Bash?"],
    ["mcp__*(x)", "a name for more than one tool takes no specifier; write mcp__*"],
    ["B*(x)", "a name for more than one tool takes no specifier; write B*"],
    ["Bash(command:rm)", "command is not compared as a text; write Bash(rm)"],
    ["Read(file_path:x)", "file_path is not compared as a text; write Read(x)"],
    ["Grep(path:x)", "path is not compared as a text; write Read(x)"],
    ["Deploy(limti:3)", "it can never match: Deploy has no parameter limti. Did you mean limit?"],
    ["Deploy(deep:yes)", "it can never match: deep is one of true, false."],
    [
      "Deploy(todos:x)",
      "it can never match: todos is a list, and only texts, numbers and yes or no are compared; write Deploy",
    ],
    ["Deploy(limit:)", "it can never match: after limit: comes a value; write Deploy(limit:*) for any"],
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

  test.each([
    ["*", "an allow rule names its tool"],
    ["mcp__*", "an allow rule names its tool: a * may stand only after mcp__server__"],
    ["mcp__do*", "an allow rule names its tool"],
    ["Web*", "an allow rule names its tool"],
    ["Deploy(limit:3)", "only ask and deny rules compare a parameter (limit)"],
    ["Agent(model:opus)", "only ask and deny rules compare a parameter (model)"],
    [
      "mcp__docs__search(x:1)",
      "it can never match: mcp__docs__search takes no specifier but (parameter:value), in ask and deny rules",
    ],
  ])("%j, to allow", (rule, what) => {
    expect(problemsOf(rule, "allow")).toMatchObject([{ message: expect.stringContaining(`is wrong: ${what}`) }]);
  });

  test.each([
    ...[
      "WebFetch",
      "WebFetch(domain:example.com)",
      "WebSearch",
      "NotebookEdit",
      "Agent(explore)",
      "Task(explore)",
      "Agent(team:x)",
    ],
    ...["Skill(commit)", "Cd(~/work)", "PowerShell(ls)"],
  ])("%s names what this build does not have: a warning", (rule) => {
    for (const behavior of ["allow", "ask", "deny"] as const)
      expect(problemsOf(rule, behavior)).toMatchObject([
        { code: "RULE_INVALID", severity: "warning", line: 4, message: expect.stringContaining("is known, not in this build") },
      ]);
  });

  test.each(["Web*", "Agent(model:opus)", "WebFetch(prompt:*)"])("%s too, where it restricts", (rule) => {
    expect(problemsOf(rule)).toMatchObject([{ severity: "warning" }]);
  });

  test.each(["mcp__docs", "mcp__docs__*", "mcp__docs__search", "mcp__docs__search(query:x*)", "mcp__*"])(
    "%s is ready before its server runs; a server that is not configured is a warning, and the rule holds",
    (rule) => {
      const line = { behavior: "deny", rule, source: "/p/gantry.config.json:4", base: "/p" } as const;
      const known = parseRules([line], toolList, ["docs", "mail"]);
      expect([known.rules.length, known.problems]).toEqual([1, []]);
      const unknown = parseRules([line], toolList, ["dosc"]);
      expect(unknown.rules).toHaveLength(1);
      const why = "has nothing to rule: there is no MCP server docs; the configured MCP servers are dosc. Did you mean dosc?";
      if (rule !== "mcp__*")
        expect(unknown.problems).toMatchObject([{ severity: "warning", message: expect.stringContaining(why) }]);
      expect(parseRules([line], toolList, []).problems).toMatchObject([{ severity: "warning" }]);
      expect(parseRules([line], toolList).problems).toEqual([]);
    },
  );

  test("a tool that a ready server does not have, and a parameter that its tool lacks, are warnings; the rules hold", () => {
    const properties = { query: { type: "string" } };
    const ready = [{ name: "mcp__docs__search", effect: "runs", inputSchema: { type: "object", properties } }] as const;
    for (const [rule, why] of [
      ["mcp__docs__serach", "the MCP server docs has no tool named like mcp__docs__serach. Did you mean mcp__docs__search?"],
      ["mcp__docs__search(qurey:x)", "mcp__docs__search has no parameter qurey. Did you mean query?"],
    ]) {
      const line = { behavior: "deny", rule: rule ?? "", source: "/p/g:4", base: "/p" } as const;
      const { rules, problems } = parseRules([line], ready, ["docs"]);
      expect([rules.length, problems]).toMatchObject([
        1,
        [{ severity: "warning", message: expect.stringContaining(why ?? "") }],
      ]);
    }
    expect(problemsOf("mcp__docs__read(path:/etc/*)")).toMatchObject([
      { message: expect.stringContaining("path is not compared as a text") },
    ]);
  });

  test("a server whose name holds __ is named as a whole", () => {
    const line = { behavior: "deny", rule: "mcp__a__b", source: "--deny", base: "/p" } as const;
    const [rule] = parseRules([line], [], ["a__b"]).rules;
    expect(rule?.names?.parts).toEqual(["mcp__a__b__", ""]);
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
    ...["Bash", "Bash(*)", "Bash(npm test *)", "Bash(echo '(')", "Bash(echo (x))", "Bash(limit:*)", "Bash(a\\:\\* b)"],
    ...["Read(*)", "Edit(//tmp/x)", "Read(~/.zshrc)", "Read(**/*.key)", "Read(app/(group)/x)", "Read(a\\ )", "Read(\\{a,b\\})"],
    ...["*", "B*", "Deploy(limit:3)", "Deploy(note:a*)"],
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
