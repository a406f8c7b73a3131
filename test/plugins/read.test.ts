import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, symlink, truncate } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import files from "../../plugins/files/index.ts";
import { type Bench, createBench } from "../support/tool-bench.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await createBench({ plugin: files, hidden: [{ base: "", patterns: [".env", "secrets/"] }] });
});
afterEach(() => bench.close());

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

describe("text", () => {
  test("lines come with numbers, and the result names the file and its hash", async () => {
    const file = await bench.put("a.txt", "one\n\ttwo\n\nfour\n");
    const result = await bench.call("Read", { file_path: "a.txt" });
    expect(result.text).toBe("     1\tone\n     2\t\ttwo\n     3\t\n     4\tfour");
    expect(result.files).toEqual([{ path: file, sha256: createHash("sha256").update("one\n\ttwo\n\nfour\n").digest("hex") }]);
    expect(result.data).toEqual({ path: file, totalLines: 4, firstLine: 1, lastLine: 4, sizeBytes: 15 });
  });

  test("a file without a newline at its end has its last line too", async () => {
    await bench.put("a.txt", "one\ntwo");
    expect((await bench.call("Read", { file_path: "a.txt" })).text).toBe("     1\tone\n     2\ttwo");
  });

  test("at most 2,000 lines come back, with how to go on", async () => {
    await bench.put("a.txt", `${numbered(1, 5321).join("\n")}\n`);
    const first = await bench.call("Read", { file_path: "a.txt" });
    expect(first.text.split("\n").slice(0, 2000).at(-1)).toBe("  2000\tline 2000");
    expect(first.text).toMatch(/\n\n\(lines 1–2000 of 5321; go on with offset 2001\)$/);
    const last = await bench.call("Read", { file_path: "a.txt", offset: 5320 });
    expect(last.text).toBe("  5320\tline 5320\n  5321\tline 5321\n\n(lines 5320–5321 of 5321: the end)");
  });

  test("offset and limit choose a window", async () => {
    await bench.put("a.txt", `${numbered(1, 10).join("\n")}\n`);
    const { text } = await bench.call("Read", { file_path: "a.txt", offset: 3, limit: 2 });
    expect(text).toBe("     3\tline 3\n     4\tline 4\n\n(lines 3–4 of 10; go on with offset 5)");
  });

  test("the whole result stays below 64 KiB, in whole lines", async () => {
    await bench.put("a.txt", `${Array.from({ length: 500 }, (_, index) => `${index} ${"x".repeat(500)}`).join("\n")}\n`);
    const { text, data } = await bench.call("Read", { file_path: "a.txt" });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65536);
    const last = Number(data["lastLine"]);
    expect(last).toBeGreaterThan(100);
    expect(text).toContain(`(lines 1–${last} of 500; go on with offset ${last + 1})`);
    expect(text).toContain(`${last - 1} ${"x".repeat(500)}\n`);
  });

  test("a long line is cut, and says how much is left out", async () => {
    await bench.put("a.txt", `${"y".repeat(5000)}\nshort\n`);
    const { text } = await bench.call("Read", { file_path: "a.txt" });
    expect(text).toBe(`     1\t${"y".repeat(2000)} … [3000 more characters in this line]\n     2\tshort`);
  });

  test("one line of a megabyte is shown from its beginning, and the next one is reached by offset", async () => {
    await bench.put("a.txt", `${"é".repeat(600_000)}\nend\n`);
    const first = await bench.call("Read", { file_path: "a.txt" });
    expect(first.text.slice(0, 20)).toBe(`     1\t${"é".repeat(13)}`);
    expect(first.text).toContain("(lines 1–1 of 2; go on with offset 2)");
    expect((await bench.call("Read", { file_path: "a.txt", offset: 2 })).text).toContain("     2\tend");
  });

  test("a file of many mebibytes is read in windows, wherever they lie", async () => {
    await bench.put("big.txt", `${numbered(1, 400_000).join("\n")}\n`);
    const { text, data, files: stamps } = await bench.call("Read", { file_path: "big.txt", offset: 399_999 });
    expect(text).toBe("399999\tline 399999\n400000\tline 400000\n\n(lines 399999–400000 of 400000: the end)");
    expect(data["sizeBytes"]).toBeGreaterThan(4 * 1024 * 1024);
    const whole = createHash("sha256")
      .update(await bench.text("big.txt"))
      .digest("hex");
    expect(stamps[0]?.sha256).toBe(whole);
  });

  test("an empty file is said to be empty, and counts as read", async () => {
    await bench.put("a.txt", "");
    const result = await bench.call("Read", { file_path: "a.txt" });
    expect(result.text).toBe("(the file exists and is empty)");
    expect(result.files).toHaveLength(1);
  });

  test("an offset past the end is said", async () => {
    const file = await bench.put("a.txt", "one\n");
    const result = await bench.call("Read", { file_path: "a.txt", offset: 900 });
    expect(result).toMatchObject({ text: `(offset 900 is past the end: ${file} has 1 line)`, isError: false, files: [] });
  });

  test("CRLF and a byte order mark do not show in the lines, and are said", async () => {
    await bench.put("a.txt", "\uFEFFone\r\ntwo\r\n");
    const { text } = await bench.call("Read", { file_path: "a.txt" });
    expect(text.split("\n").slice(0, 2)).toEqual(["     1\tone", "     2\ttwo"]);
    expect(text).toContain("byte order mark");
    expect(text).toContain("line endings are CRLF");
  });

  test("UTF-16 is decoded and said to be UTF-16", async () => {
    await bench.put("a.txt", Buffer.from("\uFEFFgrün\nzwei\n", "utf16le"));
    const { text } = await bench.call("Read", { file_path: "a.txt" });
    expect(text).toContain("     1\tgrün\n     2\tzwei");
    expect(text).toContain("the text is UTF-16LE");
  });

  test("text that is not UTF-8 is shown as Windows-1252, and said", async () => {
    await bench.put("a.txt", Buffer.from("gr\xfcn\n", "latin1"));
    const { text } = await bench.call("Read", { file_path: "a.txt" });
    expect(text).toContain("     1\tgrün");
    expect(text).toContain("not UTF-8");
  });

  test("a character that lies across two mebibytes does not make a file binary", async () => {
    await bench.put("a.txt", `${"x".repeat(1024 * 1024 - 1)}é\n${"x".repeat(1024 * 1024)}\nlast\n`);
    expect((await bench.call("Read", { file_path: "a.txt", offset: 3 })).text).toContain("     3\tlast");
  });
});

describe("what is not text", () => {
  test("an image is an image block, by its bytes and not by its name", async () => {
    const png = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
      "base64",
    );
    await bench.put("picture.txt", png);
    const result = await bench.call("Read", { file_path: "picture.txt" });
    expect(result.content).toEqual([{ type: "image", mediaType: "image/png", data: png.toString("base64") }]);
    expect(result.files).toHaveLength(1);
  });

  test("JPEG, GIF and WebP are known", async () => {
    const heads = {
      "image/jpeg": "\xff\xd8\xff\xe0\0",
      "image/gif": "GIF89a\x01\0\xff",
      "image/webp": "RIFF\x10\0\0\0WEBPVP8 ",
    };
    for (const [mediaType, head] of Object.entries(heads)) {
      await bench.put("x", Buffer.from(head, "latin1"));
      expect((await bench.call("Read", { file_path: "x" })).content[0]).toMatchObject({ type: "image", mediaType });
    }
  });

  test("an image of more than 5 MiB is named, not shown", async () => {
    const file = await bench.put("big.png", Buffer.from("\x89PNG\r\n\x1a\n\0", "latin1"));
    await truncate(file, 6 * 1024 * 1024);
    expect((await bench.call("Read", { file_path: "big.png" })).text).toMatch(
      /is binary: a PNG image, 6291456 bytes; images of at most 5242880/,
    );
  });

  test("other binary files are said to be binary, with kind and size", async () => {
    await bench.put("a.pdf", Buffer.from("%PDF-1.7\n\0\xff\xfe", "latin1"));
    await bench.put("b.bin", Buffer.from([0, 1, 2, 3]));
    expect((await bench.call("Read", { file_path: "a.pdf" })).text).toMatch(/a\.pdf is binary: a PDF document, 12 bytes\./);
    expect((await bench.call("Read", { file_path: "b.bin" })).text).toMatch(/is binary: no known kind of file, 4 bytes\./);
  });

  test("a notebook is shown as its cells with their outputs", async () => {
    const cells = [
      { cell_type: "markdown", source: ["# Title\n", "text"] },
      {
        cell_type: "code",
        source: "print(1)",
        outputs: [
          { output_type: "stream", text: ["1\n"] },
          { output_type: "display_data", data: { "image/png": "AAAA", "text/plain": "<Figure>" } },
          { output_type: "error", ename: "ValueError", evalue: "bad" },
        ],
      },
    ];
    await bench.put("n.ipynb", JSON.stringify({ cells, nbformat: 4 }));
    const { text } = await bench.call("Read", { file_path: "n.ipynb" });
    expect(text).toBe(
      [
        "[cell 1: markdown]\n# Title\ntext",
        "[cell 2: code]\nprint(1)\n[output] 1\n\n[output] <Figure> (also image/png, not shown)\n[output] error ValueError: bad",
        "(cells 1–2 of 2)",
      ].join("\n\n"),
    );
  });

  test("a notebook that is none is read as text", async () => {
    await bench.put("n.ipynb", "not json\n");
    expect((await bench.call("Read", { file_path: "n.ipynb" })).text).toBe("     1\tnot json");
  });
});

describe("what cannot be read", () => {
  test("a missing file is answered with near names", async () => {
    await bench.put("src/parser.ts", "");
    await bench.put("src/printer.ts", "");
    await bench.put("src/unrelated-thing.md", "");
    const result = await bench.call("Read", { file_path: "src/parsre.ts" });
    expect(result.code).toBe("FILE_NOT_FOUND");
    expect(result.text).toBe(`${bench.folder}/src/parsre.ts does not exist; near names in ${bench.folder}/src: parser.ts`);
    expect((await bench.call("Read", { file_path: "src/parser.js" })).text).toContain("parser.ts");
  });

  test("near names never tell hidden ones", async () => {
    await bench.put(".env", "KEY=1");
    const result = await bench.call("Read", { file_path: ".enw" });
    expect(result.code).toBe("FILE_NOT_FOUND");
    expect(result.text).not.toMatch(/near names/);
  });

  test("a missing folder is said to be missing", async () => {
    const result = await bench.call("Read", { file_path: "no/such/file" });
    expect(result.code).toBe("FILE_NOT_FOUND");
    expect(result.text).toContain(`its folder ${bench.folder}/no/such does not exist either`);
  });

  test("a folder is refused, with Glob as the way", async () => {
    await mkdir(join(bench.folder, "sub"));
    const result = await bench.call("Read", { file_path: "sub" });
    expect(result).toMatchObject({
      code: "FILE_NOT_REGULAR",
      text: `${bench.folder}/sub is a folder; Glob lists the files in it`,
    });
  });

  test("a named pipe without a writer, a device and a socket are refused at once", async () => {
    execFileSync("mkfifo", [join(bench.folder, "pipe")]);
    expect(await bench.call("Read", { file_path: "pipe" })).toMatchObject({
      code: "FILE_NOT_REGULAR",
      text: expect.stringContaining("a named pipe"),
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(bench.folder, "socket"), resolve));
    expect((await bench.call("Read", { file_path: "socket" })).code).toBe("FILE_NOT_REGULAR");
    await new Promise((resolve) => server.close(resolve));
    bench.env.reach.approved.push("/dev/zero");
    expect((await bench.call("Read", { file_path: "/dev/zero" })).text).toContain("a device");
  });

  test("paths and links out of the workspace are refused", async () => {
    await symlink("/etc/passwd", join(bench.folder, "link"));
    await symlink(bench.outside, join(bench.folder, "linked"));
    for (const file_path of ["/etc/passwd", "../outside/x", "link", "linked/x", "~/x", "a\0b"]) {
      expect([file_path, (await bench.call("Read", { file_path })).code]).toEqual([file_path, "PATH_OUTSIDE"]);
    }
  });

  test("a link to a file inside the workspace is read, and the real path is named", async () => {
    const file = await bench.put("real.txt", "x\n");
    await symlink("real.txt", join(bench.folder, "link.txt"));
    expect((await bench.call("Read", { file_path: "link.txt" })).files[0]?.path).toBe(file);
  });

  test("hidden files are denied", async () => {
    await bench.put(".env", "KEY=1");
    await bench.put("secrets/a.txt", "x");
    expect((await bench.call("Read", { file_path: ".env" })).code).toBe("PATH_DENIED");
    expect((await bench.call("Read", { file_path: "secrets/a.txt" })).code).toBe("PATH_DENIED");
  });
});
