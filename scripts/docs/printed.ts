/** What the built command prints in an empty folder, with no config and no plugin installed. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const { fingerprint } = createRequire(import.meta.url)("../fingerprint.cjs") as { fingerprint(root: string): string };

/** Of the build in `root`, which must be one of its sources. */
export async function printedByBuild(root: string, args: readonly string[]): Promise<string> {
  if ((await readFile(join(root, "dist/.stamp"), "utf8")) !== fingerprint(root))
    throw new Error("dist/ is not built from these sources; run npm run build");
  const folder = await mkdtemp(join(tmpdir(), "gantry-docs-"));
  try {
    const [cwd, home] = [join(folder, "work"), join(folder, "home")];
    await Promise.all([mkdir(cwd), mkdir(home)]);
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, "bin/gantry.cjs"), ...args], {
      ...{ cwd, env: { HOME: home, NO_COLOR: "1" }, maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
    });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
