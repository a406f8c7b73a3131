// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of a shell
/** Random lines out of hostile parts: whatever bash starts is listed or asked, and no rule for something else lets it run. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseShellLine, type ShellCommand } from "../../core/permission/shell/line.ts";
import { makeTracingBash, spelled } from "./hostile-lines-bash.ts";
import { hostileLine, touchesStubs } from "./hostile-lines-grammar.ts";
import { type Folders, makeFolders, start } from "./start.ts";

const bash = makeTracingBash();
let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
});
afterAll(async () => {
  bash.remove();
  await folders.remove();
});

/** All that is listed, also what programs start by their arguments; undefined where somebody is asked. */
async function listed(text: string): Promise<ShellCommand[] | undefined> {
  const { commands, undecided } = await parseShellLine(text);
  const all = commands.flatMap(function within(command): ShellCommand[] {
    return [command, ...command.runs.flatMap(within)];
  });
  return undecided !== undefined || all.some((command) => command.undecided !== undefined) ? undefined : all;
}

const nameOf = (words: readonly string[]): string => words[0]?.replace(/^.*\//s, "") ?? "";

/** A started program is listed when a command has its name and, where they are known before it runs, its words. */
function isListed(ran: string, all: readonly ShellCommand[]): boolean {
  return all.some(({ words, open }) => {
    const name = nameOf(words);
    if (open.length > 0 || words.includes("{}")) return ran === name || ran.startsWith(`${name} `);
    const whole = spelled([name, ...words.slice(1)]);
    return ran === whole || ran.startsWith(`${whole} `);
  });
}

const runs = Number(process.env.HOSTILE_RUNS ?? 400);
const seed = Number(process.env.HOSTILE_SEED ?? 11);
const timeoutMs = 300_000 + runs * 200;

test(
  "whatever bash starts is listed, or somebody is asked",
  async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(hostileLine, async (text) => {
        const all = await listed(text);
        if (all === undefined || touchesStubs(text)) return;
        const { ran } = await bash.trace(text, { patienceMs: 3000 });
        if (ran.length > 0) read++;
        expect(ran.filter((program) => !isListed(program, all))).toEqual([]);
      }),
      { numRuns: runs, seed },
    );
    expect(read).toBeGreaterThan(runs / 20);
  },
  timeoutMs,
);

test(
  "a line that starts rm is never let run by rules for other programs, nor past a rule that denies it",
  async () => {
    const narrow = ["Bash(echo:*)", "Bash(ls:*)", "Bash(cat:*)", "Bash(git log:*)", "Bash(sh*)", "Bash(env*)", "Bash(eval*)"];
    const isAllowed = async (text: string, setting: object): Promise<boolean> => {
      const { approve, questions } = start({ folders, ...setting, answers: () => ({ choice: "once" }) });
      return (await approve("Bash", text)).verdict === "allow" && questions.length === 0;
    };
    await fc.assert(
      fc.asyncProperty(hostileLine, async (text) => {
        const byOthers = await isAllowed(text, { allow: narrow });
        const pastDeny = await isAllowed(text, { deny: ["Bash(rm:*)"], policy: { mode: "bypassPermissions" } });
        if ((!byOthers && !pastDeny) || touchesStubs(text)) return;
        const { ran } = await bash.trace(text, { patienceMs: 3000 });
        expect(ran.filter((program) => nameOf(program.split(" ")) === "rm")).toEqual([]);
      }),
      { numRuns: runs, seed: seed + 1 },
    );
  },
  timeoutMs,
);
