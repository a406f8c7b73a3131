/** What an address of a snapshot means: a program file, a folder of Gantry, or a .tgz of its package. Nothing is fetched. */
import { access, constants, readFile, stat } from "node:fs/promises";
import { extname, isAbsolute, join, relative, resolve } from "node:path";
import { GantryError, messageOf } from "gantry/errors";
import { isObject } from "../../../core/contract/messages.ts";
import { unpackPackage } from "./unpack.ts";

export interface FoundProgram {
  /** Program and first arguments. */
  argv: string[];
  /** No modules were installed beside it. */
  isUnpacked: boolean;
}

/** USAGE_INVALID, with how to get an address that works. */
export async function findProgram(address: string, options: { cwd: string; unpackTo: string }): Promise<FoundProgram> {
  const path = resolve(options.cwd, address);
  const found = await stat(path).catch(() => undefined);
  if (address === "" || !found) throw notThere(address);
  if (found.isDirectory()) return { argv: [process.execPath, await binOf(path, address)], isUnpacked: false };
  if (!found.isFile()) throw refused(`${address} is neither a file nor a folder`);
  if (/\.(?:tgz|tar\.gz)$/.test(address)) {
    await unpackPackage(path, options.unpackTo, address);
    return { argv: [process.execPath, await binOf(join(options.unpackTo, "package"), address)], isUnpacked: true };
  }
  if (/^\.[cm]?js$/.test(extname(path))) return { argv: [process.execPath, path], isUnpacked: false };
  await access(path, constants.X_OK).catch(() => {
    throw refused(`${address} is neither a program that can be started nor a .tgz`);
  });
  return { argv: [path], isUnpacked: false };
}

/** The bin named gantry of its package.json, or its only one; it stays inside the folder. */
async function binOf(folder: string, address: string): Promise<string> {
  const name = nameOfBin(await packageOf(folder, address));
  if (name === undefined) throw refused(`${address} is a package that has no program named gantry`);
  const program = resolve(folder, name);
  const inside = relative(folder, program);
  if (inside.startsWith("..") || isAbsolute(inside)) throw refused(`${address} names a program outside itself: ${name}`);
  const found = await stat(program).catch(() => undefined);
  if (!found?.isFile()) throw refused(`${address} has no ${name}; a checkout is built with npm ci && npm run build`);
  return program;
}

async function packageOf(folder: string, address: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  } catch (cause) {
    throw refused(`${address} has no package.json that can be read: ${messageOf(cause)}`, cause);
  }
}

function nameOfBin(manifest: unknown): string | undefined {
  const bin = isObject(manifest) ? manifest["bin"] : undefined;
  if (typeof bin === "string") return bin;
  const named = isObject(bin) && Object.hasOwn(bin, "gantry") ? bin["gantry"] : undefined;
  return typeof named === "string" ? named : undefined;
}

const ways =
  "A snapshot is taken of a program file, of a folder, or of a .tgz: git clone and npm ci && npm run build make a folder, " +
  "npm install --prefix DIR gantry@VERSION makes DIR/node_modules/gantry, npm pack gantry@VERSION makes a .tgz";

function notThere(address: string): GantryError {
  const remote = /^(?:[a-z+]+:|git@|[^./]+\/[^./]+$|(?:@[\w-]+\/)?[\w-]+@)/.exec(address);
  const what = remote ? "is not on this machine, and nothing is fetched" : "is not there";
  return refused(`${address === "" ? "ADDRESS" : address} ${what}`);
}

function refused(what: string, cause?: unknown): GantryError {
  return new GantryError("USAGE_INVALID", `${what}. ${ways}.`, { cause });
}
