import { appendFileSync, chmodSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createPlace } from "./place.ts";

const guard = { type: "command", command: "./guard.sh" };
const told = { type: "http", url: "http://127.0.0.1:1/x" };

test("hooks of all layers are joined, each handler with its own line, layer and folder", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", {
    hooks: { PreToolUse: [{ matcher: "Bash", hooks: [guard, told] }], Stop: [{ hooks: [guard] }] },
  });
  const managed = place.writeManaged(
    "managed.yaml",
    "hooks:\n  PreToolUse:\n    - hooks:\n        - {type: command, command: x}\n",
  );
  const { hookList, heldHooks, problems, config } = await place.load({
    env: { GANTRY_HOOKS__Stop: JSON.stringify([{ hooks: [told] }]) },
    flags: { set: [`hooks=${JSON.stringify({ PreToolUse: [{ hooks: [guard] }] })}`] },
  });
  expect([problems, heldHooks]).toEqual([[], []]);
  expect(hookList.filter(({ event }) => event === "PreToolUse")).toEqual([
    { event: "PreToolUse", matcher: "Bash", handler: guard, layer: "user", source: `${user}:7`, base: place.userFolder },
    { event: "PreToolUse", matcher: "Bash", handler: told, layer: "user", source: `${user}:11`, base: place.userFolder },
    { event: "PreToolUse", handler: guard, layer: "flag", source: "--set", base: place.project },
    { event: "PreToolUse", handler: { type: "command", command: "x" }, layer: "managed", source: `${managed}:4`, base: "/" },
  ]);
  expect(hookList.filter(({ event }) => event === "Stop").map(({ layer }) => layer)).toEqual(["user", "env"]);
  expect(config.hooks["PreToolUse"]).toHaveLength(4);
});

test("the same handler in two layers is two hooks", async () => {
  const place = createPlace();
  const hooks = { PreToolUse: [{ hooks: [guard] }] };
  place.writeUser("config.json", { hooks });
  place.writeManaged("managed.json", { hooks });
  expect((await place.load()).hookList).toHaveLength(2);
});

test.each([
  ["a list", { hooks: [{ matcher: "Bash", hooks: [guard] }] }, "hooks", "hooks is a list, and must be an object of events"],
  ["a word", { hooks: "./guard.sh" }, "hooks", "hooks is a string, and must be an object of events"],
  [
    "the wrapper of a plugin's file",
    { hooks: { hooks: { Stop: [] } } },
    "hooks.hooks",
    "hooks.hooks: one hooks too many; the events come right below hooks",
  ],
  [
    "a group in place of a list",
    { hooks: { Stop: { hooks: [guard] } } },
    "hooks.Stop",
    "hooks.Stop is an object, and must be a list of {matcher?, hooks}",
  ],
  [
    "a bare handler",
    { hooks: { Stop: [guard] } },
    "hooks.Stop.0",
    "hooks.Stop.0 is a handler by itself, and must be wrapped: {matcher?, hooks: [handler]}",
  ],
  ["a group without handlers", { hooks: { Stop: [{}] } }, "hooks.Stop.0", "hooks.Stop.0 has no hooks: a list of handlers"],
  [
    "one handler in place of a list",
    { hooks: { Stop: [{ hooks: guard }] } },
    "hooks.Stop.0.hooks",
    "hooks.Stop.0.hooks is an object, and must be a list of handlers",
  ],
  [
    "a handler that is a line",
    { hooks: { Stop: [{ hooks: ["./guard.sh"] }] } },
    "hooks.Stop.0.hooks.0",
    "hooks.Stop.0.hooks.0 is a string, and must be a handler",
  ],
  [
    "a handler's key beside it",
    { hooks: { Stop: [{ hooks: [guard], timeout: 5 }] } },
    "hooks.Stop.0.timeout",
    "hooks.Stop.0.timeout: beside matcher and hooks there is no other key; a handler's own belong into the handler",
  ],
  [
    "an event that is no word",
    { hooks: { "Pre.Tool\u001b": [] } },
    "hooks.Pre.Tool\u001b",
    'hooks: "Pre.Tool\\\\u{1b}" is no event',
  ],
])("%s is a problem that shows the right form, and the other hooks stay", async (_name, config, key, message) => {
  const place = createPlace();
  const file = place.writeUser("config.json", config);
  place.writeManaged("managed.json", { hooks: { Stop: [{ hooks: [told] }] } });
  const { problems, hookList } = await place.load();
  expect(problems).toEqual([
    {
      code: "CONFIG_INVALID",
      file,
      line: expect.any(Number),
      key,
      message,
      hint: expect.stringContaining('"hooks": {"PreToolUse"'),
    },
  ]);
  expect(hookList.filter(({ layer }) => layer === "managed")).toHaveLength(1);
});

test("explain names the place of every hook, of one event, and those that wait", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", { hooks: { PreToolUse: [{ matcher: "Bash", hooks: [guard] }] } });
  const project = place.write("gantry.config.json", { hooks: { Stop: [{ hooks: [guard] }] } });
  const loaded = await place.load();
  const all = await loaded.explain("hooks");
  expect(all.elements).toEqual([
    { value: { PreToolUse: [{ matcher: "Bash", hooks: [guard] }] }, from: { layer: "user", source: `${user}:7` } },
  ]);
  expect(all.note).toContain(`${project}:6 asks for`);
  expect((await loaded.explain("hooks.PreToolUse")).elements).toHaveLength(1);
  expect((await loaded.explain("hooks.Stop")).note).toContain("waits until the project is trusted");
  expect((await loaded.explain("hooks.SessionStart")).elements).toEqual([]);
  await expect(loaded.explain("hooks.PreTolUse")).rejects.toMatchObject({
    code: "CONFIG_KEY_UNKNOWN",
    message: expect.stringContaining("PreToolUse"),
  });
});

test("a header of a hook is not shown, but the variable that it is taken from is", async () => {
  const place = createPlace();
  const headers = { Authorization: "Bearer abc", "X-Key": "Bearer $MY_KEY" };
  place.writeUser("config.json", { hooks: { Stop: [{ hooks: [{ ...told, headers }] }] } });
  const loaded = await place.load();
  for (const text of [JSON.stringify(loaded.effective()), JSON.stringify(await loaded.explain("hooks"))]) {
    expect(text).not.toContain("abc");
    expect(text).toContain("$MY_KEY");
  }
  expect(JSON.stringify(loaded.hookList)).toContain("abc");
});

test("a project's hooks wait for trust, with the files they start; a changed file asks again", async () => {
  const place = createPlace();
  place.write("tools/guard.sh", "exit 0\n");
  place.write("tools/other.js", "1");
  const hooks = {
    PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: '"$CLAUDE_PROJECT_DIR"/tools/guard.sh --fast' }] }],
    Stop: [{ hooks: [{ type: "command", command: "node", args: ["tools/other.js"] }, told] }],
  };
  const file = place.write("gantry.config.json", { hooks });
  const fresh = await place.load();
  expect(fresh.hookList).toEqual([]);
  expect(fresh.heldHooks).toHaveLength(3);
  expect(fresh.trust).toEqual({
    project: place.project,
    state: "untrusted",
    parts: [
      { what: 'a hook on PreToolUse of Bash: "$CLAUDE_PROJECT_DIR"/tools/guard.sh --fast', source: `${file}:7` },
      { what: 'a hook on Stop: node ["tools/other.js"]', source: `${file}:17` },
      { what: "a hook on Stop: http://127.0.0.1:1/x", source: `${file}:24` },
      { what: "the file tools/guard.sh, as it is now, run by a hook", source: `${file}:7` },
      { what: "the file tools/other.js, as it is now, run by a hook", source: `${file}:17` },
    ],
  });
  expect(fresh.hookScripts).toEqual([join(place.project, "tools/guard.sh"), join(place.project, "tools/other.js")]);
  await fresh.host().trust("grant");
  const trusted = await place.load();
  expect([trusted.trust.state, trusted.hookList.length, trusted.heldHooks]).toEqual(["trusted", 3, []]);

  appendFileSync(join(place.project, "tools/other.js"), "\n");
  expect(await trusted.changedSince()).toEqual([join(place.project, "tools/other.js")]);
  expect((await place.load()).trust.state).toBe("changed");
  place.write("tools/other.js", "1");
  expect((await place.load()).trust.state).toBe("trusted");
  rmSync(join(place.project, "tools/guard.sh"));
  expect((await place.load()).trust.state).toBe("changed");
});

test("a hook's file that is not there yet is missed, and asks again when it comes", async () => {
  const place = createPlace();
  place.write("gantry.config.json", { hooks: { Stop: [{ hooks: [{ type: "command", command: "sh late.sh" }] }] } });
  const before = await place.load();
  await before.host().trust("grant");
  const late = place.write("late.sh", "exit 0");
  expect(await before.changedSince()).toEqual([late]);
  expect((await place.load()).trust.state).toBe("changed");
});

test("a big program that a hook starts is bound by its size and times", async () => {
  const place = createPlace();
  const big = place.write("big.bin", "x".repeat(1_100_000));
  place.write("gantry.config.json", { hooks: { Stop: [{ hooks: [{ type: "command", command: "./big.bin" }] }] } });
  await (await place.load()).host().trust("grant");
  expect((await place.load()).trust.state).toBe("trusted");
  utimesSync(big, 1, 1);
  expect((await place.load()).trust.state).toBe("changed");
});

test("other keys of a project that loosen wait too; those that tighten hold at once", async () => {
  const place = createPlace();
  place.writeUser("config.json", { sandbox: { shell: "require" } });
  place.write("gantry.config.json", { sandbox: { shell: "auto" }, policy: { edits: "off" }, claudeSettings: ["project"] });
  const weak = await place.load();
  expect(weak.trust.parts.map(({ what }) => what)).toEqual([
    "sandbox.shell auto in place of require",
    "policy.edits off: no question before guarded edits",
    "reading the project settings of .claude",
  ]);
  expect([weak.config.sandbox.shell, weak.config.policy.edits, weak.config.claudeSettings]).toEqual(["require", "ask", []]);
  place.writeUser("config.json", { policy: { edits: "off" } });
  const tests = [{ call: "Read(./.env)", expect: "deny" }];
  place.write("gantry.config.json", { sandbox: { shell: "require" }, policy: { edits: "ask" }, permissions: { tests } });
  const strong = await place.load();
  expect([strong.trust.state, strong.config.sandbox.shell, strong.config.policy.edits]).toEqual([
    "nothing-to-trust",
    "require",
    "ask",
  ]);
  expect(strong.permissionTests).toEqual([{ ...tests[0], source: expect.stringMatching(/gantry\.config\.json:\d+$/) }]);
});

test("what changed since the load is told by stats: changed, new, gone, and nothing else", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", { limits: { maxTurns: 5 } });
  const project = place.write("gantry.config.json", {});
  const loaded = await place.load();
  expect(await loaded.changedSince()).toEqual([]);
  place.write("README.md", "x");
  expect(await loaded.changedSince()).toEqual([]);
  place.writeUser("config.json", { limits: { maxTurns: 6 } });
  const managed = place.writeManaged("managed.json", {});
  rmSync(project);
  expect((await loaded.changedSince()).toSorted()).toEqual([user, project, managed].toSorted());
  expect(await (await place.load()).changedSince()).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)("a hook whose file may not be looked at is still a hook", async () => {
  const place = createPlace();
  place.write("closed/guard.sh", "exit 0");
  place.write("gantry.config.json", { hooks: { Stop: [{ hooks: [{ type: "command", command: "closed/guard.sh" }] }] } });
  chmodSync(join(place.project, "closed"), 0);
  expect((await place.load()).heldHooks).toHaveLength(1);
  chmodSync(join(place.project, "closed"), 0o700);
});

test("a hook of a project is bound to the file in the project's root, whichever folder a run starts in", async () => {
  const place = createPlace();
  place.write("guard.sh", "exit 2");
  place.write("sub/guard.sh", "exit 0");
  place.write("gantry.config.json", { hooks: { Stop: [{ hooks: [{ type: "command", command: "./guard.sh" }] }] } });
  const cwd = join(place.project, "sub");
  await (await place.load({ cwd })).host().trust("grant");
  place.write("sub/guard.sh", "exit 1");
  expect((await place.load({ cwd })).trust.state).toBe("trusted");
  place.write("guard.sh", "exit 0");
  expect((await place.load({ cwd })).trust.state).toBe("changed");
});

test("files of the user's hooks are told for each folder they may start in", async () => {
  const place = createPlace();
  place.write("guard.sh", "exit 2");
  place.write("sub/guard.sh", "exit 0");
  place.writeUser("config.json", { hooks: { Stop: [{ hooks: [guard] }] } });
  const { hookScripts, trust } = await place.load({ cwd: join(place.project, "sub") });
  expect(hookScripts.toSorted()).toEqual([join(place.project, "guard.sh"), join(place.project, "sub/guard.sh")]);
  expect(trust.state).toBe("nothing-to-trust");
});

const stopWith = (command: string, args?: string[]) => ({
  hooks: { Stop: [{ hooks: [{ type: "command", command, ...(args === undefined ? {} : { args }) }] }] },
});

test("links are bound by what they say and by what they lead to, wherever that is", async () => {
  const place = createPlace();
  const outside = join(place.home, "outside.sh");
  writeFileSync(outside, "exit 0");
  place.write("tools/real/guard.sh", "exit 2");
  symlinkSync("tools/real", join(place.project, "hooks"));
  symlinkSync("hooks/guard.sh", join(place.project, "inner"));
  symlinkSync(outside, join(place.project, "lnk"));
  place.write("gantry.config.json", stopWith("./inner && ./lnk"));
  const fresh = await place.load();
  expect(fresh.trust.parts.slice(1).map(({ what }) => what)).toEqual([
    `the file ${outside}, as it is now, run by a hook`,
    "the file tools/real/guard.sh, as it is now, run by a hook",
    "the link hooks to tools/real, run by a hook",
    "the link inner to hooks/guard.sh, run by a hook",
    `the link lnk to ${outside}, run by a hook`,
  ]);
  await fresh.host().trust("grant");
  const state = async (): Promise<string> => (await place.load()).trust.state;
  const trusted = await place.load();
  const [{ source = "" } = {}] = trusted.hookList;
  expect([await state(), trusted.changedScripts(source)]).toEqual(["trusted", []]);

  writeFileSync(outside, "exit 1");
  expect([await state(), trusted.changedScripts(source)]).toEqual([
    "changed",
    expect.arrayContaining([join(place.project, "lnk")]),
  ]);
  writeFileSync(outside, "exit 0");
  expect(await state()).toBe("trusted");

  const copy = place.write("tools/other/guard.sh", "exit 2");
  rmSync(join(place.project, "hooks"));
  symlinkSync(dirname(copy), join(place.project, "hooks"));
  expect(await state()).toBe("changed");
  expect(await trusted.changedSince()).toContain(join(place.project, "hooks"));
});

test("a link to another file of the same content is another link", async () => {
  const place = createPlace();
  for (const name of ["a.sh", "b.sh"]) place.write(name, "exit 0");
  symlinkSync("a.sh", join(place.project, "lnk"));
  place.write("gantry.config.json", stopWith("./lnk"));
  await (await place.load()).host().trust("grant");
  rmSync(join(place.project, "lnk"));
  symlinkSync("b.sh", join(place.project, "lnk"));
  expect((await place.load()).trust.state).toBe("changed");
});

test.each([
  ["cd hooks && ./c.sh", "hooks/c.sh"],
  ["cd 'my hooks' && ./c.sh", "my hooks/c.sh"],
  ["cd hooks && cd deep && sh c.sh", "hooks/deep/c.sh"],
  ['"my hooks/c.sh" --fast', "my hooks/c.sh"],
  ["sh -c 'cd hooks; exec ./c.sh'", "hooks/c.sh"],
  [`"$\{CLAUDE_PROJECT_DIR}"/hooks/c.sh`, "hooks/c.sh"],
  ["npm run -s hook", "package.json"],
  ["npm --prefix pkg run hook", "pkg/package.json"],
  ["cd pkg && yarn hook", "pkg/package.json"],
  ["make hook", "Makefile"],
  ["make -C pkg hook", "pkg/GNUmakefile"],
  ["node -r./hooks/c.sh -e 1", "hooks/c.sh"],
])("%s is bound to %s", async (command, name) => {
  const place = createPlace();
  place.write(name, "{}");
  place.write("gantry.config.json", stopWith(command));
  const fresh = await place.load();
  expect(fresh.trust.parts.map(({ what }) => what)).toContain(`the file ${name}, as it is now, run by a hook`);
  await fresh.host().trust("grant");
  expect((await place.load()).trust.state).toBe("trusted");
  place.write(name, "{ }");
  expect((await place.load()).trust.state).toBe("changed");
});

test("what a script's first line names in the project is bound with it", async () => {
  const place = createPlace();
  const interpreter = place.write("bin/own", "#!/bin/sh\nexit 2\n");
  place.write("guard", `#!${interpreter} -x\n`);
  place.write("gantry.config.json", stopWith("./guard"));
  await (await place.load()).host().trust("grant");
  expect((await place.load()).trust.state).toBe("trusted");
  place.write("bin/own", "#!/bin/sh\nexit 0\n");
  expect((await place.load()).trust.state).toBe("changed");
});

const unnoticed = expect.stringContaining(
  "may also run files that its command line does not name; a change of them is not noticed",
);

test.each([
  ["for f in hooks/d*; do $f; done"],
  ["npm run -s hook"],
  ["make hook"],
  ["$MY_HOOK"],
  ["hooks/{a,b}.sh"],
  ["`cat which`"],
  ["sh -c 'hooks/*.sh'"],
  [`true ${Array.from({ length: 300 }, (_, at) => `w${at}`).join(" ")}; ./guard.sh`],
])("that %s may run files that it does not name is said", async (command) => {
  const place = createPlace();
  const file = place.write("gantry.config.json", stopWith(command));
  const { trust } = await place.load();
  expect(trust.parts.slice(1)).toContainEqual({ what: unnoticed, source: `${file}:6` });
});

test.each([
  ["./guard.sh", undefined],
  ['"$CLAUDE_PROJECT_DIR"/guard.sh --fast 2>/dev/null', undefined],
  ["~/bin/guard && exit 2", undefined],
  ["grep -q 'rm -rf *' && exit 2", undefined],
  ["node", ["guard.js", "*.ts", "$x"]],
])("that %s names what it runs is believed", async (command, args) => {
  const place = createPlace();
  place.write("gantry.config.json", stopWith(command, args));
  const { trust } = await place.load();
  expect(trust.parts.map(({ what }) => what)).not.toContainEqual(unnoticed);
});

test("a project whose folder has blanks and stars in its name is bound as others are", async () => {
  const place = createPlace();
  const odd = join(place.project, "my * app");
  const script = place.write("my * app/guard.sh", "exit 2");
  place.write("my * app/gantry.config.json", stopWith('"$CLAUDE_PROJECT_DIR/guard.sh"'));
  const { hookScripts, trust } = await place.load({ cwd: odd });
  expect([hookScripts, trust.parts.length]).toEqual([[script], 2]);
});

test("hooks that are written on one line are each told of their file, and a folder's files come and go", async () => {
  const place = createPlace();
  const hooks = ["./a.sh src", "./b.sh"].map((command) => ({ type: "command", command }));
  const script = place.write("a.sh", "exit 0");
  place.write("b.sh", "exit 0");
  place.write("src/one", "");
  const file = place.write("gantry.config.json", JSON.stringify({ hooks: { Stop: [{ hooks }] } }));
  const loaded = await place.load();
  place.write("src/two", "");
  expect(await loaded.changedSince()).toEqual([]);
  appendFileSync(script, "\n");
  expect(loaded.changedScripts(`${file}:1`)).toEqual([script]);
});

test("a list without handlers is declared, so that it is said to do nothing, and asks for no trust", async () => {
  const place = createPlace();
  const file = place.write("gantry.config.json", { hooks: { PreToolUse: [{ matcher: "Bash(git:*)", hooks: [] }] } });
  const { hookList, heldHooks, trust } = await place.load();
  expect(hookList).toMatchObject([{ event: "PreToolUse", matcher: "Bash(git:*)", handler: null, source: `${file}:6` }]);
  expect([heldHooks, trust.parts]).toEqual([[], []]);
});

test.skipIf(process.platform !== "linux")(
  "a link to a file of the kernel's that has no end is bound, and the load ends",
  async () => {
    const place = createPlace();
    symlinkSync("/proc/self/pagemap", join(place.project, "lnk"));
    place.write("gantry.config.json", stopWith("./lnk"));
    expect((await place.load()).trust.parts.map(({ what }) => what)).toContain(
      "the link lnk to /proc/self/pagemap, run by a hook",
    );
  },
);

test.skipIf(process.getuid?.() === 0)("a hook's file that may not be read is bound by its times", async () => {
  const place = createPlace();
  const closed = place.write("guard.sh", "exit 2");
  chmodSync(closed, 0o100);
  place.write("gantry.config.json", stopWith("./guard.sh"));
  await (await place.load()).host().trust("grant");
  expect((await place.load()).trust.state).toBe("trusted");
  utimesSync(closed, 1, 1);
  expect((await place.load()).trust.state).toBe("changed");
});
