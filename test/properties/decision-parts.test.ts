/** Laws of decisions about lines of several parts, of judges in any order, and of who decided. */
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import type { Verdict } from "../../core/contract/hooks.ts";
import { modes } from "../../core/contract/modes.ts";
import type { Judged } from "../../core/permission/decision.ts";
import { explainCall } from "../../core/permission/explanation.ts";
import type { Mode } from "../../core/permission/modes.ts";
import { type Folders, makeFolders, policyOf, put, type Setting, start, toolList } from "../permission/start.ts";

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
  await put(join(folders.workspace, "src/a.ts"));
});
afterAll(() => folders.remove());

const command = fc.constantFrom(
  ...["ls", "npm test", "rm -rf x", "git push", "cat src/a.ts", "cat .env", "$RUN x", "timeout 5 npm test", "echo 'x"],
  ...["node x > out.txt", "node x > src/b.ts", "node x > $OUT", "node x < src/a.ts", "echo $(rm x)", "cd src", "X=1 node x"],
);
const rule = fc.constantFrom(
  ...["Bash", "Bash(npm:*)", "Bash(rm:*)", "Bash(node:*)", "Bash(git push)", "Bash(timeout 5 npm test)", "Bash(cat:*)"],
  ...["Read", "Edit", "Read(src/**)", "Edit(src/**)", "Edit(out.txt)", "Read(.env)", "Bash(ls)"],
);
const rules = fc.uniqueArray(rule, { maxLength: 5 });
const world = fc.record({ allow: rules, ask: rules, deny: rules, mode: fc.constantFrom<Mode>(...modes) });
type World = { allow: string[]; ask: string[]; deny: string[]; mode: Mode };

const strictness = { allow: 0, ask: 1, deny: 2 } as const;
const strictest = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.reduce((a, b) => (strictness[a] >= strictness[b] ? a : b), "allow");

interface Outcome {
  verdict: Verdict;
  by: string;
}

async function outcome({ mode, ...lists }: World, line: string, judge?: Judged): Promise<Outcome> {
  const setting: Setting = {
    folders,
    ...lists,
    policy: { mode },
    answers: () => ({ choice: "once" }),
    ...(judge && { judge }),
  };
  const { approve, questions } = start(setting);
  const { verdict, by } = await approve("Bash", line);
  return { verdict: questions.length > 0 ? "ask" : verdict, by: by.name };
}

/** Lines that can be joined without one changing what another means. */
const isJoinable = (line: string): boolean => !/^(?:cd|X=)|'x$/.test(line);
const lines = fc.array(command.filter(isJoinable), { minLength: 2, maxLength: 4 });
const joint = fc.constantFrom(" && ", "; ", " | ", " || ");

test("a line is decided as the strictest of its parts, in whatever order they stand", async () => {
  await fc.assert(
    fc.asyncProperty(world, lines, joint, async (given, parts, between) => {
      const single = strictest(await Promise.all(parts.map(async (part) => (await outcome(given, part)).verdict)));
      const [there, back] = [await outcome(given, parts.join(between)), await outcome(given, parts.toReversed().join(between))];
      return there.verdict === single && back.verdict === single;
    }),
    { numRuns: 150 },
  );
});

test("one more part, deny rule, ask rule or judge never loosens a line", async () => {
  await fc.assert(
    fc.asyncProperty(world, lines, command, rule, fc.nat(3), async (given, parts, more, extra, kind) => {
      const line = parts.join(" && ");
      const before = (await outcome(given, line)).verdict;
      const after = await [
        () => outcome(given, `${line} && ${more}`),
        () => outcome({ ...given, deny: [...new Set([...given.deny, extra])] }, line),
        () => outcome({ ...given, ask: [...new Set([...given.ask, extra])] }, line),
        () => outcome(given, line, { verdict: "ask", by: "j" }),
      ][kind]?.();
      return after !== undefined && strictness[after.verdict] >= strictness[before];
    }),
    { numRuns: 200 },
  );
});

test("a config hook's yes turns an ask of no rule into a yes, and nothing else into anything", async () => {
  await fc.assert(
    fc.asyncProperty(world, command, async (given, line) => {
      const before = await outcome(given, line);
      const after = await outcome(given, line, { verdict: "allow", by: "", allowedBy: "hook" });
      if (before.verdict !== "ask") return after.verdict === before.verdict;
      return after.verdict === (given.ask.length === 0 ? "allow" : after.verdict) && after.verdict !== "deny";
    }),
    { numRuns: 200 },
  );
});

test("every decision names its decider, and explain gives the same", async () => {
  await fc.assert(
    fc.asyncProperty(world, command, command, async (given, one, other) => {
      const line = `${one}; ${other}`;
      const { mode, ...lists } = given;
      const policy = policyOf({ folders, ...lists, policy: { mode } });
      const told = await explainCall(`Bash(${line})`, { policy, tools: toolList, cwd: folders.workspace });
      const real = await outcome(given, line);
      const named = [told, ...told.parts].every(({ by, reason }) => by.name !== "" && reason !== "");
      return named && real.by !== "" && told.verdict === real.verdict && (real.verdict === "ask" || told.by.name === real.by);
    }),
    { numRuns: 150 },
  );
});
