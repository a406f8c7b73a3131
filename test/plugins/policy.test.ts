/** The policy plugin: which paths it asks about, and what that does to a run of the built command. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { guardedEdits } from "../../plugins/policy/guarded-edits.ts";
import { keptKind } from "../../plugins/policy/kept-files.ts";
import { bench } from "../support/cli.ts";

const lockfile = "a lockfile, which its package tool writes";
const secret = "a file for secrets";
const git = "the inside of a git repository";

test.each([
  ["package-lock.json", lockfile],
  ["web/yarn.lock", lockfile],
  ["/w/pnpm-lock.yaml", lockfile],
  ["bun.lockb", lockfile],
  ["Cargo.lock", lockfile],
  ["go.sum", lockfile],
  ["a/../flake.lock", lockfile],
  ["PACKAGE-LOCK.JSON", lockfile],
  ["./src/.././uv.lock", lockfile],
  ["package-lock.\u200bjson", lockfile],
  ["\uff50ackage-lock.json", lockfile],
  [".env", secret],
  [".ENV.local", secret],
  ["certs/server.pem", secret],
  ["~/.ssh/config", secret],
  ["/home/u/.aws/config", secret],
  [".git/config", git],
  ["/elsewhere/.git/hooks/pre-commit", git],
  ["sub/.GIT/x", git],
  [".git", git],
  ["src/../.git/HEAD", git],
  [".g\u200cit/config", git],
])("%j is %s", (path, kind) => {
  expect(keptKind(path, "/w")).toBe(kind);
});

test.each([
  "a.ts",
  "lock.json",
  "package.json",
  ".env.example",
  ".gitignore",
  ".github/x.yml",
  "a/.git/../b.ts",
  "go.mod",
  "keys.ts",
])("%j is no such file", (path) => {
  expect(keptKind(path, "/w")).toBeUndefined();
});

test("no spelling of a path gets around the table", () => {
  const cased = fc.mixedCase(fc.constantFrom("package-lock.json", ".git/config", ".env", "a/.git/hooks/x"));
  const detour = fc.array(fc.constantFrom("./", "x/../", "x/y/../../", "//"), { maxLength: 4 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(cased, detour, (path, before) => {
      const spelled = before.startsWith("/") ? `/w${before}${path}` : `${before}${path}`;
      return keptKind(spelled, "/w") !== undefined;
    }),
    { seed: 3 },
  );
});

describe("the judge", () => {
  const call = { sessionId: "s", callId: "c", tool: "Write", cwd: "/w" };
  const ask = (input: Record<string, string>, options: Record<string, string> = {}) =>
    guardedEdits.run({ ...call, input } as never, { signal: new AbortController().signal, options } as never);

  test("asks about the path of Write, Edit and NotebookEdit", () => {
    expect(guardedEdits.tools).toEqual(["Write", "Edit", "NotebookEdit"]);
    expect(ask({ file_path: "yarn.lock" })).toMatchObject({ verdict: "ask", reason: expect.stringContaining(lockfile) });
    expect(ask({ notebook_path: ".git/a.ipynb" })).toMatchObject({ verdict: "ask" });
  });

  test("has nothing to say about other files, and nothing at all when it is switched off", () => {
    expect(ask({ file_path: "a.ts" })).toBeUndefined();
    expect(ask({})).toBeUndefined();
    expect(ask({ file_path: "yarn.lock" }, { edits: "off" })).toBeUndefined();
  });
});

describe("through the built command", () => {
  const write = (file_path: string) => [{ call: { name: "Write", input: { file_path, content: "{}" } } }, { say: "Done." }];
  const edits = ["--permission-mode", "acceptEdits"];

  test("acceptEdits does not write a lockfile that nobody was asked about", async () => {
    const b = await bench(write("package-lock.json"));
    const { json, exit } = await b.run("write", edits);
    expect([json.toolCalls[0]?.code, exit]).toEqual(["APPROVAL_UNAVAILABLE", 3]);
    expect(existsSync(join(b.cwd, "package-lock.json"))).toBe(false);
    const events = await b.events();
    expect(events.find(({ type }) => type === "hook.fired")).toMatchObject({
      data: { point: "tool.approve", tap: "policy:guarded edits", outcome: "ask" },
    });
  });

  test("an allow rule does not go past it, and a yes does", async () => {
    const b = await bench(write("package-lock.json"));
    expect((await b.run("write", ["--allow", "Edit"])).exit).toBe(3);
    const asked = await bench(write("package-lock.json"));
    expect((await asked.run("write", ["--approve", "always"])).json.toolCalls).toMatchObject([{ outcome: "ok" }]);
  });

  test("other files are written as before", async () => {
    const b = await bench(write("package.json"));
    expect((await b.run("write", edits)).exit).toBe(0);
    expect(await b.file("package.json")).toBe("{}");
  });

  test("policy.edits off lets the mode decide", async () => {
    const b = await bench(write("package-lock.json"));
    expect((await b.run("write", [...edits, "--set", "policy.edits=off"])).exit).toBe(0);
    expect(await b.file("package-lock.json")).toBe("{}");
  });

  test("a project cannot switch it off unseen", async () => {
    const b = await bench(write("package-lock.json"), { "gantry.config.json": '{ "policy": { "edits": "off" } }' });
    const { exit } = await b.gantry(["run", "write", ...edits]);
    expect(exit).not.toBe(0);
    expect(existsSync(join(b.cwd, "package-lock.json"))).toBe(false);
  });

  test("a deny rule still denies", async () => {
    const b = await bench(write("package-lock.json"));
    const { json } = await b.run("write", [...edits, "--approve", "always", "--deny", "Edit(package-lock.json)"]);
    expect(json.toolCalls[0]?.code).toBe("APPROVAL_DENIED");
  });
});
