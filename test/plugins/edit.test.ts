import { readdir } from "node:fs/promises";
import { applyPatch } from "diff";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import files from "../../plugins/files/index.ts";
import { apart, findOccurrences, replaceAt } from "../../plugins/files/occurrences.ts";
import { unifiedDiff } from "../../plugins/files/unified-diff.ts";
import { type Bench, createBench } from "../support/tool-bench.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await createBench({ plugin: files });
});
afterEach(() => bench.close());

async function known(content: string | Uint8Array): Promise<void> {
  await bench.put("a.ts", content);
  await bench.call("Read", { file_path: "a.ts" });
}

const edit = (old_string: string, new_string: string, more: { replace_all?: boolean } = {}) =>
  bench.call("Edit", { file_path: "a.ts", old_string, new_string, ...more });

describe("an edit", () => {
  test("replaces the one occurrence and shows the diff", async () => {
    await known("const a = 1;\nconst b = 2;\n");
    const result = await edit("b = 2", "b = 3");
    const diff = "--- a/a.ts\n+++ b/a.ts\n@@ -1,2 +1,2 @@\n const a = 1;\n-const b = 2;\n+const b = 3;";
    expect(result.text).toBe(`Edited a.ts: 1 replacement (+1 −1).\n\n${diff}`);
    expect(result.data).toMatchObject({ diff, added: 1, removed: 1, replacements: 1 });
    expect(await bench.text("a.ts")).toBe("const a = 1;\nconst b = 3;\n");
  });

  test("may follow an edit without another read", async () => {
    await known("one\ntwo\n");
    await edit("one", "1");
    expect((await edit("two", "2")).isError).toBe(false);
    expect(await bench.text("a.ts")).toBe("1\n2\n");
  });

  test("takes the replacement as it is, dollar signs and all", async () => {
    await known("x\n");
    await edit("x", "$& $1 $$ $`");
    expect(await bench.text("a.ts")).toBe("$& $1 $$ $`\n");
  });

  test("with replace_all changes every occurrence", async () => {
    await known("foo(foo)\nbar\nfoo\n");
    expect((await edit("foo", "baz", { replace_all: true })).data).toMatchObject({ replacements: 3, added: 2, removed: 2 });
    expect(await bench.text("a.ts")).toBe("baz(baz)\nbar\nbaz\n");
  });

  test("keeps CRLF line ends: \\n in its input stands for them", async () => {
    await known("one\r\ntwo\r\nthree\r\n");
    expect((await edit("one\ntwo\n", "1\n2\n2b\n")).isError).toBe(false);
    expect(await bench.text("a.ts")).toBe("1\r\n2\r\n2b\r\nthree\r\n");
  });

  test("keeps the line ends around it in a file of mixed ones", async () => {
    await known("unix\nunix2\ndos\r\ndos2\r\n");
    await edit("dos", "d1\nd2");
    await edit("unix2", "u1\nu2");
    expect(await bench.text("a.ts")).toContain("u1\nu2\n");
  });

  test("keeps a byte order mark", async () => {
    await known("\uFEFFone\n");
    await edit("one", "two");
    expect(await bench.text("a.ts")).toBe("\uFEFFtwo\n");
  });

  test("with an empty old_string creates a file, but replaces none", async () => {
    const made = await bench.call("Edit", { file_path: "new/b.ts", old_string: "", new_string: "made\n" });
    expect(made.text).toBe("Created new/b.ts: 1 line, 5 bytes.");
    expect(await bench.call("Edit", { file_path: "new/b.ts", old_string: "", new_string: "x" })).toMatchObject({
      code: "TOOL_INPUT_INVALID",
      text: expect.stringContaining("exists and is not empty"),
    });
    expect(await bench.text("new/b.ts")).toBe("made\n");
  });
});

describe("an edit is refused", () => {
  test("when the file was not read, or changed since, with what changed", async () => {
    await bench.put("a.ts", "one\n");
    expect((await edit("one", "two")).code).toBe("FILE_NOT_READ");
    await bench.call("Read", { file_path: "a.ts" });
    await bench.put("a.ts", "one\nmore\n");
    expect(await edit("one", "two")).toMatchObject({ code: "FILE_CHANGED", text: expect.stringContaining(" one\n+more") });
    expect(await bench.text("a.ts")).toBe("one\nmore\n");
  });

  test("when the file does not exist", async () => {
    expect((await edit("one", "two")).code).toBe("FILE_NOT_FOUND");
    expect(await readdir(bench.folder)).toEqual([]);
  });

  test("when old and new are the same", async () => {
    await known("one\n");
    expect((await edit("one", "one")).code).toBe("TOOL_INPUT_INVALID");
  });

  test("when the text does not occur, with the line most like it", async () => {
    await known("function add(a, b) {\n  return a + b;\n}\n\nfunction sub(a, b) {\n  return a - b;\n}\n");
    const result = await edit("function subtract(a, b) {\n  return a - b;", "x");
    expect(result.code).toBe("EDIT_NOT_FOUND");
    expect(result.text).toContain(
      "Most like it is what begins at line 5:\n     5\tfunction sub(a, b) {\n     6\t  return a - b;",
    );
  });

  test("when only white space differs, and says so", async () => {
    await known("if (x) {\n\treturn 1;\n}\n");
    expect((await edit("if (x) {\n  return 1;\n}", "x")).text).toContain("Only white space differs from what begins at line 1");
  });

  test("when it holds line numbers, and says so", async () => {
    await known("one\ntwo\n");
    expect((await edit("     1\tone\n     2\ttwo", "x")).text).toContain("It holds the line numbers of Read");
  });

  test("when no line is like it", async () => {
    await known("one\n");
    expect((await edit("%%%%%%%%", "x")).text).toMatch(/No line of the file is like it\.$/);
  });

  test("when the text occurs more than once, with the lines", async () => {
    await known("a\nfoo\nb\nfoo\n");
    const result = await edit("foo", "bar");
    expect(result.code).toBe("EDIT_NOT_UNIQUE");
    expect(result.text).toContain("occurs 2 times");
    expect(result.text).toContain("at lines 2, 4.");
    expect(await bench.text("a.ts")).toBe("a\nfoo\nb\nfoo\n");
  });

  test("when occurrences overlap, for nobody can know which is meant", async () => {
    await known("aaa\n");
    expect((await edit("aa", "b")).code).toBe("EDIT_NOT_UNIQUE");
    expect((await edit("aa", "b", { replace_all: true })).data).toMatchObject({ replacements: 1 });
    expect(await bench.text("a.ts")).toBe("ba\n");
  });

  test("when the file is not UTF-8 text", async () => {
    await known(Buffer.from("gr\xfcn\n", "latin1"));
    expect((await edit("n", "m")).code).toBe("FILE_NOT_REGULAR");
  });
});

const someText = fc
  .array(fc.constantFrom("a", "b", "ab", "\n", "\r\n", "é", "😀", " "), { maxLength: 40 })
  .map((parts) => parts.join(""));

describe("laws", () => {
  test("every occurrence, in any mix of line ends, is the text that was sought", () => {
    fc.assert(
      fc.property(someText, someText, (text, wanted) => {
        fc.pre(wanted !== "");
        const sought = wanted.replaceAll("\r\n", "\n");
        const found = findOccurrences(text, wanted);
        for (const { from, to, line } of found) {
          expect(text.slice(from, to).replaceAll("\r\n", "\n")).toBe(sought);
          expect(line).toBe(text.slice(0, from).split("\n").length);
        }
        expect(replaceAt(text, apart(found), "\0").replaceAll("\r\n", "\n")).toBe(
          text.replaceAll("\r\n", "\n").replaceAll(sought, () => "\0"),
        );
      }),
    );
  });

  test("a diff applied to the old text is the new text", async () => {
    const lines = fc.array(fc.constantFrom("a\n", "b\n", "c\n", "\n", "d"), { maxLength: 30 }).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(lines, lines, async (before, after) => {
        const { diff } = await unifiedDiff("f", before, after);
        expect(applyPatch(before, diff)).toBe(after);
      }),
    );
  });
});
