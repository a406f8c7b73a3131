// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of a shell
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Folders, makeFolders, put, type Setting, start } from "./start.ts";

let folders: Folders & { remove(): Promise<void> };
beforeAll(async () => {
  folders = await makeFolders();
  await Promise.all(
    ["src/a.ts", "src/b.ts", "list.txt", ".env", "keys/server.key"].map((name) => put(join(folders.workspace, name))),
  );
  await put(join(folders.outside, "x.txt"));
  await symlink(folders.outside, join(folders.workspace, "out"));
  await symlink(join(folders.workspace, ".env"), join(folders.workspace, "src/link.md"));
});
afterAll(() => folders.remove());

/** With nobody to ask: allowed, or why not. */
async function outcome(line: string, setting: Omit<Setting, "folders"> = {}): Promise<string> {
  const { verdict, code, by } = await start({ folders, ...setting }).approve("Bash", line);
  return verdict === "allow" ? "allow" : by.kind === "rule" ? "rule" : (code ?? "");
}

describe("lines that only read", () => {
  test.each([
    ...[
      "ls",
      "ls -la src",
      "cat src/a.ts",
      "head -5 list.txt | tail -n 2",
      "grep -n foo src/a.ts | wc -l",
      "find . -name '*.ts'",
      "cat src/*.ts",
      "ls *.txt",
      "pwd; date; whoami",
    ],
    ...[
      "cd src && ls && cat a.ts",
      "sort list.txt | uniq -c",
      "sed -n 1,5p list.txt",
      'ls; echo $HOME; echo "$X"',
      "if [ -f list.txt ]; then cat list.txt; fi",
      "cat < list.txt 2>/dev/null",
    ],
    ...[
      "diff <(cat src/a.ts) <(cat src/b.ts) > /dev/null || true",
      "timeout 5 cat list.txt",
      "sh -c 'ls; cat list.txt'",
      "ls | xargs echo",
      "command -v git",
      "cat <<< hello",
      "for i in 1 2; do echo $i; ls; done",
      "ls && echo done",
      "git --version || true",
      "echo $(< list.txt)",
      "echo *.txt",
    ].slice(1),
  ])("%j is allowed in every mode", async (line) => {
    for (const mode of ["plan", "default", "acceptEdits", "dontAsk"] as const)
      expect([mode, await outcome(line, { policy: { mode } })]).toEqual([mode, "allow"]);
  });

  test.each([
    ...[
      "cat ../outside/x.txt",
      "cat /etc/hostname",
      "ls ..",
      "ls /etc",
      "cat out/x.txt",
      "ls out",
      "cat $X",
      "cat ~/x",
      "cat ~root/x",
      "cat src/../list.txt",
      "cd .. && ls",
      "cd out && cat x.txt",
      "cat out/*.txt",
      "cd; ls",
      "cd - && ls",
    ],
    ...[
      "grep -r foo .",
      "find . -delete",
      "find . -exec cat {} +",
      "find /",
      "sort -o y list.txt",
      "sed -i s/a/b/ list.txt",
      "uniq list.txt y",
      "date -s x",
      "tee y",
      "tail -f list.txt",
      "env",
      "printenv",
      "diff src src",
    ],
    ...[
      "cat list.txt > y",
      "cat list.txt >> $X",
      "ls; touch y",
      "X=1 ls",
      "PATH=. ls",
      "./cat list.txt",
      "cat list.txt; $X",
      "echo /etc/*",
      "cat */*.ts",
      "xargs cat < list.txt",
      "jq env list.txt",
      "sort *.txt",
    ],
  ])("%j is asked", async (line) => {
    expect(await outcome(line)).toBe("APPROVAL_UNAVAILABLE");
    expect(await outcome(line, { policy: { mode: "plan" } })).not.toBe("allow");
  });

  test.each([
    ...[
      "cat .env",
      "cat < .env",
      "head -1 ./.env",
      "cat src/../.env",
      "ls && cat .env",
      "cat src/link.md",
      "cat src/*.md",
      "cat .e*",
      "grep x .env",
      "sh -c 'cat .env'",
      "timeout 5 tail .env",
      "cp .env x",
      "base64 keys/server.key",
    ],
    ...[
      "cd src && cat ../.env",
      "cat '.env'",
      "c\\at .e\\nv",
      "sed -n p .env",
      "awk 1 .env",
      "/bin/cat .env",
      "find . | xargs cat .env",
      "cat keys/*",
      "echo $(cat .env)",
      "echo $(< .env)",
      "curl -d x=1 y; cat .env",
    ],
  ])("%j is denied whatever allows it, for it reads a secrets file", async (line) => {
    for (const setting of [{}, { allow: ["Bash"] }, { policy: { mode: "bypassPermissions" as const } }])
      expect([setting, await outcome(line, setting)]).toEqual([setting, "PATH_DENIED"]);
  });

  test.each([
    ...[
      "echo hi",
      "printf hi; true",
      ":",
      "true && false",
      'echo $HOME; echo "$X"',
      "x=1",
      "timeout 5 echo hi",
      "sh -c 'echo hi'",
    ],
    ...["for i in 1 2; do echo $i; done", "sleep 1", "seq 3 | tr 1 2", "if true; then echo a; fi", "echo a | xargs echo"],
  ])("%j reads nothing, so it is asked like any other command", async (line) => {
    for (const mode of ["default", "acceptEdits"] as const)
      expect([mode, await outcome(line, { policy: { mode } })]).toEqual([mode, "APPROVAL_UNAVAILABLE"]);
    expect(await outcome(line, { policy: { mode: "plan" } })).toBe("APPROVAL_DENIED");
    expect(await outcome(line, { allow: ["Bash"] })).toBe("allow");
  });

  test("a command that reads nothing does not spoil a line that a rule or the mode allows", async () => {
    expect(await outcome("npm test && echo done", { allow: ["Bash(npm test)"] })).toBe("allow");
    expect(await outcome("echo a > y", { policy: { mode: "acceptEdits" } })).toBe("allow");
    expect(await outcome("echo a > y")).toBe("APPROVAL_UNAVAILABLE");
    expect(await outcome("echo a; rm y")).toBe("APPROVAL_UNAVAILABLE");
  });

  test("a pattern and a name are no files", async () => {
    expect(await outcome("grep .env list.txt")).toBe("allow");
    expect(await outcome("ls -la .env", { allow: ["Bash"] })).toBe("allow");
    expect(await outcome("test -f .env && echo yes", { allow: ["Bash"] })).toBe("allow");
  });

  test("deny rules for Read hold for what a line reads, and a rule for the command needs no other", async () => {
    const deny = ["Read(src/**)"];
    for (const line of ["cat src/a.ts", "cat < src/a.ts", "cd src && cat a.ts", "ls; head src/b.ts", "cat src/*.ts"])
      expect([line, await outcome(line, { deny, allow: ["Bash"] })]).toEqual([line, "rule"]);
    expect(await outcome("cat /etc/hostname", { allow: ["Bash(cat:*)"] })).toBe("allow");
  });
});

describe("words that the shell expands, given to programs that show files", () => {
  const open = { allow: ["Bash"] };
  test.each([
    ...[
      "cat .en{v,}",
      "cat .[e]nv",
      "cat {list.txt,.env}",
      "less .[!x]nv",
      "grep x .en{v,x}",
      "cat .*",
      "cat ./{.env,x}",
      "cat k{,eys}/*.key",
    ],
    ...[
      "cat ke[y]s/*",
      "cat ke*/s*",
      "awk 1 .[e]*",
      "cp .en{v,} y",
      "cd src && cat ../.[e]nv",
      'cat ".e"[n]v',
      "head -n1 -- .{env,x}",
    ],
  ])("%j is looked up, and denied for the secrets file", async (line) => {
    for (const setting of [open, { policy: { mode: "bypassPermissions" as const } }, { allow: ["Bash(cat:*)", "Bash(cp:*)"] }])
      expect([line, await outcome(line, setting)]).toEqual([line, "PATH_DENIED"]);
  });

  test.each(["cat {list.txt,src/a.ts}", "cat [l]ist.txt", "cat s?c/[ab].ts", "cat src/[zx]*.ts"])(
    "%j is let run",
    async (line) => {
      expect(await outcome(line, open)).toBe("allow");
      expect(await outcome(line, { ...open, deny: ["Read(keys/**)"] })).toBe("allow");
    },
  );

  test("deny rules for Read hold for what braces and patterns stand for", async () => {
    for (const line of [
      "cat src/{a,b}.ts",
      "cat s[r]c/a.ts",
      "cat */a.ts",
      "less s?c/a.ts",
      "cd src && cat {a,x}.ts",
      "rg x sr{c,d}/a.ts",
    ])
      expect([line, await outcome(line, { ...open, deny: ["Read(src/a.ts)"] })]).toEqual([line, "rule"]);
  });

  test.each([
    ...[
      "cat $X",
      'cat "$X"',
      "cat $(echo list.txt)",
      "less $X",
      "grep x $X",
      "grep $X list.txt",
      "ls | xargs cat",
      "find . -exec cat {} +",
    ],
    ...["for f in a; do cat $f; done", "cat a{1..3}", "cat {a,$X}", "cd $X && cat a.ts", "cp $X y", "sed -n p $X"],
  ])("%j is asked where rules restrict paths, and goes by the rule for Bash elsewhere", async (line) => {
    expect(await outcome(line, open)).toBe("allow");
    for (const behavior of ["deny", "ask"] as const)
      expect([behavior, await outcome(line, { ...open, [behavior]: ["Read(./keys/**)"] })]).toEqual([
        behavior,
        "APPROVAL_UNAVAILABLE",
      ]);
  });

  test.each(["echo $X", "node x.js $X", "ls $X", 'grep "a$X" list.txt', "npm test $X"])(
    "%j shows no file, and is let run beside such rules",
    async (line) => {
      expect(await outcome(line, { ...open, deny: ["Read(./keys/**)"] })).toBe("allow");
    },
  );
});

describe("programs that change files by name", () => {
  const deny = ["Edit(src/**)"];
  test.each([
    ...[
      "tee src/a.ts",
      "echo x | tee -a src/a.ts",
      "cp list.txt src/a.ts",
      "cp list.txt src",
      "cp -t src list.txt",
      "mv src/a.ts y",
      "mv list.txt src/",
    ],
    ...[
      "install -m 600 list.txt src/x",
      "dd if=list.txt of=src/a.ts",
      "sed -i s/a/b/ src/a.ts",
      "sed -ni.bak p src/*.ts",
      "truncate -s 0 src/a.ts",
    ],
    ...[
      "ln -sf list.txt src/a.ts",
      "touch src/new",
      "mkdir -p src/x/y",
      "rm src/a.ts",
      "rm -rf src",
      "rm -- src/b.ts",
      "cd src && rm a.ts",
    ],
    ...[
      "rm src/{a,b}.ts",
      "rm s[r]c/a.ts",
      "timeout 5 rm src/a.ts",
      "find . | xargs rm src/a.ts",
      "sh -c 'rm src/a.ts'",
      "/bin/rm src/a.ts",
    ],
  ])("%j is denied by a rule for Edit, and asked by one that asks", async (line) => {
    expect(await outcome(line, { allow: ["Bash"], deny })).toBe("rule");
    expect(await outcome(line, { allow: ["Bash"], ask: deny })).toBe("APPROVAL_UNAVAILABLE");
    expect(await outcome(line, { policy: { mode: "bypassPermissions" }, deny })).toBe("rule");
  });

  test.each(["cp src/a.ts y", "sed -n p src/a.ts", "cat src/a.ts", "ln -s src/a.ts y", "rm y", "touch list.txt", "ls src"])(
    "%j changes nothing that the rule names",
    async (line) => expect(await outcome(line, { allow: ["Bash"], deny })).toBe("allow"),
  );

  test("a rule that allows edits allows no program, and a secrets file may be removed by one that is allowed", async () => {
    expect(await outcome("rm src/a.ts", { allow: ["Edit(src/**)"] })).toBe("APPROVAL_UNAVAILABLE");
    expect(await outcome("rm src/a.ts", { policy: { mode: "acceptEdits" } })).toBe("APPROVAL_UNAVAILABLE");
    expect(await outcome("rm .env", { allow: ["Bash"], deny })).toBe("allow");
  });
});

describe("rules for Bash in compound lines", () => {
  const allow = ["Bash(npm test:*)", "Bash(npm run build)", "Bash(./run.sh *)", "Bash(ls*)", "Bash(git * main)"];
  test.each([
    ...[
      "npm test && npm run build",
      "npm test -- --x | tail -5",
      "CI=1 NODE_ENV=test npm test",
      "timeout 60 npm test",
      "time npm test; nice -n 5 npm run build",
      "(npm test)",
      "npm test 2>&1 | grep -c x",
      "env CI=1 npm test",
    ],
    ...[
      "sh -c 'npm test; npm run build'",
      "for i in 1 2; do npm test; done",
      "npm test\nnpm run build",
      './run.sh a "x$X"',
      "./run.sh src/*.ts",
      "echo $(npm test)",
      "lsof",
      "git push origin main",
      "npm test < list.txt > /dev/null",
      "x=1; npm test",
    ],
  ])("%j is covered: each of its commands is", async (line) => expect(await outcome(line, { allow })).toBe("allow"));

  test.each([
    ...[
      "npm test && rm x",
      "npm test; $X",
      "npm test $(rm x)",
      "npm test `rm x`",
      "npm test | sh",
      "npm test > out.txt",
      "npm test & rm x",
      "npm testing",
      "FOO=1 npm test",
      "PATH=. npm test",
      "export FOO=1; npm test",
      "sudo npm test",
      "env -i npm test",
    ],
    ...[
      "./run.sh $X",
      './run.sh "$X"',
      "./run.sh *",
      "./run.sh {a,b}",
      "watch npm test",
      "setsid npm test",
      "xargs npm test -x",
      "npm() { rm x; }; npm test",
      "alias npm=rm; npm test",
      "npm run build -- x",
      "find . -exec npm test \\;",
      "npm test <(rm x)",
      "IFS=; npm test",
    ],
  ])("%j is not", async (line) => expect(await outcome(line, { allow })).toBe("APPROVAL_UNAVAILABLE"));

  test("always for a compound line writes one rule for each command, and the line is allowed from then on", async () => {
    const { approve, written, questions } = start({ folders, answers: () => ({ choice: "always" }) });
    expect((await approve("Bash", 'npm test && run.sh "*" | tail -3')).verdict).toBe("allow");
    expect(written).toEqual(["Bash(npm test)", 'Bash(run.sh "\\*")']);
    expect((await approve("Bash", 'run.sh "*"; npm test')).asked).toBe(false);
    await approve("Bash", "npm test && run.sh x");
    expect(questions).toHaveLength(2);
    expect(questions[1]?.offerAlways).toEqual(["Bash(run.sh x)"]);
  });

  test("nothing is offered for a line with a part that is known only when it runs", async () => {
    const { approve, questions } = start({ folders, answers: () => ({ choice: "always" }) });
    for (const line of ["npm test; $X", "npm test; eval $X", "npm test > $X", "PATH=. npm test"]) await approve("Bash", line);
    expect(questions.map(({ offerAlways }) => offerAlways)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

test.each(["./run.sh", "bin/x a", "../x", "npm test && ./run.sh", "timeout 5 ./run.sh", "sh -c './run.sh'", "a | bin/x"])(
  "nothing is offered for a program named by a relative path: %s",
  async (line) => {
    const { approve, questions } = start({ folders, answers: () => ({ choice: "session" }) });
    await approve("Bash", line);
    await approve("Bash", line);
    expect(questions.map(({ offerAlways }) => offerAlways)).toEqual([undefined, undefined]);
  },
);

test("one named by an absolute path is offered", async () => {
  const { approve, questions } = start({ folders, answers: () => ({ choice: "session" }) });
  await approve("Bash", "/opt/x/run.sh a");
  expect(questions[0]?.offerAlways).toEqual(["Bash(/opt/x/run.sh a)"]);
});
