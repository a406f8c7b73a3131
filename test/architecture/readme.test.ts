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
  ...[
    "getting-started",
    "run",
    "sessions",
    "permissions",
    "hooks",
    "config",
    "tools",
    "embedding",
    "plugins",
    "mcp",
    "import",
    "parity",
    "troubleshooting",
  ].map((name) => `docs/${name}.md`),
];

describe.each(pages)("%s", (page) => {
  // A bound, not a measure: a page may start dozens of programs.
  test("prints what it shows", { timeout: 300_000 }, async () => {
    const text = await read(page);
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
});

test("every link of a page leads to a file, and to a heading of it", async () => {
  const broken: string[] = [];
  for (const page of await allPages()) {
    const links = [...(await read(page)).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
    for (const [, file = "", heading] of links) {
      const target = file === "" ? page : path.join(path.dirname(page), file);
      const isThere = heading === undefined ? await exists(target) : (await headingsOf(target)).includes(heading);
      if (!isThere) broken.push(`${page}: ${file}${heading === undefined ? "" : `#${heading}`}`);
    }
  }
  expect(broken).toEqual([]);
});

test.each(["ARCHITECTURE.md", "SECURITY.md"])("every file that %s names exists", async (page) => {
  const named = (await read(page)).match(/(?<![\w/.])(?:bin|config|core|docs|plugins|scripts|test|workers)\/[\w./-]*/g) ?? [];
  const missing: string[] = [];
  for (const name of new Set(named.map((text) => text.replace(/\.$/, "")))) if (!(await exists(name))) missing.push(name);
  expect(missing).toEqual([]);
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
  for (const name of named) expect(await exists(name), name).toBe(true);
});

test("every page of docs/ is reached from the README", async () => {
  const readme = await read("README.md");
  const unreached: string[] = [];
  for await (const page of glob("docs/*.md", { cwd: root })) if (!readme.includes(`(${page})`)) unreached.push(page);
  expect(unreached).toEqual([]);
});

async function allPages(): Promise<string[]> {
  const rooms = "{core,workers,plugins,config,scripts,test,docs}/**/*.md";
  const found = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"];
  for await (const page of glob(rooms, { cwd: root })) if (!page.includes("node_modules")) found.push(page);
  return found;
}

function read(page: string): Promise<string> {
  return readFile(path.join(root, page), "utf8");
}

function exists(name: string): Promise<boolean> {
  return access(path.join(root, name)).then(
    () => true,
    () => false,
  );
}

/** As links name them. */
async function headingsOf(page: string): Promise<string[]> {
  const headings = [...(await read(page)).matchAll(/^#+ (.*)$/gm)];
  return headings.map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

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
