/** A disk that is really full: a file size limit of the kernel, and where it may be mounted a small tmpfs. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createStore } from "../../core/session/store.ts";
import { runChild, supportFile } from "../support/children.ts";
import { newStateHome } from "../support/session-folder.ts";

interface Report {
  id: string;
  path: string;
  code: string;
  message: string;
  durable: number;
  count: number;
  later: string;
}

test.skipIf(process.platform === "win32")(
  "a write that the kernel cuts short fails with its reason, and leaves whole lines only",
  async () => {
    const stateHome = newStateHome();
    const { stdout, stderr, exitCode } = await runChild([supportFile("full-disk-child.ts"), stateHome], {
      shell: "ulimit -f 64; exec",
    });
    expect([exitCode, stderr]).toEqual([0, ""]);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ code: "LOG_WRITE_FAILED", later: "LOG_WRITE_FAILED" });
    expect(report.message).toContain(report.path);
    expect(report.message).toContain("EFBIG");
    const lines = readFileSync(report.path, "utf8").split("\n");
    expect(lines.at(-1)).toBe("");
    expect(lines.length - 1).toBe(report.durable);
    const store = createStore({ stateHome, project: "/projects/sample" });
    expect(await store.verify(report.id)).toEqual([{ id: report.id, ok: true, events: report.durable, problems: [] }]);
    // The lock was given back although the last lines could not be written.
    await (await store.resume(report.id)).log.close();
  },
);

test("a log on a full disk goes on without a gap when there is room again", async ({ skip }) => {
  const folder = mountSmall();
  if (folder === undefined) return skip("no tmpfs can be mounted here");
  try {
    const stateHome = join(folder, "state");
    mkdirSync(stateHome);
    const ballast = join(folder, "ballast");
    writeFileSync(ballast, Buffer.alloc(512 * 1024));
    const { stdout, stderr, exitCode } = await runChild([supportFile("full-disk-child.ts"), stateHome, ballast]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ code: "LOG_WRITE_FAILED", later: "written" });
    expect(report.message).toContain("ENOSPC");
    const store = createStore({ stateHome, project: "/projects/sample" });
    expect(await store.verify(report.id)).toEqual([{ id: report.id, ok: true, events: report.count, problems: [] }]);
  } finally {
    execFileSync("umount", [folder]);
  }
});

/** A tmpfs of 1 MiB, or undefined where this user may not mount. */
function mountSmall(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const folder = newStateHome();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    return undefined;
  }
}
