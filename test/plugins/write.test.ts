import { execFileSync } from "node:child_process";
import { chmod, chown, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { applyPatch } from "diff";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import files from "../../plugins/files/index.ts";
import { type Bench, createBench } from "../support/tool-bench.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await createBench({ plugin: files, hidden: [{ base: "", patterns: [".env"] }] });
});
afterEach(() => bench.close());

/** Puts a file and reads it, so that it may be changed. */
async function known(path: string, content: string): Promise<string> {
  const file = await bench.put(path, content);
  await bench.call("Read", { file_path: path });
  return file;
}

describe("a new file", () => {
  test("is made with the folders it needs, and counts as read", async () => {
    const result = await bench.call("Write", { file_path: "a/b/new.txt", content: "one\ntwo\n" });
    expect(result.text).toBe("Created a/b/new.txt: 2 lines, 8 bytes.");
    expect(await bench.text("a/b/new.txt")).toBe("one\ntwo\n");
    expect(result.data).toMatchObject({ created: true, added: 2, removed: 0 });
    expect(result.data["diff"]).toBe("--- /dev/null\n+++ b/a/b/new.txt\n@@ -0,0 +1,2 @@\n+one\n+two");
    expect((await bench.call("Write", { file_path: "a/b/new.txt", content: "three\n" })).isError).toBe(false);
  });

  test("leaves nothing else in its folder", async () => {
    await bench.call("Write", { file_path: "new.txt", content: "x" });
    expect(await readdir(bench.folder)).toEqual(["new.txt"]);
    expect((await stat(join(bench.folder, "new.txt"))).nlink).toBe(1);
  });

  test("has the mode that the umask gives", async () => {
    await bench.call("Write", { file_path: "new.txt", content: "x" });
    expect((await stat(join(bench.folder, "new.txt"))).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test("may have a name as long as the file system takes", async () => {
    const name = "n".repeat(255);
    expect((await bench.call("Write", { file_path: name, content: "x" })).isError).toBe(false);
    expect(await readdir(bench.folder)).toEqual([name]);
  });

  test("is not made below a file", async () => {
    await bench.put("a.txt", "x");
    expect((await bench.call("Write", { file_path: "a.txt/b", content: "x" })).isError).toBe(true);
    expect(await bench.text("a.txt")).toBe("x");
  });
});

describe("a file that exists", () => {
  test("is refused when it was not read", async () => {
    await bench.put("a.txt", "old\n");
    const result = await bench.call("Write", { file_path: "a.txt", content: "new\n" });
    expect(result).toMatchObject({ isError: true, code: "FILE_NOT_READ" });
    expect(await bench.text("a.txt")).toBe("old\n");
  });

  test("is refused when it changed since, with what changed", async () => {
    await known("a.txt", "one\ntwo\nthree\n");
    await bench.put("a.txt", "one\nTWO\nthree\n");
    const result = await bench.call("Write", { file_path: "a.txt", content: "new\n" });
    expect(result.code).toBe("FILE_CHANGED");
    expect(result.text).toContain(" one\n-two\n+TWO\n three");
    expect(await bench.text("a.txt")).toBe("one\nTWO\nthree\n");
  });

  test("is refused when it changed outside of the lines that were read, and that is said", async () => {
    await bench.put("a.txt", "one\ntwo\nthree\n");
    await bench.call("Read", { file_path: "a.txt", offset: 1, limit: 1 });
    await bench.put("a.txt", "one\ntwo\n3\n");
    expect((await bench.call("Write", { file_path: "a.txt", content: "x" })).text).toContain(
      "The lines that you read are the same",
    );
  });

  test("is replaced whole, with a diff that really leads from the old to the new", async () => {
    const old = Array.from({ length: 40 }, (_, index) => `line ${index}\n`).join("");
    const now = old.replace("line 3\n", "line three\n").replace("line 30\n", "").concat("end");
    await known("src/a.txt", old);
    const result = await bench.call("Write", { file_path: "src/a.txt", content: now });
    expect(await bench.text("src/a.txt")).toBe(now);
    expect(result.data).toMatchObject({ added: 2, removed: 2 });
    expect(applyPatch(old, String(result.data["diff"]))).toBe(now);
    expect(result.text).toBe(`Replaced src/a.txt (+2 −2).\n\n${result.data["diff"]}`);
  });

  test("keeps its mode and its owner", async () => {
    const file = await known("run.sh", "#!/bin/sh\n");
    await chmod(file, 0o4751);
    if (process.getuid?.() === 0) await chown(file, 1234, 2345);
    await chmod(file, 0o4751);
    const before = await stat(file);
    await bench.call("Write", { file_path: "run.sh", content: "#!/bin/sh\necho\n" });
    const { mode, uid, gid } = await stat(file);
    expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: before.uid, gid: before.gid });
  });

  test("keeps CRLF when all its lines had it, and its byte order mark", async () => {
    await known("a.txt", "\uFEFFone\r\ntwo\r\n");
    await bench.call("Write", { file_path: "a.txt", content: "one\n2\n" });
    expect(await bench.text("a.txt")).toBe("\uFEFFone\r\n2\r\n");
  });

  test("gets the line ends that were sent when it had mixed ones", async () => {
    await known("a.txt", "one\r\ntwo\n");
    await bench.call("Write", { file_path: "a.txt", content: "1\n2\n" });
    expect(await bench.text("a.txt")).toBe("1\n2\n");
  });

  test("is not written when it has this content already", async () => {
    const file = await known("a.txt", "same\n");
    const { ino } = await stat(file);
    expect((await bench.call("Write", { file_path: "a.txt", content: "same\n" })).text).toContain("nothing was written");
    expect((await stat(file)).ino).toBe(ino);
  });

  test("of binary content is replaced, once it was looked at", async () => {
    await bench.put("a.bin", Buffer.from([0, 1, 2]));
    expect((await bench.call("Write", { file_path: "a.bin", content: "x" })).code).toBe("FILE_NOT_READ");
    await bench.call("Read", { file_path: "a.bin" });
    expect((await bench.call("Write", { file_path: "a.bin", content: "text" })).text).toContain("not UTF-8 text");
    expect(await bench.text("a.bin")).toBe("text");
  });

  test("of more than 10 MiB is replaced, once it was looked at", async () => {
    await known("big.txt", "0123456789abcde\n".repeat(700_000));
    expect((await bench.call("Write", { file_path: "big.txt", content: "small" })).text).toContain("more than 10 MiB");
    expect(await bench.text("big.txt")).toBe("small");
  });

  test("that differs in every one of many lines gets a diff all the same, cut and counted", async () => {
    const lines = (word: string) => Array.from({ length: 20_000 }, (_, index) => `${word} ${index}\n`).join("");
    await known("a.txt", lines("old"));
    const { data, text } = await bench.call("Write", { file_path: "a.txt", content: lines("new") });
    expect(data).toMatchObject({ added: 20_000, removed: 20_000 });
    expect(String(data["diff"]).length).toBeLessThan(66_000);
    expect(text).toMatch(/… \d+ more lines of the diff$/);
  });
});

describe("what is refused", () => {
  test("content with a NUL, half a character, or more than 10 MiB", async () => {
    const codes = [];
    for (const content of ["a\0b", "\ud800", "x".repeat(10 * 1024 * 1024 + 1)]) {
      codes.push((await bench.call("Write", { file_path: "a.txt", content })).code);
    }
    expect(codes).toEqual(["TOOL_INPUT_INVALID", "TOOL_INPUT_INVALID", "FILE_TOO_LARGE"]);
    expect(await readdir(bench.folder)).toEqual([]);
  });

  test("paths and links out of the workspace, and hidden files", async () => {
    await writeFile(join(bench.outside, "target.txt"), "theirs");
    await symlink(join(bench.outside, "target.txt"), join(bench.folder, "link"));
    await symlink(join(bench.outside, "made.txt"), join(bench.folder, "dangling"));
    await symlink(bench.outside, join(bench.folder, "linked"));
    for (const file_path of ["../outside/x", "link", "dangling", "linked/x", join(bench.outside, "y")]) {
      expect([file_path, (await bench.call("Write", { file_path, content: "x" })).code]).toEqual([file_path, "PATH_OUTSIDE"]);
    }
    expect((await bench.call("Write", { file_path: ".env", content: "x" })).code).toBe("PATH_DENIED");
    expect(await readdir(bench.outside)).toEqual(["target.txt"]);
    expect(await readFile(join(bench.outside, "target.txt"), "utf8")).toBe("theirs");
  });

  test("a folder and a named pipe", async () => {
    await mkdir(join(bench.folder, "sub"));
    execFileSync("mkfifo", [join(bench.folder, "pipe")]);
    expect((await bench.call("Write", { file_path: "sub", content: "x" })).code).toBe("FILE_NOT_REGULAR");
    expect((await bench.call("Write", { file_path: "pipe", content: "x" })).code).toBe("FILE_NOT_REGULAR");
  });
});

describe("links inside the workspace", () => {
  test("are written through, and stay links", async () => {
    const file = await known("real.txt", "old\n");
    await symlink("real.txt", join(bench.folder, "link.txt"));
    const result = await bench.call("Write", { file_path: "link.txt", content: "new\n" });
    expect(result.files[0]?.path).toBe(file);
    expect(await bench.text("real.txt")).toBe("new\n");
    expect(await readlink(join(bench.folder, "link.txt"))).toBe("real.txt");
  });

  test("that lead nowhere yet make the file they name", async () => {
    await symlink("made.txt", join(bench.folder, "link.txt"));
    await bench.call("Write", { file_path: "link.txt", content: "new\n" });
    expect((await lstat(join(bench.folder, "made.txt"))).isFile()).toBe(true);
    expect((await lstat(join(bench.folder, "link.txt"))).isSymbolicLink()).toBe(true);
  });
});
