import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Mode } from "../../core/permission/modes.ts";
import { type Folders, makeFolders, put, type Setting, start } from "./start.ts";

let folders: Folders & { remove(): Promise<void> };

beforeAll(async () => {
  folders = await makeFolders();
  await put(join(folders.workspace, "src/a.ts"));
  await put(join(folders.workspace, ".env"));
  await put(join(folders.workspace, ".env.example"));
  await put(join(folders.workspace, "keys/server.PEM"));
  await put(join(folders.outside, "notes.md"));
  await put(join(folders.home, ".aws/credentials"));
  await put(join(folders.outputDir, "run-1.txt"));
  await symlink(join(folders.outside, "notes.md"), join(folders.workspace, "link.md"));
  await symlink(join(folders.workspace, ".env"), join(folders.workspace, "plain.txt"));
  await symlink(join(folders.outside, "not-yet"), join(folders.workspace, "dangling"));
});
afterAll(() => folders.remove());

const open = (setting: Omit<Setting, "folders"> = {}) => start({ folders, ...setting });
const inMode = (mode: Mode, setting: Omit<Setting, "folders" | "policy"> = {}) =>
  open({ ...setting, policy: { mode, modeSource: "user.json:3" } });
const yes = () => ({ choice: "once" }) as const;

describe("modes", () => {
  test.each([
    ["plan", "deny", "deny"],
    ["default", "ask", "ask"],
    ["acceptEdits", "allow", "ask"],
    ["dontAsk", "deny", "deny"],
    ["bypassPermissions", "allow", "allow"],
  ] as const)("in %s a read is allowed, an edit is %s, a shell line is %s", async (mode, edit, shell) => {
    const { approve, questions } = inMode(mode, { answers: yes });
    const outcome = async (name: "Edit" | "Bash", subject: string) => {
      const before = questions.length;
      const { verdict } = await approve(name, subject);
      return questions.length > before ? "ask" : verdict;
    };
    expect((await approve("Read", "src/a.ts")).verdict).toBe("allow");
    expect((await approve("TodoWrite")).verdict).toBe("allow");
    expect(questions).toEqual([]);
    expect([await outcome("Edit", "src/a.ts"), await outcome("Bash", "npm test")]).toEqual([edit, shell]);
  });

  test("a denial by plan names the mode and where it was set", async () => {
    const approval = await inMode("plan", { allow: ["Bash"] }).approve("Bash", "npm test");
    expect(approval).toMatchObject({
      verdict: "deny",
      code: "APPROVAL_DENIED",
      by: { kind: "mode", name: "plan", source: "user.json:3" },
      reason: "Bash(npm test) is denied: the mode plan (user.json:3) lets nothing be changed or run",
    });
  });

  test.each([".git/config", ".GIT/hooks/pre-commit", "gantry.config.json", ".gantryrc", ".gantry/x", ".bashrc", "sub/.zshrc"])(
    "acceptEdits asks for %s",
    async (path) => {
      const { approve, questions } = inMode("acceptEdits", { answers: yes });
      await approve("Write", path);
      expect(questions).toHaveLength(1);
    },
  );

  test.each([
    ...[".husky/pre-commit", ".vscode/tasks.json", "sub/.claude/settings.json", ".devcontainer/devcontainer.json"],
    ...[
      "~/.config/git/config",
      "~/.config/systemd/user/x.service",
      "~/.config/autostart/x.desktop",
      "~/.config/fish/conf.d/a.fish",
    ],
    ...[
      "~/.vimrc",
      "~/.xprofile",
      "~/.pam_environment",
      "~/.config/gantry/gantry.config.json",
      "~/.local/bin/git",
      "~/.curlrc",
    ],
    ...["~/settings/gantry/config.json", "~/records/gantry/trust/p.json"],
  ])("where the home folder is the workspace, acceptEdits asks for %s, and an allow rule allows it", async (path) => {
    const setting = {
      folders: { ...folders, workspace: folders.home },
      answers: yes,
      policy: { mode: "acceptEdits" },
    } as const;
    const { approve, questions } = start(setting);
    await approve("Write", path);
    expect(questions).toMatchObject([{ reason: expect.stringContaining("which the mode acceptEdits leaves to you") }]);
    expect((await start({ ...setting, allow: [`Edit(${path})`] }).approve("Write", path)).asked).toBe(false);
    expect((await approve("Write", "~/notes.md")).asked).toBe(false);
  });

  test("Gantry's own folders are guarded through a link to them too", async () => {
    await mkdir(join(folders.home, "elsewhere"), { recursive: true });
    await symlink(join(folders.home, "elsewhere"), join(folders.home, "linked"));
    const { approve } = start({
      folders: { ...folders, workspace: folders.home },
      policy: { mode: "acceptEdits", configHome: join(folders.home, "linked/gantry") },
    });
    expect((await approve("Write", "elsewhere/gantry/config.json")).code).toBe("APPROVAL_UNAVAILABLE");
    expect((await approve("Write", "linked/gantry/config.json")).code).toBe("APPROVAL_UNAVAILABLE");
  });

  test("acceptEdits asks outside the workspace, through links too, and accepts added folders", async () => {
    const { approve, questions } = inMode("acceptEdits", { answers: yes });
    await approve("Write", join(folders.outside, "new.md"));
    await approve("Write", "link.md");
    await approve("Write", "dangling");
    expect(questions.map(({ reason }) => reason)).toEqual(Array(3).fill(`it is outside the workspace ${folders.workspace}`));
    const added = open({ policy: { mode: "acceptEdits", additionalDirs: [folders.outside] } });
    expect((await added.approve("Write", join(folders.outside, "new.md"))).verdict).toBe("allow");
  });

  test("the session's own output is readable and not writable", async () => {
    const { approve } = inMode("acceptEdits");
    expect((await approve("Read", join(folders.outputDir, "run-1.txt"))).verdict).toBe("allow");
    expect((await approve("Write", join(folders.outputDir, "run-1.txt"))).code).toBe("APPROVAL_UNAVAILABLE");
  });
});

describe("order of the decision", () => {
  test("a deny rule beats everything and is named with its line", async () => {
    const { approve } = inMode("bypassPermissions", { deny: ["Edit", "Bash(rm:*)"], allow: ["Bash", "Edit"] });
    expect(await approve("Bash", "rm -rf src")).toMatchObject({
      verdict: "deny",
      by: { kind: "rule", name: "Bash(rm:*)", source: "deny.json:2" },
      reason: "Bash(rm -rf src) is denied by the rule Bash(rm:*) (deny.json:2)",
    });
    expect((await approve("Write", "src/a.ts")).verdict).toBe("deny");
  });

  test("a judge denies what a rule allows; one that fails denies", async () => {
    const judge = { verdict: "deny", by: "guard", reason: "not on Fridays" } as const;
    expect(await open({ allow: ["Bash"], judge }).approve("Bash", "npm test")).toMatchObject({
      verdict: "deny",
      by: { kind: "judge", name: "guard" },
      reason: "Bash(npm test) is denied by guard: not on Fridays",
    });
    const broken = open({ judge: () => Promise.reject(new Error("gone")) });
    expect(await broken.approve("Read", "src/a.ts")).toMatchObject({
      verdict: "deny",
      reason: expect.stringContaining("gone"),
    });
  });

  test("a judge's ask asks, whatever a rule or mode allows, and offers nothing to remember", async () => {
    const { approve, questions } = inMode("bypassPermissions", {
      judge: { verdict: "ask", by: "guard" },
      allow: ["Read"],
      answers: yes,
    });
    expect((await approve("Read", "src/a.ts")).asked).toBe(true);
    expect(questions[0]).toMatchObject({ reason: "guard asks", offerAlways: undefined });
  });

  test("an ask rule asks in every mode but dontAsk, before allow rules, and is never offered always", async () => {
    for (const mode of ["default", "acceptEdits", "bypassPermissions"] as const) {
      const { approve, questions } = inMode(mode, { ask: ["Bash(git push:*)"], allow: ["Bash"], answers: yes });
      await approve("Bash", "git push origin main");
      expect(questions[0]).toMatchObject({
        reason: "the rule Bash(git push:*) (ask.json:1) asks for it",
        offerAlways: undefined,
      });
    }
    expect((await inMode("dontAsk", { ask: ["Read"] }).approve("Read", "src/a.ts")).verdict).toBe("deny");
  });

  test("a session tool is never asked for, unless a rule or judge says so", async () => {
    const { approve, questions } = open({ ask: ["TodoWrite"], answers: yes });
    await approve("TodoWrite");
    expect(questions).toHaveLength(1);
    expect((await inMode("bypassPermissions", { deny: ["TodoWrite"] }).approve("TodoWrite")).verdict).toBe("deny");
  });

  test("a judge on tool.ask can deny what would be asked, and nothing else", async () => {
    const judgeAsk = { verdict: "deny", by: "night" } as const;
    const { approve, questions } = open({ judgeAsk, answers: yes });
    expect((await approve("Bash", "npm test")).by).toEqual({ kind: "judge", name: "night" });
    expect((await approve("Read", "src/a.ts")).verdict).toBe("allow");
    expect(questions).toEqual([]);
  });
});

describe("flags and nobody", () => {
  test("without anybody to ask the call is denied as unavailable", async () => {
    expect(await open().approve("Bash", "npm test")).toMatchObject({
      verdict: "deny",
      asked: true,
      code: "APPROVAL_UNAVAILABLE",
      by: { kind: "nobody" },
      reason:
        "Bash(npm test) needs a yes (no rule allows it, and the mode default asks for it), and nobody is there to be asked",
    });
  });

  test("--approve always says yes to what would be asked and beats no deny rule, judge, plan mode or secrets file", async () => {
    const policy = { approve: "always" } as const;
    expect((await open({ policy }).approve("Bash", "a && b")).by).toEqual({
      kind: "flag",
      name: "always",
      source: "--approve",
    });
    expect((await open({ policy, deny: ["Bash"] }).approve("Bash", "npm test")).verdict).toBe("deny");
    expect((await open({ policy, judge: { verdict: "deny", by: "j" } }).approve("Bash", "npm test")).verdict).toBe("deny");
    expect((await open({ policy, judgeAsk: { verdict: "deny", by: "j" } }).approve("Bash", "npm test")).verdict).toBe("deny");
    expect((await open({ policy: { ...policy, mode: "plan" } }).approve("Bash", "npm test")).verdict).toBe("deny");
    expect((await open({ policy }).approve("Read", ".env")).code).toBe("PATH_DENIED");
  });

  test("--approve never is an answer: APPROVAL_DENIED, and nobody is asked", async () => {
    const { approve, questions } = open({ policy: { approve: "never" }, answers: yes });
    expect(await approve("Bash", "npm test")).toMatchObject({ code: "APPROVAL_DENIED", by: { kind: "flag", name: "never" } });
    expect(questions).toEqual([]);
  });

  test("a cancelled question throws the signal's reason, even when the front end never answers", async () => {
    const stop = new AbortController();
    const asked = Promise.withResolvers<void>();
    const { approve } = open({
      answers: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    const pending = approve("Bash", "npm test", stop.signal);
    await asked.promise;
    stop.abort(new Error("cancelled"));
    await expect(pending).rejects.toThrow("cancelled");
  });

  test("a front end that fails is nobody", async () => {
    const { approve } = open({ answers: () => Promise.reject(new Error("stdin is closed")) });
    expect(await approve("Bash", "npm test")).toMatchObject({
      code: "APPROVAL_UNAVAILABLE",
      reason: expect.stringContaining("stdin is closed"),
    });
  });
});

describe("answers", () => {
  test("no, with a reason, is told to the model", async () => {
    const { approve } = open({ answers: () => ({ choice: "no", reason: "use pnpm" }) });
    expect(await approve("Bash", "npm test")).toMatchObject({
      verdict: "deny",
      code: "APPROVAL_DENIED",
      by: { kind: "user", name: "no" },
      reason: "the user said no to Bash(npm test): use pnpm",
    });
  });

  test("a yes for the session covers the same call again and nothing beside it", async () => {
    const { approve, questions } = open({ answers: () => ({ choice: "session" }) });
    const first = await approve("Bash", "node 'a * b'");
    expect(first.remembered).toEqual({ rule: "Bash(node 'a \\* b')", for: "session" });
    expect((await approve("Bash", "node 'a * b'")).by).toEqual({
      kind: "remembered",
      name: "Bash(node 'a \\* b')",
      source: "this session",
    });
    expect(questions).toHaveLength(1);
    await approve("Bash", "node 'a x b'");
    expect(questions).toHaveLength(2);
  });

  test("always writes the exact rule and holds at once; a rule that cannot be written holds for the session", async () => {
    const path = join(folders.workspace, "src/new [1].ts");
    const { approve, written, questions } = open({ answers: () => ({ choice: "always" }) });
    const rule = `Edit(/${folders.workspace}/src/new \\[1\\].ts)`;
    expect((await approve("Write", path)).remembered).toEqual({ rule, for: "always", file: "local.json:1" });
    expect(written).toEqual([rule]);
    expect((await approve("Edit", "src/new [1].ts")).by.kind).toBe("remembered");
    expect(questions).toHaveLength(1);
    const readOnly = open({ answers: () => ({ choice: "always" }), rememberAlways: () => Promise.reject(new Error("EROFS")) });
    expect(await readOnly.approve("Write", path)).toMatchObject({ verdict: "allow", remembered: { rule, for: "session" } });
  });

  test("rules of the session's log are remembered; a text that is no rule covers nothing", async () => {
    const { approve } = open({ sessionRules: ["Bash(npm test)", "Bash(", "Nonsense"] });
    expect((await approve("Bash", "npm test")).by.kind).toBe("remembered");
    expect((await approve("Bash", "npm run x")).verdict).toBe("deny");
  });

  test("nothing is remembered for folders, links and undecided lines", async () => {
    const { approve, questions } = open({ answers: () => ({ choice: "always" }) });
    const approvals = [
      await approve("Grep", folders.outside),
      await approve("Read", "link.md"),
      await approve("Bash", "npm test; $RUN x"),
    ];
    expect(approvals.map(({ verdict, remembered }) => [verdict, remembered])).toEqual(Array(3).fill(["allow", undefined]));
    expect(questions.map(({ offerAlways }) => offerAlways)).toEqual([undefined, undefined, undefined]);
  });

  test("one question at a time; an answer for the session covers the same call that waits behind it", async () => {
    const first = Promise.withResolvers<{ choice: "session" }>();
    const asked = Promise.withResolvers<void>();
    const { approve, questions } = open({
      answers: () => {
        asked.resolve();
        return first.promise;
      },
    });
    const both = [approve("Bash", "npm test"), approve("Bash", "npm test")];
    await asked.promise;
    first.resolve({ choice: "session" });
    expect((await Promise.all(both)).map(({ by }) => by.kind)).toEqual(["user", "remembered"]);
    expect(questions).toHaveLength(1);
  });
});

describe("secrets files", () => {
  const openings: Omit<Setting, "folders">[] = [
    { policy: { mode: "bypassPermissions" } },
    { policy: { approve: "always" } },
    { allow: ["Read", "Edit"] },
    { allow: ["Read(*)", "Read(./**)", "Read(//**)", "Edit(**)"] },
    { answers: yes },
  ];
  test.each([".env", "keys/server.PEM", "plain.txt", "~/.aws/credentials", "~/.ssh/id_ed25519", ".env.local", "deploy.key"])(
    "%s stays shut to modes, bare rules, flags and answers",
    async (path) => {
      for (const setting of openings) {
        const { approve, questions } = open(setting);
        for (const name of ["Read", "Write", "Edit", "Grep"] as const) {
          expect(await approve(name, path)).toMatchObject({ verdict: "deny", code: "PATH_DENIED", asked: false });
        }
        expect(questions).toEqual([]);
      }
    },
  );

  test("a rule that names the path opens it, for its own kind of access only, and the reach names the path", async () => {
    const { approve } = open({ allow: ["Read(.env)", "Read(~/.aws/credentials)"] });
    const real = join(folders.workspace, ".env");
    expect(await approve("Read", ".env")).toMatchObject({
      verdict: "allow",
      by: { kind: "rule" },
      reach: { approved: [real] },
    });
    expect((await approve("Read", "~/.aws/credentials")).verdict).toBe("allow");
    expect((await approve("Write", ".env")).code).toBe("PATH_DENIED");
    // The link's own name is not allowed, only its target is.
    expect((await approve("Read", "plain.txt")).code).toBe("PATH_DENIED");
  });

  test.each(["/proc/self/environ", "/proc/thread-self/environ", "/proc/1/task/1/environ", "/proc/1/mem", "/proc/1/task/1/mem"])(
    "%s, which holds what a program was started with or has in memory, stays shut",
    async (path) => {
      expect(await inMode("bypassPermissions").approve("Read", path)).toMatchObject({ verdict: "deny", code: "PATH_DENIED" });
    },
  );

  test("templates and public keys are not secrets", async () => {
    const { approve } = open();
    expect((await approve("Read", ".env.example")).verdict).toBe("allow");
    expect((await approve("Read", "keys/id_rsa.pub")).verdict).toBe("allow");
  });
});

describe("paths", () => {
  test("reads outside the workspace are asked, offered as that exact file, and reach only it", async () => {
    const { approve, questions } = open({ answers: yes });
    const file = join(folders.outside, "notes.md");
    const approval = await approve("Read", "../outside/notes.md");
    expect(approval.reach).toMatchObject({ approved: [file], roots: [folders.workspace, folders.outputDir] });
    expect(questions[0]).toMatchObject({ subject: file, offerAlways: [`Read(/${file})`] });
  });

  test("a link is shown with where it really leads", async () => {
    const { approve, questions } = open({ answers: yes });
    await approve("Read", "link.md");
    expect(questions[0]?.subject).toBe(`${join(folders.workspace, "link.md")} (really ${join(folders.outside, "notes.md")})`);
  });

  test("an allow rule needs link and target; a deny rule needs one of them", async () => {
    const target = join(folders.outside, "notes.md");
    expect((await open({ allow: ["Read(link.md)"] }).approve("Read", "link.md")).verdict).toBe("deny");
    expect((await open({ allow: [`Read(/${target})`] }).approve("Read", "link.md")).verdict).toBe("deny");
    expect((await open({ allow: ["Read(link.md)", `Read(/${target})`] }).approve("Read", "link.md")).verdict).toBe("allow");
    expect((await open({ allow: ["Read(link.md)"], deny: [`Read(/${target})`] }).approve("Read", "link.md")).by.kind).toBe(
      "rule",
    );
    expect((await open({ policy: { approve: "always" }, deny: ["Read(link.md)"] }).approve("Read", "link.md")).by.kind).toBe(
      "rule",
    );
  });

  test("a chain of links is denied by a rule on a link in its middle", async () => {
    await symlink(join(folders.workspace, "link.md"), join(folders.workspace, "chain.md"));
    expect((await open({ policy: { approve: "always" }, deny: ["Edit(link.md)"] }).approve("Write", "chain.md")).by.kind).toBe(
      "rule",
    );
  });

  test("a Read rule that denies also keeps the path from edits, and searches from showing it", async () => {
    const { approve } = inMode("bypassPermissions", { deny: ["Read(./src/**)"] });
    expect((await approve("Edit", "src/a.ts")).verdict).toBe("deny");
    expect((await approve("Grep", "src")).verdict).toBe("deny");
    expect((await approve("Grep", ".")).reach.hidden).toContainEqual({ base: folders.workspace, patterns: ["/src/**"] });
  });

  test("a bare name that is denied is denied at any depth of every root and by name outside, never for a folder above a root", async () => {
    const nested = { ...folders, workspace: join(folders.workspace, "build/project") };
    await put(join(nested.workspace, "deep/build/out.js"));
    await put(join(folders.outside, "a.secret"));
    const { approve } = start({
      folders: nested,
      deny: ["Read(build/**)", "Read(*.secret)"],
      policy: { mode: "bypassPermissions", additionalDirs: [folders.home] },
    });
    const verdict = async (path: string) => (await approve("Read", path)).verdict;
    expect(await verdict("src/a.ts")).toBe("allow");
    expect(await verdict("deep/build/out.js")).toBe("deny");
    expect(await verdict("~/x/y/Z.SECRET")).toBe("deny");
    expect(await verdict(join(folders.outside, "a.secret"))).toBe("deny");
    expect(await verdict(join(folders.outside, "a.txt"))).toBe("allow");
  });

  test("a folder of the source, home and absolute bases are told apart", async () => {
    const allow = [`Edit(/docs/**)`, "Edit(~/notes/**)", `Edit(/${folders.outside}/*.md)`];
    const { approve } = inMode("dontAsk", { allow });
    const verdicts = await Promise.all(
      ["docs/x/y.md", "~/notes/a.md", join(folders.outside, "b.md"), "sub/docs/x.md", join(folders.outside, "c.txt")].map(
        async (path) => (await approve("Write", path)).verdict,
      ),
    );
    expect(verdicts).toEqual(["allow", "allow", "allow", "deny", "deny"]);
  });

  test.each(["a\0b", "loop"])("%j is refused", async (path) => {
    await symlink("loop", join(folders.workspace, "loop")).catch(() => undefined);
    expect((await inMode("bypassPermissions").approve("Read", path)).code).toBe("PATH_OUTSIDE");
  });

  test("a glob that begins at the root, or at home, is about the folder it looks in", async () => {
    const { approve, questions } = open({ answers: yes });
    const approval = await approve("Glob", { pattern: `${folders.outside}/*.md` });
    expect(approval.reach.approved).toEqual([folders.outside]);
    await approve("Glob", { pattern: "~/a/{b,c}/*" });
    await approve("Glob", { pattern: "/*" });
    expect(questions.map(({ subject }) => subject)).toEqual([folders.outside, join(folders.home, "a"), "/"]);
    expect((await approve("Glob", { pattern: "src/**" })).asked).toBe(false);
    const denied = inMode("bypassPermissions", { deny: [`Read(/${folders.outside}/**)`] });
    expect((await denied.approve("Glob", { pattern: `${folders.outside}/../outside/*` })).by.kind).toBe("rule");
    expect((await inMode("bypassPermissions").approve("Glob", { pattern: "~/.ssh/*" })).code).toBe("PATH_DENIED");
    // Given a path, a pattern is below it.
    expect((await approve("Glob", { path: "src", pattern: "/etc/*" })).asked).toBe(false);
  });

  test("names without a shape are spelled out in the question", async () => {
    const { approve, questions } = open({ answers: yes });
    await approve("Read", "../outside/a\u3164\u00a0\u2800\u202e b.md");
    await approve("Bash", "'rm\u115f' x");
    expect(questions.map(({ subject }) => subject)).toEqual([
      `${join(folders.outside, "a\\u{3164}\\u{a0}\\u{2800}\\u{202e} b.md")}`,
      "'rm\\u{115f}' x",
    ]);
  });

  test("a search without a path is about the working folder", async () => {
    await mkdir(join(folders.workspace, "src"), { recursive: true });
    expect((await open().approve("Glob")).verdict).toBe("allow");
  });
});

describe("shell lines", () => {
  const undecided = ["echo 'x", "$RUN x", "$(id) y", 'eval "$X"', "ls; $RUN x"];
  test.each(undecided)("%j is asked whatever rules allow", async (line) => {
    const { approve, questions } = open({ allow: ["Bash", "Bash(*x*)", "Bash(npm:*)"], answers: yes });
    await approve("Bash", line);
    expect(questions).toMatchObject([{ offerAlways: undefined }]);
    expect((await inMode("dontAsk", { allow: ["Bash"] }).approve("Bash", line)).verdict).toBe("deny");
    expect((await inMode("bypassPermissions").approve("Bash", line)).verdict).toBe("allow");
    const restricted = inMode("bypassPermissions", { deny: ["Bash(shutdown:*)"], answers: yes });
    await restricted.approve("Bash", line);
    expect(restricted.questions).toHaveLength(1);
  });

  test.each([
    "a && rm -rf x",
    "a; r\\m -rf x",
    "$(rm -rf x)",
    "X=1 rm x",
    "a | xargs rm x",
    "if true; then rm x; fi",
    "'rm' x",
    "/bin/rm x",
  ])("a deny rule for rm sees it in %j", async (line) => {
    expect((await inMode("bypassPermissions", { deny: ["Bash(rm:*)"] }).approve("Bash", line)).verdict).toBe("deny");
  });

  test.each([
    "sudo rm x",
    "env rm x",
    "timeout 5 rm x",
    'sh -c "rm x"',
    "bash -c 'true; rm x'",
    "find . -exec rm x",
    "git -c core.pager='rm x' log",
  ])("a deny rule for rm looks behind the wrapper in %j", async (line) => {
    expect((await inMode("bypassPermissions", { deny: ["Bash(rm:*)"] }).approve("Bash", line)).verdict).toBe("deny");
  });

  test.each([
    ["find:*", "find . -name x -delete"],
    ["find *", "find . -exec rm x"],
    ["git:*", "git -c core.pager=x log"],
    ["git log:*", "git log --output=x"],
    ["git log:*", "git log --outp=x"],
    ["tar:*", "tar xf a.tar --to-command=sh"],
    ["rg:*", "rg --pre=sh x"],
    ["sort:*", "sort -uo x y"],
    ["sed:*", "sed -n -e p -ne 'w x' y"],
    ["env*", "env FOO=1 rm x"],
    ["xargs*", "xargs rm"],
    ["sudo*", "sudo rm x"],
  ])("the prefix rule Bash(%s) does not cover %j", async (specifier, line) => {
    const { approve, questions } = open({ allow: [`Bash(${specifier})`], answers: yes });
    await approve("Bash", line);
    expect(questions[0]?.reason).toContain(`so the rule Bash(${specifier}) (allow.json:1) does not cover it`);
  });

  test.each([
    ...[
      "prlimit --nofile=9 rm x",
      "setarch -R rm x",
      "linux64 rm x",
      "valgrind -q rm x",
      "/lib64/ld-linux-x86-64.so.2 /bin/rm x",
    ],
    ...["nobody-knows-this --flag rm x", "nobody-knows-this 'rm x'", "a && nobody-knows-this RM x", "fakeroot -- rm x"],
  ])("a deny rule for rm looks behind wrappers known and unknown in %j", async (line) => {
    const { approve } = inMode("bypassPermissions", { deny: ["Bash(rm:*)"] });
    expect((await approve("Bash", line)).by).toMatchObject({ kind: "rule" });
    const asking = inMode("bypassPermissions", { ask: ["Bash(rm:*)"], answers: yes });
    await asking.approve("Bash", line);
    expect(asking.questions).toHaveLength(1);
    expect(
      (await inMode("dontAsk", { allow: ["Bash(rmdir:*)"], deny: ["Bash(rm:*)"] }).approve("Bash", "rmdir x")).verdict,
    ).toBe("allow");
  });

  test.each(["echo rm x", 'git commit -m "rm x"', "grep rm notes.txt", "git rm x"])(
    "a deny rule for rm says nothing of %j, where rm is only a word",
    async (line) => {
      expect((await inMode("bypassPermissions", { deny: ["Bash(rm:*)"] }).approve("Bash", line)).verdict).toBe("allow");
    },
  );

  test("a line that is too long to look at is asked in bypassPermissions when a rule restricts lines, and stalls nothing", async () => {
    const { approve, questions } = inMode("bypassPermissions", { deny: ["Bash(rm:*)"], answers: yes });
    await approve("Bash", `xargs ${"a ".repeat(500_000)}`);
    await approve("Bash", `env ${"A=1 ".repeat(600)}rm x`);
    expect(questions.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("characters"),
      expect.stringContaining("words; more than 500"),
    ]);
  });

  test("an exact rule covers what a prefix rule may not", async () => {
    const { approve } = inMode("dontAsk", { allow: ["Bash(find . -name x -delete)"] });
    expect((await approve("Bash", "find . -name x -delete")).verdict).toBe("allow");
    expect((await approve("Bash", "find . -name y -delete")).verdict).toBe("deny");
  });

  test("a prefix ends at a word, a star without a space does not", async () => {
    const verdict = async (specifier: string, line: string) =>
      (await inMode("dontAsk", { allow: [`Bash(${specifier})`] }).approve("Bash", line)).verdict;
    expect(await verdict("npm test:*", "npm test")).toBe("allow");
    expect(await verdict("npm test *", "npm  test --silent")).toBe("allow");
    expect(await verdict("npm test:*", "npm testing")).toBe("deny");
    expect(await verdict("ls*", "lsof")).toBe("allow");
    expect(await verdict("git * main", "git push origin main")).toBe("allow");
    expect(await verdict("npm run a b", 'npm run "a b"')).toBe("deny");
  });
});
