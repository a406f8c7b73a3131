import { describe, expect, test } from "vitest";
import { readMatcher } from "../../core/config-hooks/declared/matcher.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { PublicEvent } from "../../core/contract/public-events.ts";

const tools = ["Bash", "Read", "Write", "Edit"];

function matching(matcher: Json | undefined, names: readonly string[], event: PublicEvent = "PreToolUse"): string[] {
  const read = readMatcher(event, matcher, tools);
  expect(read.findings.filter(({ level }) => level === "broken")).toEqual([]);
  return names.filter((name) => read.matcher.matches(name));
}

const some = ["Bash", "BashOutput", "Edit", "MultiEdit", "NotebookEdit", "Write", "mcp__memory__create", "mcp__memory"];

describe("a matcher matches", () => {
  const rows: [matcher: Json | undefined, matched: string[]][] = [
    [undefined, some],
    ["", some],
    ["*", some],
    ["Bash", ["Bash"]],
    ["Edit|Write", ["Edit", "Write"]],
    [" Edit , Write ", ["Edit", "Write"]],
    ["Edit|", ["Edit"]],
    ["Notebook.*", ["NotebookEdit"]],
    ["^Edit", ["Edit"]],
    [".*Edit", ["Edit", "MultiEdit", "NotebookEdit"]],
    ["mcp__memory__.*", ["mcp__memory__create"]],
    ["mcp__.*__create", ["mcp__memory__create"]],
    ["Bash(Output)?", ["Bash", "BashOutput"]],
    ["Bash(.*)|Write", ["Bash", "BashOutput", "Write"]],
  ];
  test.each(rows)("%j: %j", (matcher, matched) => expect(matching(matcher, some)).toEqual(matched));

  test("what an event without a value gives", () => {
    expect(readMatcher("Stop", "", tools).matcher.matches(undefined)).toBe(true);
  });

  test("a name that is longer than any tool's, so that a guard looks at it", () => {
    expect(readMatcher("PreToolUse", "mcp__a.*", tools).matcher.matches("x".repeat(300))).toBe(true);
  });
});

describe("a matcher that can match nothing says so", () => {
  const rows: [event: PublicEvent, matcher: Json, what: string][] = [
    ["PreToolUse", 5, "broken: matcher is a string, not 5"],
    ["PreToolUse", "x".repeat(1001), "broken: the matcher has 1001 characters; at most 1000 are read"],
    ["PreToolUse", "bash", "broken: there is no tool bash. Did you mean Bash?"],
    ["PreToolUse", "Zzzzzzz", "broken: there is no tool Zzzzzzz."],
    ["PreToolUse", "|", 'broken: the matcher "|" names nothing'],
    ["PreToolUse", "Edit Write", 'broken: "Edit Write" is one name with spaces; write Edit|Write'],
    ["PreToolUse", "mcp__memory", "broken: mcp__memory is an exact name and matches no tool; write mcp__memory__.*"],
    ["PreToolUse", "mcp__memory__", "broken: mcp__memory__ is an exact name and matches no tool; write mcp__memory__.*"],
    [
      "PreToolUse",
      "Bash(git:*)",
      'broken: the matcher "Bash(git:*)" is a permission rule; write "matcher": "Bash" and "if": "Bash(git:*)"',
    ],
    [
      "PostToolUse",
      "Write(*.py)",
      'broken: the matcher "Write(*.py)" is a permission rule; write "matcher": "Write" and "if": "Write(*.py)"',
    ],
    [
      "PreToolUse",
      "[",
      "broken: the matcher is no regular expression: Invalid regular expression: /[/: Unterminated character class",
    ],
    [
      "PreToolUse",
      "((a+)b)+",
      'broken: the matcher "((a+)b)+" repeats a group that repeats; it can take very long, so it is not used',
    ],
    [
      "PreToolUse",
      ".*a.*b.*c.*d.*e",
      'broken: the matcher ".*a.*b.*c.*d.*e" repeats more than 4 things in a row; it can take very long, so it is not used',
    ],
    [
      "PreToolUse",
      "(a|a)".repeat(9),
      expect.stringMatching(/^broken: the matcher .* has more than 8 choices in a row; it can take very long/),
    ],
    ["PreToolUse", "Bsh.*", 'note: the matcher "Bsh.*" matches none of the tools'],
    ["PreToolUse", "WebFetch", "note: WebFetch is known, but not in this build: it never runs"],
    ["PreToolUse", "Task|MultiEdit", "note: Task, MultiEdit are known, but not in this build: it never runs"],
    [
      "PreToolUse",
      "mcp__memroy__create",
      "note: mcp__memroy__create is of an MCP server that is not configured: it never runs",
    ],
    ["UserPromptSubmit", "x", 'broken: UserPromptSubmit has nothing to match "x" with; leave matcher out'],
    ["Stop", ".*", 'broken: Stop has nothing to match ".*" with; leave matcher out'],
    ["SessionStart", "startupp", "broken: source is never startupp; it is startup, resume. Did you mean startup?"],
    [
      "StopFailure",
      "billing_error",
      expect.stringMatching(/^note: in this build error is only rate_limit, .*: a hook for billing_error never runs$/),
    ],
    [
      "StopFailure",
      "rate_limited",
      expect.stringMatching(/^broken: error is never rate_limited; it is rate_limit, .*unknown\. Did you mean rate_limit\?$/),
    ],
    ["SessionStart", "compact", "note: in this build source is only startup, resume: a hook for compact never runs"],
    ["ConfigChange", "skills", expect.stringMatching(/^note: in this build source is only .*: a hook for skills never runs$/)],
    [
      "Notification",
      "idle.?promt",
      expect.stringMatching(/^note: the matcher "idle.\?promt" matches none of permission_prompt, /),
    ],
  ];
  test.each(rows)("%s %j", (event, matcher, what) => {
    expect(
      readMatcher(event, matcher, tools, ["memory"]).findings.map((finding) => `${finding.level}: ${finding.what}`),
    ).toEqual([what]);
  });

  test.each([
    ["PreToolUse", "Edit|Write|MultiEdit|NotebookEdit"],
    ["SessionStart", "startup|resume|clear|compact"],
    ["StopFailure", "rate_limit|billing_error"],
    ["StopFailure", "server_.*"],
    ["PreToolUse", "mcp__.*"],
    ["PreToolUse", "mcp__memory__create"],
    ["PreToolUse", "^mcp__(?:a|b)__.*|Edit.*|Write.*|Read.*|Bash.*|Notebook[A-Z]+.*"],
  ] as const)("but %s %s is sound: some of it comes here", (event, matcher) => {
    expect(readMatcher(event, matcher, tools).findings).toEqual([]);
  });
});
