/** Deny and ask rules for commands: flags before a subcommand do not hide it, and what a word may become is asked. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modes } from "../../core/contract/modes.ts";
import { mayRestrictLine, restrictsLine } from "../../core/permission/command-match.ts";
import { explainCall } from "../../core/permission/explanation.ts";
import { layGround } from "../../core/permission/ground.ts";
import { parseCommandPattern } from "../../core/permission/patterns/command-pattern.ts";
import { matchesRule } from "../../core/permission/rule-applies.ts";
import { parseRules } from "../../core/permission/rules/rules.ts";
import { textsOf } from "../../core/permission/shell/command-texts.ts";
import { parseShellLine } from "../../core/permission/shell/line.ts";
import { type Folders, makeFolders, policyOf, type Setting, start, toolList, tools } from "./start.ts";

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
});
afterAll(() => folders.remove());

async function verdict(line: string, setting: Omit<Setting, "folders">): Promise<string> {
  const { approve, questions } = start({
    ...{ folders, allow: ["Bash"], answers: () => ({ choice: "once" }) },
    ...setting,
  });
  const answer = await approve("Bash", line);
  return questions.length > 0 ? "ask" : answer.verdict;
}

/** What the comparison alone says, whatever else is asked about the line. */
async function speaksOf(rule: string, text: string): Promise<"yes" | "maybe" | "no"> {
  const pattern = parseCommandPattern(rule.slice("Bash(".length, -1));
  if (pattern === undefined) throw new Error(`${rule} is no pattern`);
  const line = await parseShellLine(text);
  if (restrictsLine(pattern, textsOf(line))) return "yes";
  return mayRestrictLine(pattern, line) === undefined ? "no" : "maybe";
}

describe("flags before a subcommand do not hide it from a deny rule", () => {
  test.each([
    ["Bash(git push:*)", "git -C . push"],
    ["Bash(git push:*)", "git --no-pager push"],
    ["Bash(git push:*)", "git -c x=y push origin main"],
    ["Bash(git push:*)", "git -p --bare --git-dir=x --work-tree y --namespace z push"],
    ["Bash(git push:*)", "/usr/bin/git -C . push"],
    ["Bash(git push:*)", 'git -C "$DIR" push'],
    ["Bash(git push:*)", "git --nobody-knows push"],
    ["Bash(git push:*)", "git --nobody-knows value push"],
    ["Bash(git push:*)", "git -- push"],
    ["Bash(git push:*)", "sudo git -C . push"],
    ["Bash(git push:*)", "wrapper-nobody-knows git -C . push"],
    ["Bash(git push:*)", "ls && timeout 5 git -C . push"],
    ["Bash(git push)", "git -C . push"],
    ["Bash(git * main)", "git -C . push origin main"],
    ["Bash(npm publish:*)", "npm --prefix sub publish"],
    ["Bash(npm publish:*)", "npm --prefix=sub publish --tag x"],
    ["Bash(npm run deploy:*)", "npm -s run --silent deploy"],
    ["Bash(docker push:*)", "docker --context prod push image"],
    ["Bash(docker compose down:*)", "docker -H x compose -f a.yml down"],
    ["Bash(kubectl delete:*)", "kubectl -n prod delete pod x"],
    ["Bash(cargo publish:*)", "cargo +nightly publish"],
    ["Bash(cargo publish:*)", "cargo --config x=y publish"],
    ["Bash(gh repo delete:*)", "gh --nobody-knows repo delete x"],
    ["Bash(terraform apply:*)", "terraform -chdir=x apply"],
  ])("%s: %s", async (rule, line) => {
    expect(await verdict(line, { deny: [rule] })).toBe("deny");
    expect(await verdict(line, { ask: [rule] })).toBe("ask");
  });

  test.each([
    ["Bash(git push:*)", "git -C . status"],
    ["Bash(git push:*)", "git -C push status"],
    ["Bash(git push:*)", "git --no-pager log push"],
    ["Bash(git push:*)", 'git -C "$DIR" status'],
    ["Bash(git push:*)", "git commit -m push"],
    ["Bash(npm publish:*)", "npm --prefix publish test"],
    ["Bash(kubectl delete:*)", "kubectl -n delete get pods"],
  ])("%s does not speak of %s", async (rule, line) => {
    expect(await speaksOf(rule, line)).toBe("no");
  });

  test("an allow rule covers no more for it", async () => {
    expect(await verdict("git -C . push", { allow: ["Bash(git push:*)"] })).toBe("ask");
  });

  test("more flags than are looked at are asked", async () => {
    expect(await verdict(`git ${"-z a ".repeat(60)}push`, { deny: ["Bash(git push:*)"] })).not.toBe("allow");
  });
});

const asked = [
  ["Bash(git push:*)", "git $SUB"],
  ["Bash(git push:*)", "g=push; git $g"],
  ["Bash(git push:*)", 'git "$SUB" origin'],
  ["Bash(git push:*)", "git $FLAGS status"],
  ["Bash(git push:*)", "git -C $DIR status"],
  ["Bash(git push:*)", 'git "$FLAG" push'],
  ["Bash(git push:*)", 'git -C . "$SUB"'],
  ["Bash(git push:*)", "git pu$X"],
  ["Bash(git push:*)", "git pu{sh,ll}"],
  ["Bash(git push:*)", "git p?sh"],
  ["Bash(git push:*)", "git $(cat x)"],
  ["Bash(git push:*)", "git `cat x`"],
  ["Bash(git push:*)", "for s in push; do git $s; done"],
  ["Bash(git push:*)", "echo push | xargs git"],
  ["Bash(git push:*)", "timeout 5 git $SUB"],
  ["Bash(git push:*)", "wrapper-nobody-knows git $SUB"],
  ["Bash(git push:*)", "git -c alias.z=push z"],
  ["Bash(git push:*)", "git -c include.path=x z"],
  ["Bash(git push:*)", "/usr/bin/git $SUB"],
  ["Bash(git push --force:*)", "git push $X"],
  ["Bash(git push)", "git push $X"],
  ["Bash(git * main)", "git push origin $BRANCH"],
  ["Bash(git * main)", "git push $X main2 $Y"],
  ["Bash(rm -rf:*)", "rm $X"],
  ["Bash(rm -rf:*)", 'rm "$X"'],
  ["Bash(rm -rf:*)", "rm *"],
  ["Bash(npm publish:*)", "npm $X"],
] as const;

describe("a line that may become what a rule speaks of is asked", () => {
  test.each(asked)("%s: %s", async (rule, line) => {
    for (const mode of modes) {
      if (mode === "plan") continue;
      const expected = mode === "dontAsk" ? "deny" : "ask";
      expect([mode, await verdict(line, { deny: [rule], policy: { mode } })]).toEqual([mode, expected]);
    }
    expect(await verdict(line, { ask: [rule] })).toBe("ask");
    expect(await verdict(line, { deny: [rule], allow: [], policy: { mode: "bypassPermissions" } })).toBe("ask");
  });

  test.each(asked)("and the if of a hook %s counts %s", async (text, line) => {
    const { rules } = parseRules([{ behavior: "ask", rule: text, source: "h:1", base: folders.workspace }], toolList);
    const [rule] = rules;
    if (rule === undefined) throw new Error("no rule");
    const call = { sessionId: "s", callId: "c", tool: "Bash", input: { command: line }, cwd: folders.workspace };
    expect(await matchesRule(rule, call, tools.Bash, await layGround(policyOf({ folders })))).toBe(true);
  });

  test("however many rules there are", async () => {
    const deny = [...Array.from({ length: 50 }, (_, at) => `Bash(program${at} x:*)`), "Bash(git push:*)"];
    expect(await verdict("git $SUB", { deny })).toBe("ask");
    expect(await verdict("git -C . push", { deny })).toBe("deny");
  });

  test("no earlier answer opens it", async () => {
    expect(await verdict("git $SUB", { deny: ["Bash(git push:*)"], sessionRules: ["Bash(git $SUB)"] })).toBe("ask");
  });
});

test.each([
  ["Bash(rm:*)", "echo $X"],
  ["Bash(rm:*)", "wrapper-nobody-knows $X"],
  ["Bash(git push:*)", 'git commit -m "$MSG"'],
  ["Bash(git push:*)", "git add *.ts"],
  ["Bash(git push:*)", "git log $X"],
  ["Bash(git push:*)", 'git "st$X"'],
  ["Bash(git push:*)", 'git --git-dir="$X" status'],
  ["Bash(git push:*)", "github $X"],
  ["Bash(git add .env)", "git add *.ts"],
  ["Bash(git push --force:*)", "git push origin $BRANCH"],
  ["Bash(rm -rf:*)", "rm ./$X"],
  ["Bash(npm publish:*)", "npm run $X"],
  ["Bash(npm publish:*)", "npm test -- $X"],
])("%s cannot speak of %s", async (rule, line) => {
  expect(await speaksOf(rule, line)).toBe("no");
});

test("explain says what may become what", async () => {
  const explain = (call: string, deny: string) =>
    explainCall(call, {
      policy: policyOf({ folders, allow: ["Bash"], deny: [deny] }),
      tools: toolList,
      cwd: folders.workspace,
    });
  expect(await speaksOf("Bash(git push:*)", "git $SUB")).toBe("maybe");
  const told = await explain("Bash(g=push; git $g)", "Bash(git push:*)");
  expect(told).toMatchObject({ verdict: "ask", by: { kind: "rule", name: "Bash(git push:*)", source: "deny.json:1" } });
  expect(told.reason).toContain("$g may become push, which the rule Bash(git push:*) (deny.json:1) denies");
  expect(told.wouldChange).toContain("Without the deny rule Bash(git push:*) (deny.json:1) it would be allowed.");
  expect((await explain("Bash(echo push | xargs git)", "Bash(git push:*)")).reason).toContain("what it reads may become push");
});

test("a long line of open words is decided in bounded time", async () => {
  const deny = Array.from({ length: 200 }, (_, at) => `Bash(git * a${at} * b * c${at})`);
  const line = `nobody ${"git $x ".repeat(240)}`;
  expect(await verdict(line, { deny })).not.toBe("allow");
});
