/** Where a plugin's code begins: what gantry.json says, then package.json, then the places where authors put it. */
import { open, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "../contract/errors.ts";
import { isRecord, readJsonFile } from "./json-file.ts";

export interface FoundModule {
  /** The folder, real. */
  root: string;
  name: string;
  /** Relative to the folder, with slashes. */
  main: string;
}

const usualPlaces = ["plugin", "index", "src/plugin", "src/index"].flatMap((name) =>
  [".ts", ".mts", ".js", ".mjs", ".cjs"].map((extension) => name + extension),
);

/** PLUGIN_INVALID when there is no folder, no module, or one that is not in the folder. */
export async function findModule(folder: string): Promise<FoundModule> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined || !(await stat(root)).isDirectory())
    throw new GantryError("PLUGIN_INVALID", `${folder} is not a folder`);
  const manifest = await readJsonFile(path.join(root, "gantry.json"));
  const own = await readJsonFile(path.join(root, "package.json"));
  const name = firstText(manifest?.["name"], own?.["name"]) ?? path.basename(root);
  const main = firstText(manifest?.["main"]) ?? (await mainOfPackage(root, own)) ?? (await usualMain(root));
  if (main === undefined) throw noModule(folder, own);
  return { root, name, main: await inside(root, main) };
}

function noModule(folder: string, own: Record<string, unknown> | undefined): GantryError {
  const named = own === undefined ? undefined : firstText(...candidatesOf(own));
  const what =
    named === undefined
      ? `has no module: name it as "main" in gantry.json, or as "exports" in package.json`
      : `has no module: ${JSON.stringify(named)}, which package.json names, is not there`;
  return new GantryError("PLUGIN_INVALID", `${folder} ${what}; looked for ${usualPlaces.slice(0, 3).join(", ")} … too`);
}

/** Also of a file that says what it must not; who checks the manifest tells about that. */
function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && value !== "");
}

async function mainOfPackage(root: string, own: Record<string, unknown> | undefined): Promise<string | undefined> {
  if (own === undefined) return undefined;
  for (const one of candidatesOf(own)) if (typeof one === "string" && (await isFile(path.join(root, one)))) return one;
  return undefined;
}

const candidatesOf = (own: Record<string, unknown>): unknown[] => [exported(own["exports"]), own["module"], own["main"]];

/** Of `exports`: the main entry, as an importing module without Node.js sees it. */
function exported(value: unknown): unknown {
  if (!isRecord(value)) return value;
  if (Object.hasOwn(value, ".")) return exported(value["."]);
  return exported(value["import"] ?? value["default"]);
}

async function usualMain(root: string): Promise<string | undefined> {
  for (const one of usualPlaces) if (await isFile(path.join(root, one))) return one;
  return undefined;
}

async function inside(root: string, main: string): Promise<string> {
  const file = path.resolve(root, main);
  const real = await realpath(file).catch(() => undefined);
  if (real === undefined) throw new GantryError("PLUGIN_INVALID", `${main}, which gantry.json names as main, is not there`);
  const relative = path.relative(root, real);
  if (relative.startsWith("..") || path.isAbsolute(relative) || path.isAbsolute(main)) {
    throw new GantryError("PLUGIN_INVALID", `main ${main} is not in the plugin's folder`);
  }
  return path.relative(root, file).split(path.sep).join("/");
}

async function isFile(file: string): Promise<boolean> {
  const handle = await open(file, "r").catch(() => undefined);
  try {
    return (await handle?.stat())?.isFile() ?? false;
  } finally {
    await handle?.close();
  }
}
