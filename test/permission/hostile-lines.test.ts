/** The corpus of hostile lines: against a real bash, against the reader of lines, and against the decision. */
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseShellLine, type ShellCommand } from "../../core/permission/shell/line.ts";
import { type HostileLine, hostileChanges, hostileLines, hostileReads, plainReads } from "./hostile-lines.ts";
import { makeTracingBash } from "./hostile-lines-bash.ts";
import { type Folders, makeFolders, put, type Setting, start } from "./start.ts";

const bash = makeTracingBash();
let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
  await Promise.all(["x", "y", "list.txt", ".env", "evil/ls"].map((name) => put(join(folders.workspace, name))));
  await symlink(await put(join(folders.outside, "secret.txt")), join(folders.workspace, "link"));
});
afterAll(async () => {
  bash.remove();
  await folders.remove();
});

/** Commands that bash has itself: they are listed, and start nothing. */
const inShell = /^(?:echo|eval|cd|true|false|:|break|wait|let|export|declare|\[|exec|printf|read|trap)(?: |$)/;

function runsOf({ runs, lists }: HostileLine): string[] {
  if (runs !== undefined) return [...runs].sort();
  if (lists === "asked") return [];
  return lists.filter((text) => !inShell.test(text)).sort();
}

const shown = (line: string): string => JSON.stringify(line.length > 90 ? `${line.slice(0, 87)}...` : line);
const cases = hostileLines.map((hostile) => [shown(hostile.line), hostile] as const);

test("there are enough lines, and none twice", () => {
  expect(hostileLines.length).toBeGreaterThanOrEqual(80);
  expect(new Set(hostileLines.map(({ line }) => line)).size).toBe(hostileLines.length);
});

describe("bash starts what the corpus says", () => {
  test.each(cases)("%s", async (_name, hostile) => {
    if (hostile.needs?.some((name) => !bash.has(name))) return;
    const { ran } = await bash.trace(hostile.inBash ?? hostile.line);
    expect(ran).toEqual(runsOf(hostile));
  });
});

interface Read {
  /** Also what programs start by their arguments. */
  commands: ShellCommand[];
  /** Somebody is asked about the line as a whole, or about a command in it. */
  isAsked: boolean;
}

async function read(line: string): Promise<Read> {
  const { commands, undecided, sets } = await parseShellLine(line);
  const all = commands.flatMap(function within(command): ShellCommand[] {
    return [command, ...command.runs.flatMap(within)];
  });
  const isAsked = [undecided, sets].some((why) => why !== undefined) || all.some((command) => command.undecided !== undefined);
  return { commands: all, isAsked };
}

const programOf = (text: string): string => (/^\S*\//.test(text) ? text.replace(/^\S*\//, "") : text).split(" ")[0] ?? "";

describe("what bash starts is listed, or somebody is asked", () => {
  test.each(cases)("%s", async (_name, hostile) => {
    const { commands, isAsked } = await read(hostile.line);
    if (isAsked) return;
    const listed = new Set(commands.map(({ words }) => programOf(words[0] ?? "")));
    const missing = runsOf(hostile).filter((text) => !listed.has(programOf(text)) && !isWithin(text, hostile));
    expect(missing).toEqual([]);
  });
});

/** Started by a listed program, from a text that only that program understands (`awk '…'`, `./evil.sh`): no prefix rule covers those. */
function isWithin(text: string, { lists }: HostileLine): boolean {
  return lists !== "asked" && !lists.some((listed) => programOf(listed) === programOf(text));
}

describe("the list of commands is the one expected", () => {
  test.each(cases)("%s", async (_name, hostile) => {
    const { commands, isAsked } = await read(hostile.line);
    if (hostile.lists === "asked") expect(isAsked ? "asked" : commands.map(({ text }) => text)).toBe("asked");
    else expect(unexpected(commands, hostile)).toEqual({ missing: [], more: [] });
  });
});

/** Programs that start others may be listed beside what they start, and assignments beside commands. */
function unexpected(commands: readonly ShellCommand[], { lists, runs = [], line }: HostileLine) {
  const expected = lists === "asked" ? [] : lists;
  const started = commands.filter(({ words, undecided }) => words.length > 0 || undecided !== undefined);
  const spellings = started.map(({ undecided, canonical, text }) => (undecided === undefined ? [canonical, text] : ["?"]));
  const missing = expected.filter((text) => !spellings.some((spelling) => spelling.includes(text)));
  const more = spellings.filter((all) => !all.some((text) => expected.includes(text) || runs.includes(text) || text === line));
  return { missing, more };
}

type Outcome = "allowed" | "asked" | "denied";

async function outcome(line: string, setting: Omit<Setting, "folders" | "answers">): Promise<Outcome> {
  const { approve, questions } = start({ ...setting, folders, answers: () => ({ choice: "once" }) });
  const { verdict } = await approve("Bash", line);
  if (questions.length > 0) return "asked";
  return verdict === "allow" ? "allowed" : "denied";
}

const narrow = ["Bash(echo:*)", "Bash(ls:*)", "Bash(cat:*)", "Bash(git log:*)"];
const narrowModes = ["default", "acceptEdits", "plan", "dontAsk"] as const;

describe("rules for echo, ls, cat and git log let nothing else run", () => {
  test.each(cases.filter(([, { harmless }]) => harmless !== true))("%s", async (_name, { line, editsOnly }) => {
    const found: Record<string, Outcome> = {};
    for (const mode of narrowModes) {
      if (mode === "acceptEdits" && editsOnly === true) continue;
      found[mode] = await outcome(line, { allow: narrow, policy: { mode } });
    }
    expect(Object.entries(found).filter(([, is]) => is === "allowed")).toEqual([]);
    expect([found.plan, found.dontAsk]).not.toContain("asked");
  });
});

test("lines without harm are let through by these rules, so that the others are not merely all asked", async () => {
  const harmless = hostileLines.filter((hostile) => hostile.harmless === true);
  const found: Record<string, Outcome> = {};
  for (const { line } of harmless) found[line] = await outcome(line, { allow: narrow });
  expect(Object.entries(found).filter(([, is]) => is !== "allowed")).toEqual([]);
});

/** The name is in the line, or nobody can tell. */
function namesRm({ lists, named }: HostileLine): boolean {
  return named === true || lists === "asked" || lists.some((text) => text === "?" || programOf(text) === "rm");
}

describe("a deny rule for rm is never slipped past", () => {
  const about = cases.filter(
    ([, hostile]) =>
      namesRm(hostile) && [...runsOf(hostile), ...(hostile.starts ?? [])].some((text) => programOf(text) === "rm"),
  );
  test.each(about)("%s", async (_name, { line }) => {
    for (const mode of [...narrowModes, "bypassPermissions"] as const) {
      for (const allow of [["Bash"], [...narrow, "Bash(rm x)"]])
        expect([mode, allow, await outcome(line, { allow, deny: ["Bash(rm:*)"], policy: { mode } })]).not.toContain("allowed");
    }
  });
});

describe("a bare rule for Bash does not cover what cannot be read", () => {
  test.each(cases.filter(([, { lists }]) => lists === "asked"))("%s", async (_name, { line }) => {
    expect(await outcome(line, { allow: ["Bash"] })).toBe("asked");
  });
});

describe("what nobody has said may be read is not shown by a program that only reads", () => {
  test.each(hostileReads.map((line) => [line]))("%s", async (line) => {
    for (const mode of narrowModes) expect([mode, await outcome(line, { policy: { mode } })]).not.toContain("allowed");
  });
});

describe("a program that only reads is asked about where it would change something", () => {
  test.each(hostileChanges.map((line) => [line]))("%s", async (line) => {
    for (const mode of narrowModes) expect([mode, await outcome(line, { policy: { mode } })]).not.toContain("allowed");
  });
});

test.each(narrowModes)("lines that only read go ahead in the mode %s", async (mode) => {
  const found: Record<string, Outcome> = {};
  for (const line of plainReads) found[line] = await outcome(line, { policy: { mode } });
  expect(Object.entries(found).filter(([, is]) => is !== "allowed")).toEqual([]);
});
