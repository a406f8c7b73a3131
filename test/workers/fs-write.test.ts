import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasCode } from "../../core/contract/errors.ts";
import files from "../../plugins/files/index.ts";
import * as fsRead from "../../workers/effects/fs-read.ts";
import * as fsWrite from "../../workers/effects/fs-write.ts";
import { openFolder, openRegular } from "../../workers/effects/open-confined.ts";
import { type Bench, createBench } from "../support/tool-bench.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await createBench({ plugin: files });
});
afterEach(() => bench.close());

test("a new file is not written over one that appeared meanwhile", async () => {
  await bench.put("a.txt", "somebody's");
  const writing = fsWrite.perform({ path: "a.txt", content: "mine", expect: null }, bench.env);
  await expect(writing).rejects.toSatisfy((error) => hasCode(error, "FILE_CHANGED"));
  expect(await bench.text("a.txt")).toBe("somebody's");
});

describe("a link put in the way after the check", () => {
  test("is seen when the file or its folder is opened", async () => {
    await writeFile(join(bench.outside, "a.txt"), "theirs");
    await symlink(bench.outside, join(bench.folder, "swapped"));
    await symlink(join(bench.outside, "a.txt"), join(bench.folder, "file"));
    expect(() => openRegular(join(bench.folder, "swapped", "a.txt"))).toThrow(/led somewhere else/);
    expect(() => openFolder(join(bench.folder, "swapped"))).toThrow();
    await mkdir(join(bench.outside, "deep"));
    expect(() => openFolder(join(bench.folder, "swapped", "deep"))).toThrow(/led somewhere else/);
    expect(() => openRegular(join(bench.folder, "file"))).toThrow(/symbolic link/);
  });

  test("never lets a read or a write out, however often it is tried", async () => {
    await mkdir(join(bench.folder, "dir"));
    await writeFile(join(bench.folder, "dir", "a.txt"), "mine");
    await writeFile(join(bench.outside, "a.txt"), "theirs");
    // A child that swaps the folder with a link to the outside, as fast as it can.
    const script = `
      const fs = require("node:fs"); const [work, outside] = process.argv.slice(1); process.chdir(work);
      const attempt = (step) => { try { step(); return true; } catch { return false; } };
      process.stdout.write("ready");
      for (let n = 0; ; n++) {
        fs.renameSync("dir", "kept");
        attempt(() => fs.symlinkSync(outside, "dir"));
        attempt(() => fs.unlinkSync("dir"));
        // A write may have made a folder of that name in between.
        while (!attempt(() => fs.renameSync("kept", "dir"))) attempt(() => fs.renameSync("dir", "made-" + n));
      }`;
    const swapper = spawn(process.execPath, ["-e", script, bench.folder, bench.outside], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(swapper, "exit");
    await once(swapper.stdout, "data");
    const seen = { mine: 0, refused: 0 };
    try {
      for (let index = 0; index < 5_000 && Math.min(seen.mine, seen.refused) < 100; index++) {
        const read = await fsRead.perform({ path: "dir/a.txt" }, bench.env).catch(() => undefined);
        if (read === undefined) seen.refused++;
        else if (Buffer.from(read.bytes).toString() === "mine") seen.mine++;
        else throw new Error("a read got out of the workspace");
        // Not each time: a write makes the folder where it is missing, and then there is nothing to read in it.
        if (index % 8 !== 0) continue;
        await fsWrite.perform({ path: `dir/new-${index}`, content: "x", expect: null }, bench.env).catch(() => undefined);
      }
    } finally {
      swapper.kill("SIGKILL");
      await ended;
    }
    expect(await readdir(bench.outside)).toEqual(["a.txt"]);
  });
});

describe("a disk that fails", () => {
  test("leaves the old file as it was and no temp file", async () => {
    const file = await bench.put("a.txt", "old\n");
    const script = `
      import * as fsWrite from ${JSON.stringify(new URL("../../workers/effects/fs-write.ts", import.meta.url).href)};
      const [folder, expect] = process.argv.slice(1);
      const reach = { workspace: folder, roots: [folder], approved: [], hidden: [] };
      const env = { cwd: folder, home: folder, reach, workspace: folder, signal: new AbortController().signal };
      await fsWrite.perform({ path: "a.txt", content: "n".repeat(1_000_000), expect }, env).catch((error) => console.log(error.code, error.message));`;
    const { sha256 } = await fsRead.perform({ path: "a.txt" }, bench.env);
    // A limit on the size of files, its signal ignored, makes write(2) fail in the middle, as a full disk does.
    const command = `trap '' XFSZ; ulimit -f 100; exec "$@"`;
    const args = ["-c", command, "sh", process.execPath, "--input-type=module-typescript", "-e", script, bench.folder, sha256];
    const output = execFileSync("sh", args, { encoding: "utf8" });
    const [code, said] = output.split(/ (.*)/s);
    expect(code).toBe("FILE_WRITE_FAILED");
    expect(said).toMatch(/a\.txt is as it was: EFBIG/);
    expect(await readFile(file, "utf8")).toBe("old\n");
    expect(await readdir(bench.folder)).toEqual(["a.txt"]);
  });
});
