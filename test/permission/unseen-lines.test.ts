// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of a shell
/** What no word of a line shows: programs that text starts, files behind `cd`, behind new links, below folders. */
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Folders, makeFolders, put, type Setting, start } from "./start.ts";

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
  const { home, workspace, outside } = folders;
  await Promise.all([
    put(join(home, ".aws/credentials")),
    ...["a.txt", "b.txt", "private/x", "src/a.ts", "src/b.ts", "sub/c.txt", "sub/deep/d.txt", "kept/.env"].map((name) =>
      put(join(workspace, name)),
    ),
    put(join(outside, "far/near.txt")),
    put(join(outside, ".env")),
  ]);
  await symlink(join(outside, "far"), join(workspace, "far"));
});
afterAll(async () => await folders.remove());

async function outcome(line: string, setting: Omit<Setting, "folders" | "answers">): Promise<string> {
  const { approve, questions } = start({ ...setting, folders, answers: () => ({ choice: "once" }) });
  const { verdict } = await approve("Bash", line);
  if (questions.length > 0) return "asked";
  return verdict === "allow" ? "allowed" : "denied";
}

const bypass = { policy: { mode: "bypassPermissions" } } as const;

describe("where a rule denies a command, what may start any command is not let run unseen", () => {
  test.each([
    "Y='-exec rm {} +'; find src $Y",
    'find "$D" -name x',
    "X='rm x'; unshare $X",
    "X=rm; prlimit $X x",
    "echo rm x | xargs unshare",
    "echo --compress-program=rm | xargs sort",
    "awk 'BEGIN{system(\"rm x\")}'",
    'awk \'BEGIN{x="r" "m x"; print | x}\'',
    'awk "$X" a.txt',
    "X='rm x'; script -qc \"$X\" /dev/null",
    "git -c alias.zz='!r\"\"m x' zz",
    "X='-c alias.zz=!rm'; git $X zz x",
    "git rebase -x 'r\"\"m x' HEAD~1",
    "git config alias.zz '!r\"\"m x'",
    "sed '1e r\"\"m x' a.txt",
    "sed 's/a/b/e' a.txt",
    "python3 -c 'import os'",
    "echo x | python3",
    "node -e 'x'",
    "npx tsx -e 'x'",
    "npx -c 'x'",
    "pnpm tsx -e 'x'",
    "npm exec -c 'x'",
    "perl -e 'x'",
    "sudo -s x",
    "flock f -c 'r\"\"m x'",
    "watch 'r\"\"m x'",
    "tar xf a.tar --to-command='r\"\"m x'",
    "tar xf a.tar $X",
    "ssh host ls",
    "make SHELL=x",
    "rg --pre x y",
  ])("%s", async (line) => {
    expect(await outcome(line, { allow: ["Bash"], deny: ["Bash(rm:*)"] })).not.toBe("allowed");
    expect(await outcome(line, { deny: ["Bash(rm:*)"], ...bypass })).not.toBe("allowed");
    expect(await outcome(line, { ask: ["Bash(rm:*)"], ...bypass })).not.toBe("allowed");
    expect(await outcome(line, bypass)).toBe("allowed");
  });

  test.each([
    "npm test",
    "npx vitest run",
    "node a.js",
    "node --test a.js",
    "python3 a.py",
    "awk '{print $1}' a.txt",
    "awk '$1 > 5 || $2' a.txt",
    "sed -i 's|a|b|g' a.txt",
    "sed -n 5,10p a.txt",
    "git push origin main",
    'git commit -m "$MSG"',
    "git -C sub status",
    "tar xzf a.tgz",
    'find . -name "$X"',
    "find src -name '*.ts' | xargs grep x",
    "timeout 5 npm test",
    "bash script.sh",
    "make test",
    "cargo test",
    "curl -o x http://a",
    "docker ps",
    "sort -u a.txt",
  ])("and %s runs", async (line) => {
    expect(await outcome(line, { allow: ["Bash"], deny: ["Bash(rm:*)"] })).toBe("allowed");
    expect(await outcome(line, { deny: ["Bash(rm:*)"], ...bypass })).toBe("allowed");
  });

  test("a rule for exactly this command lets it run, a deny rule for what is in it does not", async () => {
    const line = "awk 'BEGIN{system(\"date\")}'";
    const allow = [`Bash(${line})`];
    expect(await outcome(line, { allow, deny: ["Bash(rm:*)"] })).toBe("allowed");
    expect(await outcome(line, { allow: ["Bash", ...allow], deny: ["Bash(rm:*)"] })).toBe("allowed");
    expect(await outcome(`ls && ${line}`, { allow: ["Bash", ...allow], deny: ["Bash(rm:*)"] })).toBe("allowed");
    expect(await outcome(line, { allow, deny: ["Bash(date:*)"] })).toBe("denied");
    expect(await outcome(line, { allow: ["Bash(awk:*)"], deny: ["Bash(rm:*)"] })).toBe("asked");
    expect(await outcome(line, { deny: ["Bash(rm:*)"], sessionRules: ["Bash(awk:*)"] })).toBe("asked");
    expect(await outcome(line, { deny: ["Bash(rm:*)"], sessionRules: allow })).toBe("allowed");
  });
});

const readers = { allow: ["Bash(cat:*)", "Bash(cd:*)", "Bash(echo:*)"] };

describe("a file is held against the secrets table from each folder that the line may stand in", () => {
  test.each([
    "cd sub && cat ../../home/.aws/credentials",
    "cd sub; cd deep; cat ../../../home/.aws/credentials",
    "cd ../home/.aws; cat credentials",
    "cd far && cat ../.env",
    "cd kept && cat .env",
    "cd ../home && cd .aws && cat ./credentials",
    "cd sub && cat < ../../home/.aws/credentials",
    "(cd sub && cat ../../home/.aws/credentials)",
  ])("%s is denied", async (line) => {
    for (const setting of [readers, { allow: ["Bash"] }, bypass]) expect(await outcome(line, setting)).toBe("denied");
  });

  test.each(['cd "$X" && cat credentials', "cd - && cat x", "cd a; cd b; cd c; cd d; cat x"])("%s is asked", async (line) => {
    expect(await outcome(line, readers)).toBe("asked");
  });

  test.each(["cd sub && cat c.txt", "cd sub && cd deep && cat d.txt", "cd sub && cat ../a.txt"])("%s runs", async (line) => {
    expect(await outcome(line, readers)).toBe("allowed");
    expect(await outcome(line, { ...readers, deny: ["Read(./private/**)"] })).toBe("allowed");
    // Where `cd` fails, `..` is outside.
    expect(await outcome(line, {})).toBe(line.includes("..") ? "asked" : "allowed");
  });

  test("so are deny rules, for reads and for writes", async () => {
    const deny = ["Read(./private/**)"];
    expect(await outcome("cd sub && cat ../private/x", { allow: ["Bash"], deny })).toBe("denied");
    expect(await outcome("cd sub && echo > ../private/x", { allow: ["Bash", "Edit"], deny })).toBe("denied");
    expect(await outcome("cd sub/deep && cd .. && cat ../private/x", { allow: ["Bash"], deny })).toBe("denied");
  });
});

describe("a path that the same line may change is not trusted", () => {
  const deny = ["Read(./private/**)"];
  test.each([
    "ln -s . d && cat d/private/x",
    "ln -s private d; cat d/x",
    "mv private d && cat d/x",
    "mv src old && ln -s private src && cat src/x",
    "cp -a private d && cat d/x",
    "cat d/private/x | ln -s . d",
    "git checkout main && cat d/x",
    "tar xf a.tar && cat d/x",
    "ln -s $X d && cat d/x",
    "for i in 1 2; do cat d/private/x; ln -s . d; done",
    "ln -s . d && cat < d/private/x",
    "cd sub && ln -s .. d && cat d/private/x",
  ])("%s", async (line) => {
    expect(await outcome(line, { allow: ["Bash"], deny })).not.toBe("allowed");
    expect(await outcome(line, { deny, ...bypass })).not.toBe("allowed");
    expect(await outcome(line, { allow: ["Bash(ln:*)", "Bash(cat:*)", "Bash(mv:*)", "Bash(git checkout:*)"], deny })).not.toBe(
      "allowed",
    );
  });

  test.each([
    "mv a.txt c.txt && mv b.txt d.txt",
    "cat a.txt && mv a.txt c.txt",
    "ln -s src lib && cat a.txt",
    "npm test && cat a.txt",
    "cp -r src copy && npm test",
    "mv a.txt .",
  ])("and %s runs", async (line) => {
    expect(await outcome(line, { allow: ["Bash"], deny })).toBe("allowed");
  });

  test("for secrets too, unless a rule allows all of Bash", async () => {
    const line = "ln -s ../home d && cat d/.aws/credentials";
    expect(await outcome(line, { allow: ["Bash(ln:*)", "Bash(cat:*)"] })).toBe("asked");
  });
});

describe("what reads all below a folder is asked where kept files are below", () => {
  const deny = ["Read(./private/**)"];
  const allow = ["Bash(grep:*)", "Bash(rg:*)", "Bash(git grep:*)", "Bash(diff:*)", "Bash(tar:*)", "Bash(cp:*)", "Bash(zip:*)"];
  test.each([
    "grep -r secret .",
    "grep -rn secret",
    "grep -R secret private",
    "rg secret",
    "git grep secret",
    "diff -r . /tmp",
    "tar czf x.tgz .",
    "cp -r . ../copy",
    "zip -r x.zip *",
    "rsync -a ./ ../copy",
    "cd sub && grep -r secret ..",
  ])("%s", async (line) => {
    expect(await outcome(line, { allow: ["Bash"], deny })).not.toBe("allowed");
    expect(await outcome(line, { deny, ...bypass })).not.toBe("allowed");
    expect(await outcome(line, { allow: [...allow, "Bash(cd:*)"], deny })).not.toBe("allowed");
  });

  test("for secrets files, whatever allows the command", async () => {
    for (const setting of [{ allow: ["Bash"] }, { allow }, bypass]) {
      expect(await outcome("grep -r secret kept", setting)).toBe("asked");
      expect(await outcome("grep -r secret src", { allow: ["Bash"] })).toBe("allowed");
    }
    expect(await outcome("rg secret kept", { allow: ["Bash"] })).toBe("allowed");
    expect(await outcome("rg -. secret kept", { allow: ["Bash"] })).toBe("asked");
  });

  test("and not elsewhere", async () => {
    for (const line of ["grep -r secret src", "rg secret src sub", "cp -r src copy", "grep secret a.txt"])
      expect([line, await outcome(line, { allow: ["Bash"], deny })]).toEqual([line, "allowed"]);
  });
});

describe("a rule for every Read holds for programs that are known to read", () => {
  test.each([
    "ls",
    "ls src",
    "cat a.txt",
    "find . -name x",
    "grep x a.txt",
    "grep -r x src",
    "cat < a.txt",
    "head a.txt | wc -l",
  ])("%s", async (line) => {
    for (const setting of [{}, { allow: ["Bash"] }, bypass]) {
      expect(await outcome(line, { ...setting, deny: ["Read"] })).toBe("denied");
      expect(await outcome(line, { ...setting, ask: ["Read"] })).toBe("asked");
    }
  });
  test("and not for others", async () => {
    for (const line of ["npm test", "echo x", "npm test | head -3"])
      expect(await outcome(line, { allow: ["Bash"], deny: ["Read"] })).toBe("allowed");
  });
});
