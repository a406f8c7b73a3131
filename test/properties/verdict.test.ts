import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import type { Verdict } from "../../core/contract/hooks.ts";
import { modes } from "../../core/contract/modes.ts";
import { defineTap } from "../../core/contract/plugin.ts";
import { createHooks } from "../../core/hooks.ts";
import type { Mode } from "../../core/permission/modes.ts";
import { type Folders, makeFolders, put, type Setting, start, type tools } from "../permission/start.ts";

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
  await put(join(folders.workspace, "src/a.ts"));
});
afterAll(() => folders.remove());

const rule = fc.constantFrom(
  ...["Read", "Edit", "Bash", "TodoWrite", "Deploy", "Grep", "Write", "Read(src/**)", "Read(*.md)", "Read(.env)", "Edit(.env)"],
  ...["Edit(//tmp/**)", "Edit(/src/a.ts)", "Edit(~/x)", "Bash(npm test:*)", "Bash(rm *)", "Bash(git * main)", "Bash(npm test)"],
);
const rules = fc.uniqueArray(rule, { maxLength: 6 });
type Call = readonly [keyof typeof tools, string | undefined];
const call = fc.constantFrom<Call[]>(
  ...([
    ["Read", "src/a.ts"],
    ["Read", "../outside/b.md"],
    ["Read", ".env"],
    ["Grep", undefined],
    ["Write", "src/a.ts"],
    ["Edit", "/tmp/x"],
    ["Write", ".env"],
    ["Write", ".git/config"],
    ["Bash", "npm test"],
    ["Bash", "npm test && rm x"],
    ["Bash", "rm -rf x"],
    ["Bash", "git push origin main"],
    ["TodoWrite", undefined],
    ["Deploy", undefined],
  ] as const),
);
const mode = fc.constantFrom<Mode>(...modes);
const verdict = fc.constantFrom<Verdict>("allow", "ask", "deny");
const world = fc.record({ allow: rules, ask: rules, deny: rules, mode, call, judge: verdict });
interface World {
  allow: string[];
  ask: string[];
  deny: string[];
  mode: Mode;
  call: Call;
  judge: Verdict;
}

const strictness = { allow: 0, ask: 1, deny: 2 } as const;

const cautious = (given: World, judges: readonly Verdict[]): Setting => ({
  folders,
  allow: given.allow,
  ask: given.ask,
  deny: given.deny,
  judge: () => judgedBy(judges),
  answers: () => ({ choice: "once" }),
  policy: { mode: given.mode },
});

/** The real waterfall of judges, with a tap for each verdict. */
async function judgedBy(verdicts: readonly Verdict[]) {
  const hooks = createHooks({ onFired: () => undefined });
  for (const [at, verdict] of verdicts.entries()) {
    hooks.tap("p", defineTap({ on: "tool.approve", kind: "judge", name: `judge ${at}`, run: () => ({ verdict }) }));
  }
  return hooks.judge("tool.approve", { sessionId: "s", callId: "c", tool: "Bash", input: {}, cwd: folders.workspace });
}

/** What would happen without a flag: allowed or denied by itself, or asked. */
async function outcome({ allow, ask, deny, mode, call: [name, subject], judge }: World): Promise<Verdict> {
  const setting: Setting = {
    folders,
    allow,
    ask,
    deny,
    judge: { verdict: judge, by: "j" },
    answers: () => ({ choice: "once" }),
    policy: { mode },
  };
  const { approve, questions } = start(setting);
  const approval = await approve(name, subject);
  return questions.length > 0 ? "ask" : approval.verdict;
}

test("the order of rules changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(world, fc.infiniteStream(fc.nat()), async (given, numbers) => {
      const mixed = (list: string[]) => list.map((text) => ({ text, at: numbers.next().value })).sort((a, b) => a.at - b.at);
      const texts = (list: string[]) => mixed(list).map(({ text }) => text);
      const other = { ...given, allow: texts(given.allow), ask: texts(given.ask), deny: texts(given.deny) };
      return (await outcome(given)) === (await outcome(other));
    }),
    { numRuns: 200 },
  );
});

test("one more deny rule, ask rule or stricter judge never loosens", async () => {
  await fc.assert(
    fc.asyncProperty(world, rule, fc.constantFrom("ask", "deny", "judge"), async (given, extra, kind) => {
      const before = await outcome(given);
      const stricter: World =
        kind === "judge"
          ? { ...given, judge: given.judge === "allow" ? "ask" : "deny" }
          : kind === "ask"
            ? { ...given, ask: [...new Set([...given.ask, extra])] }
            : { ...given, deny: [...new Set([...given.deny, extra])] };
      return strictness[await outcome(stricter)] >= strictness[before];
    }),
    { numRuns: 300 },
  );
});

test("one more allow rule never makes a call stricter, and never opens what a deny, judge or plan mode shut", async () => {
  await fc.assert(
    fc.asyncProperty(world, rule, async (given, extra) => {
      const before = await outcome(given);
      const after = await outcome({ ...given, allow: [...new Set([...given.allow, extra])] });
      const isSecret = given.call[1] === ".env";
      if (strictness[after] > strictness[before]) return false;
      return isSecret || given.mode === "dontAsk" || before !== "deny" || after === "deny";
    }),
    { numRuns: 300 },
  );
});

test("a mode that allows less never allows what a wider one asks for", async () => {
  const widths: Mode[] = ["plan", "default", "acceptEdits", "bypassPermissions"];
  await fc.assert(
    fc.asyncProperty(world, fc.nat(2), async (given, at) => {
      const narrow = await outcome({ ...given, mode: widths[at] ?? "plan" });
      const wide = await outcome({ ...given, mode: widths[at + 1] ?? "plan" });
      return strictness[narrow] >= strictness[wide];
    }),
    { numRuns: 200 },
  );
});

async function judgedOutcome(given: World, judges: readonly Verdict[]): Promise<Verdict> {
  const { approve, questions } = start(cautious(given, judges));
  const approval = await approve(...given.call);
  return questions.length > 0 ? "ask" : approval.verdict;
}

const judges = fc.array(verdict, { maxLength: 5 });

test("the order of judges changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(world, judges, fc.infiniteStream(fc.nat()), async (given, list, numbers) => {
      const mixed = list.map((each) => ({ each, at: numbers.next().value })).sort((a, b) => a.at - b.at);
      const other = mixed.map(({ each }) => each);
      return (await judgedOutcome(given, list)) === (await judgedOutcome(given, other));
    }),
    { numRuns: 200 },
  );
});

test("one more judge never loosens, wherever it stands", async () => {
  await fc.assert(
    fc.asyncProperty(world, judges, verdict, fc.nat(5), async (given, list, extra, at) => {
      const before = await judgedOutcome(given, list);
      return strictness[await judgedOutcome(given, list.toSpliced(at, 0, extra))] >= strictness[before];
    }),
    { numRuns: 200 },
  );
});

test("every decision names its decider, and a rule its source", async () => {
  await fc.assert(
    fc.asyncProperty(
      world,
      judges,
      fc.constantFrom("always", "never", "prompt"),
      fc.boolean(),
      async (given, list, approve, someone) => {
        const { answers, policy, ...rest } = cautious(given, list);
        const setting: Setting = { ...rest, policy: { ...policy, approve }, ...(someone && answers ? { answers } : {}) };
        const { by, verdict, reason } = await start(setting).approve(...given.call);
        const hasSource = by.kind !== "rule" || /^(?:allow|ask|deny)\.json:\d+$/.test(by.source ?? "");
        return by.kind.length > 0 && by.name.length > 0 && hasSource && (verdict === "allow" || (reason ?? "") !== "");
      },
    ),
    { numRuns: 400 },
  );
});

test("a decision that a judge made names the judge", async () => {
  await fc.assert(
    fc.asyncProperty(world, judges, async (given, list) => {
      const { by } = await start(cautious(given, list)).approve(...given.call);
      return by.kind !== "judge" || list[Number(/^p:judge (\d)$/.exec(by.name)?.[1])] === "deny";
    }),
    { numRuns: 200 },
  );
});

test("the yes of a config's hook answers only what would be asked last", async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const before = await outcome(given);
      const setting: Setting = {
        ...cautious(given, []),
        judge: { verdict: given.judge, by: "j", allowedBy: "config:PreToolUse#1" },
      };
      const { approve, questions } = start(setting);
      const { verdict, by } = await approve(...given.call);
      const after = questions.length > 0 ? "ask" : verdict;
      const isOpened = strictness[after] < strictness[before];
      const isRestricted = given.judge !== "allow" || before === "deny" || given.ask.includes(given.call[0]);
      if (isOpened && isRestricted) return false;
      return strictness[after] <= strictness[before] && (!isOpened || by.name === "config:PreToolUse#1");
    }),
    { numRuns: 300 },
  );
});
