/** Whatever ends with another code than 0 says so in JSON: ok false, an error, and what was found as its detail. */
import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";

const hint = expect.stringMatching(/\S/);

test("tools call of a call that failed, was denied, or that nobody could approve", async () => {
  const { gantry } = await bench([], { "a.txt": "one\n" });
  const call = async (name: string, input: object, env = {}) => {
    const { exit, stdout } = await gantry(["tools", "call", name, JSON.stringify(input), "--json"], { env });
    return [exit, JSON.parse(stdout)];
  };
  expect(await call("Read", { file_path: "a.txt" })).toMatchObject([0, { ok: true, data: { tool: "Read", isError: false } }]);
  expect(await call("Read", { file_path: "b.txt" })).toEqual([
    1,
    {
      ok: false,
      kind: "tools.call",
      error: {
        code: "FILE_NOT_FOUND",
        message: "Read failed with FILE_NOT_FOUND",
        hint,
        detail: expect.objectContaining({ tool: "Read", isError: true, text: expect.stringContaining("b.txt") }),
      },
      warnings: [],
    },
  ]);
  const write = { file_path: "c.txt", content: "" };
  expect(await call("Write", write)).toMatchObject([3, { ok: false, error: { code: "APPROVAL_UNAVAILABLE" } }]);
  const denied = await call("Write", write, { GANTRY_PERMISSIONS__DENY: '["Edit"]' });
  expect(denied).toMatchObject([1, { ok: false, error: { code: "APPROVAL_DENIED", detail: { tool: "Write" } } }]);
});

test("as text the same is printed as before: what was found on stdout, one line on stderr", async () => {
  const { gantry } = await bench([]);
  const { exit, stdout, stderr } = await gantry(["tools", "call", "Read", '{"file_path":"b.txt"}']);
  expect([exit, stdout, stderr]).toEqual([1, expect.stringContaining("b.txt"), "warning: Read failed with FILE_NOT_FOUND\n"]);
});

test("config validate with problems", async () => {
  const { gantry } = await bench([], { "gantry.config.json": '{ "modle": "a/b" }' });
  const { exit, stdout } = await gantry(["config", "validate", "--json"]);
  expect([exit, JSON.parse(stdout)]).toEqual([
    2,
    {
      ok: false,
      kind: "config.validate",
      error: {
        code: "CONFIG_KEY_UNKNOWN",
        message: "1 problem in the config.",
        hint,
        detail: { valid: false, problems: [expect.objectContaining({ key: "modle", line: 1 })] },
      },
      warnings: [],
    },
  ]);
});

test("a working folder that was deleted is a clear error; help works there, and so does -C", async () => {
  const { start, cwd, home } = await bench([], {});
  const gone = async (...args: string[]) => {
    const shell = `mkdir -p ${home}/gone && cd ${home}/gone && rmdir ${home}/gone && exec`;
    return await start(args, { shell }).finished;
  };
  const run = await gone("run", "hello");
  expect([run.exit, run.stdout, run.stderr]).toEqual([2, "", expect.stringMatching(/^USAGE_INVALID: The working folder/)]);
  const doctor = await gone("doctor", "--json");
  expect([doctor.exit, JSON.parse(doctor.stdout)]).toMatchObject([2, { ok: false, error: { code: "USAGE_INVALID" } }]);
  expect((await gone("--help")).exit).toBe(0);
  expect((await gone("-C", cwd, "sessions", "list")).exit).toBe(0);
  await rm(`${home}/gone`, { recursive: true, force: true });
});
