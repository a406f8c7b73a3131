/** What the README and the pages of docs/ say that commands print is what the built command prints. */
import { spawn } from "node:child_process";
import { access, chmod, glob, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { errorTable } from "gantry/errors";
import { describe, expect, onTestFinished, test } from "vitest";
import { launcher } from "../support/cli.ts";
import { normalised, type PageRun, printsAsShown, runsOf } from "../support/page-runs.ts";

const root = path.join(import.meta.dirname, "../..");
const pages = [
  "README.md",
  ...["getting-started", "run", "sessions", "permissions", "config", "tools", "embedding", "troubleshooting"].map(
    (name) => `docs/${name}.md`,
  ),
];

describe.each(pages)("%s", (page) => {
  test("prints what it shows", async () => {
    const text = await readFile(path.join(root, page), "utf8");
    const place = await makePlace();
    const wrong: object[] = [];
    for (const run of runsOf(text)) {
      const output = await execute(run, place);
      const printed = normalised(output.split("\n"), place.root);
      const shown = normalised(run.expected);
      if (!printsAsShown(printed, shown)) wrong.push({ line: run.line, source: run.source, shown, printed });
    }
    expect(wrong).toEqual([]);
  });

  test("links to files that exist", async () => {
    const text = await readFile(path.join(root, page), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = ""]) => link);
    const missing: string[] = [];
    for (const link of links) await access(path.join(root, path.dirname(page), link)).catch(() => missing.push(link));
    expect(missing).toEqual([]);
  });
});

test("a block without the mark is not run, and a page without its output is not passed over", () => {
  expect(runsOf("```sh\n$ rm -rf /\n```\n")).toEqual([]);
  expect(() => runsOf("```js runs\nconsole.log(1)\n```\n")).toThrow("line 1");
  expect(printsAsShown(["a", "b", "c"], ["a", "…"])).toBe(true);
  expect(printsAsShown(["a", "b", "c"], ["a", "…", "d"])).toBe(false);
  expect(printsAsShown(["a"], [])).toBe(false);
});

test("every page that an error's hint names exists", async () => {
  const named = Object.values(errorTable).flatMap(({ hint }) => [...hint.matchAll(/docs\/[\w-]+\.md/g)].map(([name]) => name));
  expect(named.length).toBeGreaterThan(0);
  for (const name of named) await access(path.join(root, name));
});

test("every page of docs/ is reached from the README", async () => {
  const readme = await readFile(path.join(root, "README.md"), "utf8");
  const unreached: string[] = [];
  for await (const page of glob("docs/*.md", { cwd: root })) if (!readme.includes(`(${page})`)) unreached.push(page);
  expect(unreached).toEqual([]);
});

interface Place {
  /** In front of every path that is printed. */
  root: string;
  cwd: string;
  env: Record<string, string>;
}

/** A user's home with one small project in it, and `gantry` on the PATH. */
async function makePlace(): Promise<Place> {
  const top = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-page-")));
  onTestFinished(() => rm(top, { recursive: true, force: true, maxRetries: 5 }));
  const home = path.join(top, "home/you");
  const cwd = path.join(home, "till");
  const bin = path.join(top, "bin");
  await Promise.all([
    mkdir(path.join(cwd, ".git"), { recursive: true }),
    mkdir(path.join(cwd, "node_modules"), { recursive: true }),
    mkdir(bin),
    mkdir(path.join(top, "tmp")),
  ]);
  await symlink(root, path.join(cwd, "node_modules/gantry"));
  await writeFile(path.join(cwd, "cart.js"), cart);
  await writeFile(path.join(bin, "gantry"), `#!/bin/sh\nexec "${process.execPath}" "${launcher}" "$@"\n`);
  await chmod(path.join(bin, "gantry"), 0o755);
  const PATH = [bin, path.dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(":");
  const cache = path.join(tmpdir(), "gantry-test-cache");
  const TMPDIR = path.join(top, "tmp");
  return { root: top, cwd, env: { HOME: home, PATH, TMPDIR, NO_COLOR: "1", LANG: "C.UTF-8", XDG_CACHE_HOME: cache } };
}

const cart = `/** Cents a cart costs. */
export function total(lines) {
  return lines.reduce((sum, line) => sum - line.cents * line.count, 0);
}
`;

/** What it printed, both streams in the order they came. */
async function execute({ kind, source }: PageRun, { cwd, env }: Place): Promise<string> {
  if (kind === "js") await writeFile(path.join(cwd, "program.mjs"), source);
  const line = kind === "sh" ? source : `"${process.execPath}" program.mjs`;
  const child = spawn("/bin/sh", ["-c", `exec 2>&1; ${line}`], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(output));
  });
}
