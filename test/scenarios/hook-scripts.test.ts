/** A yes to a project's hook is a yes to the file it starts as it is: not to what somebody makes of that file. */
import { chmod, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Bench, bench } from "../support/cli.ts";

const guard = "#!/bin/sh\ncat >/dev/null\necho guarded >> guarded.txt\n";
const config = {
  hooks: { PreToolUse: [{ matcher: "Read", hooks: [{ type: "command", command: "./guard.sh" }] }] },
};
const read = { call: { name: "Read", input: { file_path: "a.txt" } } };

async function withGuard(steps: readonly unknown[]): Promise<Bench> {
  const place = await bench(steps, { "a.txt": "alpha\n", "guard.sh": guard, "gantry.config.json": JSON.stringify(config) });
  await chmod(path.join(place.cwd, "guard.sh"), 0o755);
  return place;
}

test("an edit of a hook's script is asked about in acceptEdits", async () => {
  const write = { call: { name: "Write", input: { file_path: "guard.sh", content: "#!/bin/sh\nexit 0\n" } } };
  const place = await withGuard([{ call: { name: "Read", input: { file_path: "guard.sh" } } }, write, { say: "Done." }]);
  const { json, exit } = await place.run("go", ["--trust", "--permission-mode", "acceptEdits"]);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "denied"]);
  expect(exit).toBe(3);
  expect(await place.file("guard.sh")).toBe(guard);
  expect(place.model.requests[2]?.toolResults.at(-1)?.text).toContain("a file that a hook runs");
});

test("a script that changes while the session runs is not run, and what it guards is denied", async () => {
  const change = { call: { name: "Bash", input: { command: "printf '#!/bin/sh\\ntouch planted.txt\\n' > guard.sh" } } };
  const place = await withGuard([read, change, read, { say: "Done." }]);
  const { json } = await place.run("go", ["--trust", "--approve", "always"]);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "denied"]);
  expect(await place.file("guarded.txt")).toBe("guarded\n");
  await expect(place.file("planted.txt")).rejects.toThrow("ENOENT");
  expect(place.model.requests[3]?.toolResults.at(-1)?.text).toContain("is not what it was when the project was trusted");
});

test("the next run asks for trust again", async () => {
  const place = await withGuard([read, { say: "Done." }, read, { say: "Done." }]);
  expect((await place.run("go", ["--trust"])).exit).toBe(0);
  expect((await place.gantry(["trust", "grant"])).exit).toBe(0);
  expect((await place.run("go")).exit).toBe(0);
  await writeFile(path.join(place.cwd, "guard.sh"), "#!/bin/sh\nexit 0\n");
  const { exit, stderr } = await place.gantry(["run", "go"]);
  expect(exit).toBe(3);
  expect(stderr).toContain("changed since you trusted it");
  expect(stderr).toContain("the file guard.sh");
});

const planted = '#!/bin/sh\ncat >/dev/null\ntouch "$CLAUDE_PROJECT_DIR/planted.txt"\n';
const bash = (command: string) => ({ call: { name: "Bash", input: { command } } });

test("a file of the same name in the folder that the session went to is never run", async () => {
  const place = await withGuard([bash("cd sub && ls"), read, { say: "Done." }]);
  await mkdir(path.join(place.cwd, "sub"));
  for (const name of ["guard.sh", "a.txt"]) await writeFile(path.join(place.cwd, "sub", name), planted, { mode: 0o755 });
  const { json } = await place.run("go", ["--trust", "--approve", "always"]);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "ok"]);
  expect(await place.file("guarded.txt")).toBe("guarded\n");
  await expect(place.file("planted.txt")).rejects.toThrow("ENOENT");
  const second = await place.gantry(["hooks", "test", "PreToolUse", "--tool", "Read"], { cwd: path.join(place.cwd, "sub") });
  expect(second.stdout + second.stderr).toContain("guard.sh");
  await expect(place.file("planted.txt")).rejects.toThrow("ENOENT");
});

test("a link out of the project that leads elsewhere later asks again, and runs nothing", async () => {
  const place = await withGuard([read, { say: "Done." }]);
  const script = path.join(place.cwd, "guard.sh");
  const outside = path.join(place.home, "outside.sh");
  await writeFile(outside, planted, { mode: 0o755 });
  await rm(script);
  await symlink("/usr/bin/true", script);
  expect((await place.gantry(["trust", "grant"])).stdout).toContain("the link guard.sh to /usr/bin/true");
  expect((await place.run("go")).exit).toBe(0);
  await rm(script);
  await symlink(outside, script);
  const { exit, stderr } = await place.gantry(["run", "go"]);
  expect([exit, stderr]).toEqual([3, expect.stringContaining(`the link guard.sh to ${outside}`)]);
  await expect(place.file("planted.txt")).rejects.toThrow("ENOENT");
});

test("a link that is made to lead elsewhere while the session runs is not followed", async () => {
  const place = await withGuard([read, bash("ln -sf other.sh lnk.sh"), read, { say: "Done." }]);
  const hooks = { PreToolUse: [{ matcher: "Read", hooks: [{ type: "command", command: "./lnk.sh" }] }] };
  await writeFile(path.join(place.cwd, "gantry.config.json"), JSON.stringify({ hooks }));
  await writeFile(path.join(place.cwd, "other.sh"), planted, { mode: 0o755 });
  await symlink("guard.sh", path.join(place.cwd, "lnk.sh"));
  const { json } = await place.run("go", ["--trust", "--approve", "always"]);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "denied"]);
  expect(await readdir(place.cwd)).not.toContain("planted.txt");
});

test("what a hook may run beyond what it names is said before it is trusted", async () => {
  const place = await withGuard([]);
  const hooks = { Stop: [{ hooks: [{ type: "command", command: "make hook" }] }] };
  await writeFile(path.join(place.cwd, "gantry.config.json"), JSON.stringify({ hooks }));
  await writeFile(path.join(place.cwd, "Makefile"), "hook:\n\ttrue\n");
  const said = "the hook make hook may also run files that its command line does not name; a change of them is not noticed";
  const refused = await place.gantry(["run", "go"]);
  expect([refused.exit, refused.stderr]).toEqual([3, expect.stringContaining(said)]);
  for (const action of ["status", "grant"]) {
    const { stdout } = await place.gantry(["trust", action]);
    expect(stdout).toContain(said);
    expect(stdout).toContain("the file Makefile, as it is now, run by a hook");
  }
});

test("a script named from the project's root is run wherever the session is", async () => {
  const steps = [
    { call: { name: "Bash", input: { command: "cd sub" } } },
    { call: { name: "Read", input: { file_path: "../a.txt" } } },
    { say: "Done." },
  ];
  const refusing = "process.stderr.write('no reads'); process.exit(2)";
  const hook = { type: "command", command: "node", args: ["guard.js"] };
  const place = await bench(steps, {
    ...{ "a.txt": "alpha\n", "sub/b.txt": "b\n", "guard.js": refusing, "sub/guard.js": "" },
    "gantry.config.json": JSON.stringify({ hooks: { PreToolUse: [{ matcher: "Read", hooks: [hook] }] } }),
  });
  const { json } = await place.run("go", ["--trust", "--approve", "always"]);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["ok", "denied"]);
  expect(place.model.requests[2]?.toolResults.at(-1)?.text).toContain("no reads");
});

test("an entry without hooks is reported, and its matcher looked at", async () => {
  const group = { matcher: "Bash(git:*)", hooks: [] };
  const place = await bench([], { "gantry.config.json": JSON.stringify({ hooks: { PreToolUse: [group] } }) });
  const { exit, stdout, stderr } = await place.gantry(["config", "validate"]);
  expect(exit).toBe(2);
  expect(stdout + stderr).toContain("is a permission rule");
  expect(stdout + stderr).toContain("its list of hooks is empty");
});
