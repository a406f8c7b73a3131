import { mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import files from "../../plugins/files/index.ts";
import { type Bench, createBench } from "../support/tool-bench.ts";

const tree = {
  ".gitignore": "*.log\nbuild/\n!keep.log\n/only-top.txt\n",
  ".hidden/config.yml": "",
  ".git/HEAD": "",
  ".env": "SECRET=1",
  "a.ts": "",
  "a.log": "",
  "keep.log": "",
  "only-top.txt": "",
  "build/out.ts": "",
  "src/b.ts": "",
  "src/b.test.ts": "",
  "src/c.tsx": "",
  "src/only-top.txt": "",
  "src/deep/d.js": "",
  "src/deep/.ignore": "e.js\n",
  "src/deep/e.js": "",
  "src/deep/[odd] name.ts": "",
  "src/.b.ts.gantry-0123456789ab.tmp": "",
  "vendor/.gitignore": "*\n",
  "vendor/v.ts": "",
};

for (const withoutRipgrep of [false, true]) {
  describe(withoutRipgrep ? "Glob without ripgrep" : "Glob", () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await createBench({ plugin: files, withoutRipgrep, hidden: [{ base: "", patterns: [".env", "src/deep/d.*"] }] });
      let at = 1_700_000_000;
      for (const [path, content] of Object.entries(tree)) {
        // Later in the list is older.
        await utimes(await bench.put(path, content), at, at);
        at -= 60;
      }
    });
    afterEach(() => bench.close());

    const paths = async (pattern: string, path?: string) => {
      const { text } = await bench.call("Glob", { pattern, ...(path !== undefined && { path }) });
      return text.startsWith("No file matches") ? [] : text.split("\n");
    };

    test("finds by pattern, newest first", async () => {
      expect(await paths("**/*.ts")).toEqual(["a.ts", "src/b.ts", "src/b.test.ts", "src/deep/[odd] name.ts"]);
      expect(await paths("*.ts")).toEqual(["a.ts", "src/b.ts", "src/b.test.ts", "src/deep/[odd] name.ts"]);
      expect(await paths("src/*.{ts,tsx}")).toEqual(["src/b.ts", "src/b.test.ts", "src/c.tsx"]);
      expect(await paths("src/**")).toEqual([
        "src/b.ts",
        "src/b.test.ts",
        "src/c.tsx",
        "src/only-top.txt",
        "src/deep/.ignore",
        "src/deep/[odd] name.ts",
      ]);
    });

    test("names below a path begin with it, and can be read as they are", async () => {
      expect(await paths("*.tsx", "src")).toEqual(["src/c.tsx"]);
      expect(await paths("*.tsx", "src/")).toEqual(["src/c.tsx"]);
      const absolute = join(bench.folder, "src");
      expect(await paths("*.tsx", absolute)).toEqual([join(absolute, "c.tsx")]);
      expect(await paths(join(absolute, "**/*.tsx"))).toEqual([join(absolute, "c.tsx")]);
      expect((await bench.call("Read", { file_path: "src/c.tsx" })).isError).toBe(false);
    });

    test("obeys ignore files without a repository, in every folder, also against a pattern that names them", async () => {
      expect(await paths("**/*.log")).toEqual(["keep.log"]);
      expect(await paths("build/**")).toEqual([]);
      expect(await paths("build/out.ts")).toEqual([]);
      expect(await paths("**/only-top.txt")).toEqual(["src/only-top.txt"]);
      expect(await paths("**/e.js")).toEqual([]);
      expect(await paths("vendor/*")).toEqual([]);
      expect(await paths("**", "src/deep")).toEqual(["src/deep/.ignore", "src/deep/[odd] name.ts"]);
    });

    test("finds hidden names, but not .git, temp files of a write, or what is kept from reads", async () => {
      expect(await paths("**/*.yml")).toEqual([".hidden/config.yml"]);
      expect(await paths("**/HEAD")).toEqual([]);
      expect(await paths(".git/**")).toEqual([]);
      expect(await paths("**/*.tmp")).toEqual([]);
      expect(await paths("**/.env*")).toEqual([]);
      expect(await paths("**/d.js")).toEqual([]);
      expect((await paths("**")).sort()).toEqual([
        ...[".gitignore", ".hidden/config.yml", "a.ts", "keep.log", "src/b.test.ts", "src/b.ts", "src/c.tsx"],
        ...["src/deep/.ignore", "src/deep/[odd] name.ts", "src/only-top.txt"],
      ]);
    });

    test("does not follow links", async () => {
      await writeFile(join(bench.outside, "theirs.ts"), "");
      await symlink(bench.outside, join(bench.folder, "linked"));
      await symlink(join(bench.outside, "theirs.ts"), join(bench.folder, "linked.ts"));
      expect(await paths("**/theirs.ts")).toEqual([]);
      expect((await bench.call("Glob", { pattern: "*", path: "linked" })).code).toBe("PATH_OUTSIDE");
      expect((await bench.call("Glob", { pattern: "*", path: "/etc" })).code).toBe("PATH_OUTSIDE");
      expect((await bench.call("Glob", { pattern: "/etc/*" })).code).toBe("PATH_OUTSIDE");
      expect((await bench.call("Glob", { pattern: "../*" })).code).toBe("PATTERN_INVALID");
    });

    test("says how many there are when not all are shown", async () => {
      await mkdir(join(bench.folder, "many"));
      await Promise.all(Array.from({ length: 321 }, (_, index) => writeFile(join(bench.folder, "many", `${index}.md`), "")));
      const { text, data } = await bench.call("Glob", { pattern: "**/*.md" });
      expect(text.split("\n")).toHaveLength(202);
      expect(text).toMatch(/\n\n\(200 of 321 files, newest first; a narrower pattern shows others\)$/);
      expect(data).toEqual({ total: 321, paths: 200 });
    });

    test("a missing folder and a file in place of one are errors", async () => {
      expect(await bench.call("Glob", { pattern: "*", path: "scr" })).toMatchObject({
        code: "FILE_NOT_FOUND",
        text: expect.stringContaining("near names"),
      });
      expect((await bench.call("Glob", { pattern: "*", path: "a.ts" })).code).toBe("FILE_NOT_REGULAR");
    });
  });
}

test("a pattern that is no glob is an error in ripgrep's words", async () => {
  const bench = await createBench({ plugin: files });
  const result = await bench.call("Glob", { pattern: "src/[a" });
  expect(result).toMatchObject({ code: "PATTERN_INVALID", text: expect.stringContaining("unclosed character class") });
  await bench.close();
});
