/** Laws of long lists of rules: those that speak of something else change nothing, and lists that are joined lose no deny. */
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import { modes } from "../../core/contract/modes.ts";
import type { Mode } from "../../core/permission/modes.ts";
import { type Folders, makeFolders, put, start } from "../permission/start.ts";

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
  await put(join(folders.workspace, "src/a.ts"));
});
afterAll(() => folders.remove());

const line = fc.constantFrom(
  ...["rm -rf x", "rm x && ls", "r\\m x", '"rm" x', "timeout 5 rm x", "X=1 rm x", "npm test", "npm  test", "npx rm x"],
  ...[
    "git push origin main",
    "ls | xargs rm",
    "echo $(rm x)",
    "$RUN x",
    "echo 'x",
    "sudo -u me rm x",
    "cat src/a.ts > out.txt",
  ],
  ...["cd src; rm x", "nohup npm test", "/bin/rm x", "node x", "command rm x", "env -i rm x", "rm\tx", "{ rm x; }", "! rm x"],
);
const ruleTexts = [
  ...["Bash", "Bash(rm:*)", "Bash(rm *)", "Bash(rm x)", "Bash(*rm*)", "Bash(r* x)", "Bash(npm test)", "Bash(npm:*)"],
  ...["Bash(git * main)", "Bash(timeout 5 rm x)", "Bash(ls)", "Bash(/bin/rm:*)", "Edit(out.txt)", "Read(src/**)", "Edit"],
  ...["Bash(node:*)", "Bash(X=1 rm x)", "Bash(* x)"],
];
const allows = fc.uniqueArray(fc.constantFrom(...ruleTexts), { maxLength: 4 });
// As allow rules these would cover nothing, and are refused.
const restricts = fc.uniqueArray(
  fc.constantFrom(...ruleTexts, "Bash(xargs:*)", "Bash(sudo:*)", "Bash(run_in_background:true)"),
  { maxLength: 4 },
);
interface Lists {
  allow: string[];
  ask: string[];
  deny: string[];
}
const lists = fc.record<Lists>({ allow: allows, ask: restricts, deny: restricts });
const mode = fc.constantFrom<Mode>(...modes);

async function decided(given: Lists, command: string, of: Mode) {
  const { approve, questions } = start({ folders, ...given, policy: { mode: of }, answers: () => ({ choice: "once" }) });
  const { verdict, by } = await approve("Bash", command);
  return { verdict: questions.length > 0 ? "ask" : verdict, by: `${by.kind} ${by.name}` };
}

/** Rules of other programs, files and tools: more of them than are compared one by one. */
const elsewhere = Array.from({ length: 30 }, (_, n) => [
  `Bash(other${n}:*)`,
  `Bash(other${n} * now)`,
  `Read(other${n}/**)`,
]).flat();

test("rules that speak of other lines change nothing, however many, wherever they stand", async () => {
  const places = fc.infiniteStream(fc.nat(100));
  await fc.assert(
    fc.asyncProperty(lists, line, mode, places, async (given, command, of, at) => {
      const among = (own: string[]): string[] =>
        own.reduce((all, each) => all.toSpliced(at.next().value, 0, each), [...elsewhere]);
      const more = { allow: among(given.allow), ask: among(given.ask), deny: among(given.deny) };
      // That there is some rule for lines and paths makes what nobody can read a question, whatever the rule says.
      const some = { ...given, deny: [...given.deny, "Bash(nobody:*)", "Read(nobody/**)"] };
      const [few, many] = [await decided(some, command, of), await decided(more, command, of)];
      return few.verdict === many.verdict && (few.verdict === "ask" || few.by.split(" ")[0] === many.by.split(" ")[0]);
    }),
    { numRuns: 300 },
  );
});

test("the rules of two layers joined deny all that either of them denies by a rule", async () => {
  await fc.assert(
    fc.asyncProperty(lists, lists, line, mode, async (one, other, command, of) => {
      const both = (key: keyof Lists): string[] => [...new Set([...one[key], ...other[key]])];
      const joined = await decided({ allow: both("allow"), ask: both("ask"), deny: both("deny") }, command, of);
      const alone = [await decided(one, command, of), await decided(other, command, of)];
      const isDenied = alone.some(({ verdict, by }) => verdict === "deny" && by.startsWith("rule "));
      return !isDenied || (joined.verdict === "deny" && joined.by.startsWith("rule "));
    }),
    { numRuns: 300 },
  );
});
