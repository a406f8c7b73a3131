/** A yes to a project's hook is a yes to the file it starts as it is: not to what somebody makes of that file. */
import { chmod, writeFile } from "node:fs/promises";
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
