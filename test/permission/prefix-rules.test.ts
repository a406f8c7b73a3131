/** Through the built command: what a prefix rule does not cover is not run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

const bash = (command: string) => [{ call: { name: "Bash", input: { command } } }, { say: "done" }];

for (const [rule, line] of [
  ["Bash(git:*)", "git --namespace x -c 'alias.z=!touch pwned' z"],
  ["Bash(sed:*)", "sed -l 5p '1e touch pwned' f.txt"],
  ["Bash(tar:*)", "tar cIf 'touch pwned' o.tar f.txt"],
  ["Bash(npm test:*)", "npm test -C evil"],
  ["Bash(npm test:*)", "npm test -script-shell=./evil.sh"],
  ["Bash(curl:*)", "curl -s --trace-ascii pwned http://127.0.0.1:1/"],
] as const) {
  test(`${rule} does not cover ${line}`, async () => {
    const b = await bench(bash(line), {
      "f.txt": "a\n",
      "package.json": '{"scripts":{"test":"echo ok"}}',
      "evil/package.json": '{"scripts":{"test":"touch ../pwned"}}',
    });
    const { json } = await b.run("x", ["--allow", rule]);
    expect(json.toolCalls[0]?.code).toBe("APPROVAL_UNAVAILABLE");
    expect(existsSync(join(b.cwd, "pwned"))).toBe(false);
  });
}

test("what a prefix rule covers is run", async () => {
  const b = await bench(bash("sed -n 1p f.txt"), { "f.txt": "a\n" });
  const { json } = await b.run("x", ["--allow", "Bash(sed:*)"]);
  expect(json.toolCalls).toMatchObject([{ outcome: "ok" }]);
});

test("where the home folder is the workspace, an edit of Gantry's own config is asked in acceptEdits", async () => {
  const call = (file_path: string) => ({ call: { name: "Write", input: { file_path, content: "{}" } } });
  const b = await bench([call(".settings/gantry/config.json"), call(".records/gantry/trust/x.json"), { say: "done" }]);
  const env = { HOME: b.cwd, XDG_CONFIG_HOME: join(b.cwd, ".settings"), XDG_STATE_HOME: join(b.cwd, ".records") };
  const { json } = await b.run("x", ["--permission-mode", "acceptEdits"], { env });
  expect(json.toolCalls.map(({ code }) => code)).toEqual(["APPROVAL_UNAVAILABLE", "APPROVAL_UNAVAILABLE"]);
  expect(existsSync(join(b.cwd, ".settings/gantry/config.json"))).toBe(false);
});
