/** Files that are not the workspace's, however they are named: asked for, and without an answer never read or written. */
import { readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Bench, bench, resultTexts } from "../support/cli.ts";

const outsideText = "outside, and none of your business\n";

/** Beside the workspace a file; in it a link to that file, and one to its folder. */
async function withOutside(
  steps: readonly unknown[],
  files: Record<string, string> = {},
): Promise<Bench & { outside: string }> {
  const made = await bench(steps, files);
  const outside = path.join(made.home, "outside.txt");
  await writeFile(outside, outsideText);
  await symlink(outside, path.join(made.cwd, "link.txt"));
  await symlink(made.home, path.join(made.cwd, "folder"));
  return { ...made, outside };
}

const ways = ["absolute", "../home/outside.txt", "link.txt", "folder/outside.txt", "./a/../link.txt", "~/outside.txt"];

test.each(ways)("a read outside the workspace as %s is asked, and without an answer not done", async (way) => {
  const made = await withOutside([]);
  const file_path = way === "absolute" ? made.outside : way;
  made.model.plays({ steps: [{ call: { name: "Read", input: { file_path } } }, { say: "No." }] });
  const { json, exit } = await made.run("read");
  expect(exit).toBe(3);
  expect(json.toolCalls).toMatchObject([{ outcome: "denied", code: "APPROVAL_UNAVAILABLE" }]);
  expect(resultTexts(made.model)[0]).toContain("outside the workspace");
  expect(made.model.requests[1]?.text).not.toContain("none of your business");
});

test.each(ways)("a write outside the workspace as %s changes nothing, even where edits are accepted", async (way) => {
  const made = await withOutside([]);
  const file_path = way === "absolute" ? made.outside : way;
  const change = [
    { call: { name: "Write", input: { file_path, content: "mine now\n" } } },
    { call: { name: "Edit", input: { file_path, old_string: "none", new_string: "all" } } },
    { say: "No." },
  ];
  made.model.plays({ steps: change });
  const { json, exit } = await made.run("write", ["--permission-mode", "acceptEdits"]);
  expect(exit).toBe(3);
  expect(json.toolCalls.map(({ outcome }) => outcome)).toEqual(["denied", "denied"]);
  expect(await readFile(made.outside, "utf8")).toBe(outsideText);
});

test.each(["link.txt", "folder/outside.txt", "folder/new.txt"])(
  "a write never goes through the link %s out of the workspace unless the question named where it leads",
  async (file_path) => {
    const made = await withOutside([
      { call: { name: "Write", input: { file_path, content: "mine now\n" } } },
      { say: "Done." },
    ]);
    const { stderr } = await made.run("write", ["--approve", "prompt"], { stdin: "n\n" });
    expect(stderr).toContain(path.join(made.home, path.basename(file_path === "link.txt" ? "outside.txt" : file_path)));
    expect(await readFile(made.outside, "utf8")).toBe(outsideText);
  },
);

test("a search looks neither at what a link leads to outside, nor at secrets", async () => {
  const made = await withOutside(
    [
      { call: { name: "Grep", input: { pattern: "none of your|TOKEN", output_mode: "content" } } },
      { call: { name: "Glob", input: { pattern: "**/*" } } },
      { say: "Nothing." },
    ],
    { ".env": "TOKEN=1234\n", "a.txt": "here\n" },
  );
  expect((await made.run("search")).exit).toBe(0);
  const [found, names] = [resultTexts(made.model, 1)[0], resultTexts(made.model, 2)[0]];
  expect(found).not.toMatch(/business|1234/);
  expect(names).toContain("a.txt");
  expect(names).not.toMatch(/outside\.txt|\.env/);
});

const secrets = [".env", "deploy/id_rsa", "server.key", "plain.txt"];

test.each(secrets)(
  "the secrets file %s stays closed to a yes for everything, a bare allow rule and every mode",
  async (file_path) => {
    const files = { ".env": "TOKEN=1234\n", "deploy/id_rsa": "TOKEN=1234\n", "server.key": "TOKEN=1234\n" };
    const steps = [
      { call: { name: "Read", input: { file_path } } },
      { call: { name: "Write", input: { file_path, content: "x" } } },
      { say: "No." },
    ];
    const made = await bench(steps, files);
    await symlink(".env", path.join(made.cwd, "plain.txt"));
    const loosest = ["--approve", "always", "--permission-mode", "bypassPermissions", "--allow-root-bypass", "--allow", "Read"];
    const { json, exit } = await made.run("read", loosest);
    expect(exit).toBe(0);
    expect(json.toolCalls.map(({ code }) => code)).toEqual(["PATH_DENIED", "PATH_DENIED"]);
    expect(made.model.requests[1]?.text).not.toContain("1234");
    expect(await made.file(file_path)).toBe("TOKEN=1234\n");
  },
);

test("an allow rule that names a secrets file opens that one", async () => {
  const { run, model } = await bench(
    [
      { call: { name: "Read", input: { file_path: ".env" } } },
      { call: { name: "Read", input: { file_path: ".env.local" } } },
      { say: "One." },
    ],
    { ".env": "PLAIN=yes\n", ".env.local": "OTHER=no\n" },
  );
  const { json } = await run("read", ["--allow", "Read(./.env)"]);
  expect(json.toolCalls.map(({ code }) => code)).toEqual([undefined, "PATH_DENIED"]);
  expect(resultTexts(model, 1)[0]).toContain("PLAIN=yes");
});
