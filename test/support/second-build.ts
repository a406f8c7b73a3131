/** The command built a second time: with another bundling of the same sources, or with one plugin more, added as every built-in is. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Plugin } from "esbuild";
import { makeBundles } from "../../scripts/build/bundles.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = [
  "bin",
  "config",
  "core",
  "plugins",
  "scripts",
  "workers",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

export interface SecondBuild {
  launcher: string;
  remove(): Promise<void>;
}

/** From the sources as they are, with plugins of the bundler, which may look at what is made or change it. */
export async function buildWith(bundling: Plugin[]): Promise<SecondBuild> {
  const copy = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-second-")));
  const dist = path.join(copy, "dist");
  await mkdir(dist);
  await makeBundles(root, dist, bundling);
  for (const name of ["dist/manifests.json", "dist/tool-inputs.cjs", "bin", "package.json"])
    await cp(path.join(root, name), path.join(copy, name), { recursive: true });
  await writeFile(path.join(dist, "package.json"), '{"type":"commonjs"}\n');
  await symlink(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  return builtAt(copy);
}

type Change = (source: string) => string;

/** With sources changed; a change that changes nothing is an error. */
export async function buildChanged(changes: Readonly<Record<string, Change>>): Promise<SecondBuild> {
  const changed = new Map<string, string>();
  for (const [file, change] of Object.entries(changes)) {
    const source = await readFile(path.join(root, file), "utf8");
    if (change(source) === source) throw new Error(`the change of ${file} changes nothing`);
    changed.set(path.join(root, file), change(source));
  }
  const load = (file: string) => {
    const contents = changed.get(file);
    return contents === undefined ? null : { contents, loader: "ts" as const };
  };
  const setup: Plugin["setup"] = (build) => build.onLoad({ filter: /\.ts$/ }, (args) => load(args.path));
  return await buildWith([{ name: "changed sources", setup }]);
}

/** The plugin is `name`; its taps are the `taps` of test/support/census-taps.ts. */
export async function buildWithTaps(name: string): Promise<SecondBuild> {
  const copy = await copyOfSources();
  const folder = path.join(copy, "plugins", name);
  await mkdir(folder);
  await cp(path.join(root, "test/support/census-taps.ts"), path.join(folder, "taps.ts"));
  await writeFile(path.join(folder, "index.ts"), indexOf(name));
  const builtins = path.join(copy, "core/builtins.ts");
  const added = (await readFile(builtins, "utf8")).replace(
    /\n\};\s*$/,
    `\n  ${name}: () => import("../plugins/${name}/index.ts"),\n};\n`,
  );
  await writeFile(builtins, added);
  return await builtFrom(copy);
}

/** Without these built-ins: their folders are gone, and the lines that name them in `core/builtins.ts` and `config/defaults.ts`. */
export async function buildWithout(names: readonly string[]): Promise<SecondBuild> {
  const copy = await copyOfSources();
  for (const name of names) await rm(path.join(copy, "plugins", name), { recursive: true });
  for (const file of ["core/builtins.ts", "config/defaults.ts"]) {
    const lines = (await readFile(path.join(copy, file), "utf8")).split("\n");
    const left = lines.filter((line) => !names.some((name) => new RegExp(`\\b${name}(: \\(|")`).test(line)));
    if (left.length !== lines.length - names.length)
      throw new Error(`${file} does not name each of ${names.join(", ")} in one line`);
    await writeFile(path.join(copy, file), left.join("\n"));
  }
  return await builtFrom(copy);
}

async function copyOfSources(): Promise<string> {
  const copy = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-second-")));
  for (const each of sources) await cp(path.join(root, each), path.join(copy, each), { recursive: true });
  await symlink(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

async function builtFrom(copy: string): Promise<SecondBuild> {
  await promisify(execFile)(process.execPath, ["scripts/build.ts"], { cwd: copy });
  return builtAt(copy);
}

function builtAt(folder: string): SecondBuild {
  return {
    launcher: path.join(folder, "bin/gantry.cjs"),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

function indexOf(name: string): string {
  return `import { definePlugin } from "gantry/plugin";
import { taps } from "./taps.ts";
export default definePlugin({ name: "${name}", description: "Taps everywhere.", taps });
`;
}
