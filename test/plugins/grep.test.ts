import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import files from "../../plugins/files/index.ts";
import { fillSearchTree as fill } from "../support/search-tree.ts";
import { type Bench, createBench } from "../support/tool-bench.ts";

for (const withoutRipgrep of [false, true]) {
  describe(withoutRipgrep ? "Grep without ripgrep" : "Grep", () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await createBench({ plugin: files, withoutRipgrep, hidden: [{ base: "", patterns: [".env", "b/d.*"] }] });
      await fill(bench);
    });
    afterEach(() => bench.close());

    const grep = (pattern: string, more: Record<string, string | number | boolean> = {}) =>
      bench.call("Grep", { pattern, ...more });
    const lines = async (pattern: string, more: Record<string, string | number | boolean> = {}) =>
      (await grep(pattern, { output_mode: "content", ...more })).text.split("\n");

    test("names the files that match, in the order of their paths", async () => {
      const { text, data } = await grep("foo");
      expect(text.split("\n")).toEqual([".github/ci.yml", "a.ts", "b/c.ts", "b.md", "crlf.txt"].sort((a, b) => order(a, b)));
      expect(data).toMatchObject({ total: 5, shown: 5, engine: withoutRipgrep ? "javascript" : "ripgrep" });
    });

    test("shows lines with numbers, with context, and separators between groups", async () => {
      expect(await lines("foo", { path: "a.ts" })).toEqual(["a.ts:2:foo();", "a.ts:9:foo again"]);
      expect(await lines("foo", { path: "a.ts", "-n": false })).toEqual(["a.ts:foo();", "a.ts:foo again"]);
      expect(await lines("foo", { path: "a.ts", "-C": 1 })).toEqual([
        ...["a.ts-1-one", "a.ts:2:foo();", "a.ts-3-two"],
        "--",
        ...["a.ts-8-six", "a.ts:9:foo again"],
      ]);
      expect(await lines("foo", { path: "a.ts", "-A": 1 })).toEqual(["a.ts:2:foo();", "a.ts-3-two", "--", "a.ts:9:foo again"]);
      expect(await lines("foo", { path: "a.ts", "-B": 9, "-i": true })).toHaveLength(9);
    });

    test("counts matches per file and in all", async () => {
      const { text } = await grep("foo", { output_mode: "count", type: "ts" });
      expect(text).toBe("a.ts:2\nb/c.ts:1\n\n(3 matches in 2 files)");
    });

    test("chooses files by glob and by type, and still obeys ignore files", async () => {
      expect((await grep("foo", { glob: "*.ts" })).text).toBe("a.ts\nb/c.ts");
      expect((await grep("foo", { glob: "b/**/*.ts" })).text).toBe("b/c.ts");
      expect((await grep("foo", { glob: "!*.ts" })).text.split("\n").sort()).toEqual([".github/ci.yml", "b.md", "crlf.txt"]);
      expect((await grep("foo", { type: "md" })).text).toBe("b.md");
      expect(await grep("foo", { type: "nonsense" })).toMatchObject({
        code: "PATTERN_INVALID",
        text: expect.stringContaining("unrecognized file type: nonsense"),
      });
    });

    test("searches below a path, and names files as seen from the working folder", async () => {
      expect((await grep("foo", { path: "b" })).text).toBe("b/c.ts");
      expect((await grep("foo", { path: join(bench.folder, "b") })).text).toBe("b/c.ts");
    });

    test("never shows what is kept from reads, not even as a count", async () => {
      expect((await grep("secret", { output_mode: "content" })).text).toBe(`Nothing matches secret in ${bench.folder}.`);
      expect((await grep("bar", { output_mode: "count", glob: "**/*.py" })).data).toMatchObject({ total: 0, matches: 0 });
      expect((await grep("foo", { path: ".env" })).code).toBe("PATH_DENIED");
      expect((await grep("foo", { path: "b/d.py" })).code).toBe("PATH_DENIED");
      expect((await grep("foo", { path: bench.outside })).code).toBe("PATH_OUTSIDE");
    });

    test("does not follow links", async () => {
      await writeFile(join(bench.outside, "theirs.txt"), "needle\n");
      await symlink(bench.outside, join(bench.folder, "linked"));
      await symlink(join(bench.outside, "theirs.txt"), join(bench.folder, "linked.txt"));
      expect((await grep("needle")).data).toMatchObject({ total: 0 });
      expect((await grep("needle", { path: "linked" })).code).toBe("PATH_OUTSIDE");
    });

    test("pages with head_limit and offset, and counts all", async () => {
      await bench.put("many.txt", "hit\n".repeat(600));
      const first = await grep("hit", { output_mode: "content" });
      expect(first.text).toMatch(/\n\n\(lines 1–250 of 600; go on with offset 250\)$/);
      expect(first.data).toMatchObject({ total: 600, shown: 250, matches: 600 });
      const last = await grep("hit", { output_mode: "content", offset: 599, head_limit: 5 });
      expect(last.text).toBe("many.txt:600:hit");
      expect((await grep("hit", { output_mode: "content", offset: 700 })).text).toBe(
        "(offset 700 is past the end: there are 600 lines)",
      );
      expect((await grep("hit", { output_mode: "content", head_limit: 0 })).data).toMatchObject({ shown: 600 });
    });

    test("cuts the one long line of a minified file", async () => {
      await bench.put("app.min.js", `var needle=1;${"x".repeat(300_000)}`);
      const [line = ""] = await lines("needle");
      expect(line.startsWith("app.min.js:1:var needle=1;xxx")).toBe(true);
      expect(line.length).toBeLessThan(600);
      expect(line).toContain("[... omitted end of long line]");
    });

    test("matches over lines when asked, and $ before CRLF", async () => {
      expect(await lines("start \\{.*?\\}", { path: "multi.txt", multiline: true })).toEqual([
        ...["multi.txt:1:start {", "multi.txt:2:  inner", "multi.txt:3:}", "multi.txt:4:start { }"],
      ]);
      expect(await lines("foo;$", { path: "crlf.txt" })).toEqual(["crlf.txt:1:foo;"]);
      expect(await lines("日.語")).toEqual(["unicode.txt:2:日本語"]);
    });

    test("a bad pattern is an error that says where it fails", async () => {
      for (const pattern of ["(", "[a", "a{2,1}"]) {
        const result = await grep(pattern);
        expect([pattern, result.code]).toEqual([pattern, "PATTERN_INVALID"]);
        expect(result.text).toMatch(/^the pattern is no regular expression: .+/);
      }
      expect((await grep("a\\nb")).code).toBe("PATTERN_INVALID");
    });
  });
}

/** As ripgrep sorts: folder by folder. */
function order(a: string, b: string): number {
  const [x, y] = [a.split("/"), b.split("/")];
  const at = x.findIndex((part, index) => part !== y[index]);
  return (x[at] ?? "") < (y[at] ?? "") ? -1 : 1;
}

test("ripgrep that takes too long is a timeout, and output without end is cut and said", async () => {
  const bench = await createBench({ plugin: files });
  await mkdir(join(bench.folder, "x"));
  const empty = { exitCode: null, signal: "SIGKILL", stdout: new Uint8Array(), stderr: "", cut: false, timedOut: true };
  bench.env.spawnFile = async () => empty;
  expect((await bench.call("Grep", { pattern: "x" })).code).toBe("SEARCH_TIMEOUT");
  expect((await bench.call("Glob", { pattern: "x" })).code).toBe("SEARCH_TIMEOUT");
  bench.env.spawnFile = async () => ({ ...empty, stdout: Buffer.from("./a\0./b"), cut: true, timedOut: false });
  await bench.put("a", "");
  expect((await bench.call("Grep", { pattern: "x" })).text).toBe("a\n\n(files 1–1 of more than 1; go on with offset 1)");
  await bench.close();
});
