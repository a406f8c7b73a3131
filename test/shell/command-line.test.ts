import { describe, expect, test } from "vitest";
import { errorTable, hasCode } from "../../core/contract/errors.ts";
import type { CommandManifest, PluginManifest } from "../../core/contract/manifest.ts";
import { type CommandLine, readCommandLine } from "../../core/shell/command-line.ts";
import { createCommandTable } from "../../core/shell/commands.ts";

const command = (id: string, more: Partial<CommandManifest> = {}): CommandManifest => ({
  id,
  summary: `Does ${id}.`,
  args: [],
  flags: [],
  examples: [],
  ...more,
});
const plugin = (name: string, ...commands: CommandManifest[]): PluginManifest => ({
  name,
  version: "1.0.0",
  description: "",
  permissions: {},
  contributes: { tools: [], commands, taps: [], providers: [] },
});

const notes = plugin(
  "notes",
  command("notes list", { flags: [{ name: "limit", type: "integer", summary: "At most." }] }),
  command("notes list old", { args: [{ name: "year", summary: "A year.", required: true }] }),
  command("notes"),
);
const table = createCommandTable([notes]);
const read = (...argv: string[]): Promise<CommandLine> => readCommandLine(argv, table);
const problemsOf = async (...argv: string[]): Promise<unknown> => {
  const error = await read(...argv).then(
    () => undefined,
    (thrown: unknown) => thrown as { code: string; detail?: { problems?: string[] } },
  );
  return error && { code: error.code, problems: error.detail?.problems ?? [] };
};

describe("which command is meant", () => {
  test("the longest id that the words begin with is the command, the rest are arguments", async () => {
    expect(await read("notes", "list", "old", "1999")).toMatchObject({
      command: { id: "notes list old" },
      input: { args: { year: "1999" } },
    });
    expect(await read("notes", "list")).toMatchObject({ command: { id: "notes list" } });
    expect(await read("notes")).toMatchObject({ command: { id: "notes" } });
  });

  test("flags with values may stand before the command and between its words", async () => {
    expect(await read("-C", "/somewhere", "notes", "--limit", "3", "list")).toMatchObject({
      command: { id: "notes list" },
      cwd: "/somewhere",
      input: { flags: { limit: 3, cwd: "/somewhere" } },
    });
  });

  test("an unknown word is an error with the nearest command, never a prompt", async () => {
    await expect(read("foo")).rejects.toSatisfy((error) => hasCode(error, "COMMAND_UNKNOWN"));
    await expect(read("docter")).rejects.toThrow("Did you mean doctor?");
    await expect(read("notes", "lst", "--help")).resolves.toMatchObject({ kind: "help" });
    expect(errorTable.COMMAND_UNKNOWN.exit).toBe(2);
  });

  test("--help anywhere asks for the help of the command; after -- it is an argument", async () => {
    expect(await read("--help", "notes", "list")).toEqual({ kind: "help", words: ["notes", "list"], json: false });
    expect(await read("run", "--", "--help")).toMatchObject({ input: { args: { prompt: "--help" } } });
    expect(await read("-h")).toEqual({ kind: "help", words: [], json: false });
    expect(await read("help", "notes", "list")).toEqual({ kind: "help", words: ["notes", "list"], json: false });
    expect(await read("run", "--version")).toEqual({ kind: "version" });
  });

  test("no words at all is the line session with its own flags", async () => {
    expect(await read("--model", "a/b")).toMatchObject({ command: { id: "" }, input: { flags: { model: "a/b" } } });
  });
});

describe("flags and arguments", () => {
  test("a flag after the prompt is still a flag", async () => {
    expect(await read("run", "fix it", "--model", "a/b", "--allow", "Read", "--allow=Bash(npm test:*)")).toMatchObject({
      input: { args: { prompt: "fix it" }, flags: { model: "a/b", allow: ["Read", "Bash(npm test:*)"] } },
    });
  });

  test("- is an argument and -- ends flags", async () => {
    expect(await read("run", "-")).toMatchObject({ input: { args: { prompt: "-" } } });
    expect(await read("run", "--", "--model")).toMatchObject({ input: { args: { prompt: "--model" }, flags: {} } });
  });

  test("all problems of a line are told at once, with the nearest names", async () => {
    expect(await problemsOf("run", "--modle", "x", "--approve", "alwas", "--max-turns", "many", "--quiet")).toEqual({
      code: "USAGE_INVALID",
      problems: [
        "run has no flag --modle. Did you mean --model?",
        '--max-turns takes a whole number, not "many".',
        "--approve is one of always, never, prompt, not alwas. Did you mean always?",
      ],
    });
  });

  test("a missing value, a repeated flag, missing and extra arguments are errors", async () => {
    expect(await problemsOf("run", "--model")).toMatchObject({ code: "USAGE_INVALID" });
    expect(await problemsOf("run", "--model", "a/b", "--model", "c/d")).toEqual({
      code: "USAGE_INVALID",
      problems: ["--model can be given only once."],
    });
    expect(await problemsOf("notes", "list", "old")).toEqual({
      code: "USAGE_INVALID",
      problems: ["The argument YEAR is missing: A year."],
    });
    expect(await problemsOf("run", "fix", "the", "bug")).toEqual({
      code: "USAGE_INVALID",
      problems: ['Too many arguments: "the" "bug". Put quotes around an argument of several words.'],
    });
  });

  test("flags of later builds are known and refused", async () => {
    for (const flag of ["--fork"]) {
      expect(await problemsOf("run", "x", flag)).toEqual({
        code: "USAGE_INVALID",
        problems: [`${flag} is known, but not in this build.`],
      });
    }
  });

  test("--json belongs to every command but run", async () => {
    expect(await read("notes", "--json")).toMatchObject({ json: true });
    expect(await problemsOf("run", "x", "--json")).toEqual({
      code: "USAGE_INVALID",
      problems: ["run has no flag --json; use --output json."],
    });
  });
});

test("two plugins that offer one command are refused, and one that takes a name of the shell", () => {
  expect(() => createCommandTable([plugin("a", command("go")), plugin("b", command("go"))])).toThrow(
    "plugin a and plugin b both offer the command go",
  );
  expect(() => createCommandTable([plugin("a", command("run"))])).toThrow("the shell and plugin a both offer the command run");
});
