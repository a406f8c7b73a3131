/** The tools of files and tasks as they ship: bundled, in a thread of the pool, with ripgrep run by the core. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GantryError } from "../../core/contract/errors.ts";
import type { ToolOutcome } from "../../core/contract/execution.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { type BuiltinThread, bundleBuiltinThread } from "../support/builtin-thread.ts";
import { startPool, type TestPool } from "../support/pool.ts";

const held = {
  files: { "fs.read": ["/**"], "fs.write": ["/**"], "fs.list": ["/**"], "fs.search": ["/**"], "session.read": "own" },
  tasks: { "user.ask": true },
} as const;

let thread: BuiltinThread;
let reads: Map<string, { sha256: string; text?: string }>;
beforeAll(async () => {
  thread = await bundleBuiltinThread();
});
afterAll(() => thread.remove());

async function withPool(options: Parameters<typeof startPool>[0], use: (pool: TestPool) => Promise<void>): Promise<void> {
  reads = new Map();
  const coreEffects = { lastRead: async (path: string) => reads.get(path), ...options?.coreEffects };
  const pool = await startPool({ filename: thread.filename, held, ...options, coreEffects });
  try {
    await writeFile(join(pool.workspace, "a.ts"), "const a = 1;\nconst b = 2;\n");
    await use(pool);
  } finally {
    await pool.close();
  }
}

async function call(pool: TestPool, tool: string, input: JsonObject, plugin = "files"): Promise<ToolOutcome> {
  const outcome = await pool.call(tool, input, { plugin });
  for (const { path, sha256 } of outcome.files ?? []) reads.set(path, { sha256, text: textOf(outcome) });
  return outcome;
}

const textOf = ({ content }: ToolOutcome) => content.map((block) => (block.type === "text" ? block.text : "")).join("");

test("Read, Edit, Grep and Glob work one after the other", async () => {
  await withPool({}, async (pool) => {
    expect(textOf(await call(pool, "Read", { file_path: "a.ts" }))).toBe("     1\tconst a = 1;\n     2\tconst b = 2;");
    expect((await call(pool, "Edit", { file_path: "a.ts", old_string: "b = 2", new_string: "c = 3" })).isError).toBe(false);
    const found = await call(pool, "Grep", { pattern: "c = \\d", output_mode: "content" });
    expect([textOf(found), found.data?.["engine"]]).toEqual(["a.ts:2:const c = 3;", "ripgrep"]);
    expect(textOf(await call(pool, "Glob", { pattern: "*.ts" }))).toBe("a.ts");
  });
});

test("errors of effects keep their codes on the way out of the thread", async () => {
  await withPool({}, async (pool) => {
    await expect(pool.call("Read", { file_path: "b.ts" }, { plugin: "files" })).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    await expect(pool.call("Read", { file_path: "/etc/passwd" }, { plugin: "files" })).rejects.toMatchObject({
      code: "PATH_OUTSIDE",
    });
    expect(await call(pool, "Write", { file_path: "a.ts", content: "x" })).toMatchObject({
      isError: true,
      code: "FILE_NOT_READ",
    });
  });
});

test("a narrower grant than the default one refuses what it does not cover", async () => {
  const narrow = { files: { ...held.files, "fs.read": ["./src/**"] } };
  await withPool({ held: narrow }, async (pool) => {
    await expect(pool.call("Read", { file_path: "a.ts" }, { plugin: "files" })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });
});

test("where ripgrep does not start, the bundled JavaScript engine answers", async () => {
  const spawnFile = async (): Promise<never> => {
    throw new GantryError("TOOL_FAILED", "rg could not be run");
  };
  await withPool({ spawnFile }, async (pool) => {
    const found = await call(pool, "Grep", { pattern: "const (?=b)", path: "a.ts", output_mode: "content" });
    expect([textOf(found), found.data?.["engine"]]).toEqual(["a.ts:2:const b = 2;", "javascript"]);
    expect(textOf(await call(pool, "Glob", { pattern: "**/*.ts" }))).toBe("a.ts");
  });
});

test("questions reach the front end and come back; without one the model is told", async () => {
  const questions = [
    { question: "Which?", header: "Choice", options: ["A", "B"].map((label) => ({ label, description: "" })) },
  ];
  const askUser = async () => [{ question: "Which?", answers: ["B"] }];
  await withPool({ coreEffects: { askUser } }, async (pool) => {
    expect(textOf(await call(pool, "AskUserQuestion", { questions }, "tasks"))).toBe("Which?\n→ B");
  });
  await withPool({}, async (pool) => {
    expect(await call(pool, "AskUserQuestion", { questions }, "tasks")).toMatchObject({
      isError: true,
      code: "USER_UNAVAILABLE",
    });
  });
});
