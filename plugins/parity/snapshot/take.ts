/**
 * One snapshot: the address becomes a command line, its inventory is asked for in a place that has nothing of the user's,
 * and what it prints is read as a file of anybody's would be.
 */
import { mkdir, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { GantryError } from "gantry/errors";
import type { Inventory } from "../../../core/contract/inventory.ts";
import { isObject } from "../../../core/contract/messages.ts";
import { byCodeUnits, inventorySchema } from "../inventory/format.ts";
import { plainLine, printed } from "../plain-text.ts";
import { makeTempFolder } from "../temp-folder.ts";
import { findProgram } from "./address.ts";
import { type Printed, runBounded } from "./run-bounded.ts";

export interface SnapshotOptions {
  cwd: string;
  signal: AbortSignal;
  /** The argv that starts this build: a package that is only unpacked finds the modules it needs beside it. */
  build: readonly string[];
}

const ask = ["parity", "manifest", "--json"];
const mostIssues = 5;
/** As in an inventory file. */
const mostLevels = 64;

/** USAGE_INVALID for an address that is none of the three; SNAPSHOT_FAILED with what was printed. */
export async function takeSnapshot(address: string, { cwd, signal, build }: SnapshotOptions): Promise<Inventory> {
  const place = await makeTempFolder("gantry-snapshot-");
  try {
    const [home, work] = [join(place, "home"), join(place, "work")];
    await Promise.all([mkdir(home), mkdir(work)]);
    const program = await findProgram(address, { cwd, unpackTo: join(place, "package") });
    const env = {
      HOME: home,
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      LANG: "C.UTF-8",
      NO_COLOR: "1",
      ...(program.isUnpacked ? { NODE_PATH: modulesBeside(build) } : {}),
    };
    return readPrinted(await runBounded([...program.argv, ...ask], { cwd: work, env, signal }), address);
  } finally {
    await rm(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Those of a checkout, and those that npm put beside the package. */
function modulesBeside(build: readonly string[]): string {
  const root = join(dirname(build.at(-1) ?? ""), "..");
  return [join(root, "node_modules"), dirname(root)].join(delimiter);
}

/** The envelope, or the bare inventory. */
function readPrinted(result: Printed, address: string): Inventory {
  const failed = (why: string): GantryError =>
    new GantryError("SNAPSHOT_FAILED", `${address} ${why}. ${said(result)}`, { detail: { exit: result.exit } });
  if (result.stopped !== undefined) throw failed(result.stopped);
  const data = jsonIn(result.stdout);
  if (result.exit !== 0) throw failed(`ended with exit ${result.exit ?? "by a signal"} on ${ask.join(" ")}`);
  if (data === undefined) throw failed(`printed no JSON object on ${ask.join(" ")}`);
  if (levelsOf(result.stdout) > mostLevels) throw failed(`printed more than ${mostLevels} levels inside each other`);
  const found = inventorySchema.safeParse(isObject(data) && "data" in data ? data["data"] : data);
  if (!found.success) {
    const issues = found.error.issues.slice(0, mostIssues).map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw failed(`printed no inventory: ${plainLine(issues.join("; "))}`);
  }
  const parts = Object.entries(found.data.parts).map(([part, items]) => [
    part,
    items.toSorted((a, b) => byCodeUnits(a.name, b.name)),
  ]);
  return { ...found.data, parts: Object.fromEntries(parts) };
}

function jsonIn(stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

/** Of JSON that was parsed: whoever goes through it calls itself for each level. */
function levelsOf(json: string): number {
  let [deepest, now] = [0, 0];
  for (const [token] of json.matchAll(/"(?:[^"\\]+|\\.)*"|[[\]{}]/g)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++now);
    else if (token === "]" || token === "}") now--;
  }
  return deepest;
}

function said({ stdout, stderr }: Printed): string {
  const part = (name: string, text: string): string => {
    const plain = plainLine(text.slice(0, 2_000));
    return plain === "" ? `Nothing on ${name}` : `On ${name}: ${printed(plain, 300)}`;
  };
  return `${part("stdout", stdout)}. ${part("stderr", stderr)}.`;
}
