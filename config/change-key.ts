/**
 * `config set` and `config unset`: one key of one layer's file, the rest of the file as it was. The config as it would be is
 * loaded before anything is written, and a change that makes it wrong in any way is refused.
 */
import { sep } from "node:path";
import { GantryError, messageOf } from "../core/contract/errors.ts";
import type { ConfigProblem } from "../core/contract/host.ts";
import { type FoundChange, findChange, refuseAbsent } from "./change-value.ts";
import { changedText, type Spot } from "./changed-text.ts";
import { alone, modeOf, readText, realPathOf, writeOwn } from "./files.ts";
import type { HostParts } from "./host.ts";
import { parseFile } from "./parsed-file.ts";
import { problemLine } from "./problems.ts";
import { manifestName } from "./project.ts";
import { shown } from "./secrets.ts";

export interface KeyChange {
  key: string;
  /** As typed; absent: the key is taken out. */
  value?: string;
  layer: "user" | "project" | "local";
}

/** `file:line` of what was set, or the file something was taken out of. CONFIG_*, CONFIG_LOCKED. */
export async function changeKey(change: KeyChange, parts: HostParts): Promise<string> {
  const found = findChange(change);
  refuseLocked(change, parts);
  const file = await fileOf(change, parts);
  const { sources } = parts;
  // A lock beside a project's file could be left there, and be committed.
  const lock = change.layer === "project" ? `${sources.paths.stateHome}/locks/${file.slot}` : file.real;
  return await alone(lock, async () => await rewrite(change, found, file, parts));
}

interface TargetFile {
  /** As named in messages and by the loader. */
  path: string;
  real: string;
  slot: string;
}

function refuseLocked({ key, value }: KeyChange, { merged }: HostParts): void {
  const winner = merged.values.get(key)?.[0];
  if (value === undefined || winner?.from.layer !== "managed") return;
  const locked = `${key} is locked to ${JSON.stringify(shown(winner.value, key))} by ${winner.from.source}`;
  throw new GantryError("CONFIG_LOCKED", `${locked}; nothing is written`);
}

async function fileOf({ layer }: KeyChange, { sources }: HostParts): Promise<TargetFile> {
  const path = sources.layerPaths().find((place) => place.layer === layer)?.path ?? sources.localFile();
  const { root, isHome } = sources.project;
  if (layer === "project" && isHome) {
    throw new GantryError(
      "CONFIG_INVALID",
      `${root} is your home folder or above it, and so never a project; use --layer user`,
    );
  }
  const wrong = sources.problems.find((problem) => problem.file !== undefined && sources.layerOf(problem.file) === layer);
  if (wrong !== undefined) throw new GantryError("CONFIG_INVALID", `${problemLine(wrong)}; nothing is written`);
  const real = (await realPathOf(path)) ?? path;
  if (layer === "project" && !real.startsWith(root + sep)) {
    throw new GantryError("CONFIG_INVALID", `${path} is a link that leads out of the project, to ${real}; nothing is written`);
  }
  return { path, real, slot: sources.slug() };
}

async function rewrite(change: KeyChange, found: FoundChange, file: TargetFile, parts: HostParts): Promise<string> {
  const before = (await readText(file.real)) ?? "";
  const spot: Spot = { path: file.path.endsWith(`/${manifestName}`) ? ["gantry", ...found.path] : found.path, ...found.edit };
  const parsed = await parseFile(file.path, before);
  const [fault] = parsed.faults;
  if (fault !== undefined) {
    const place = `${file.path}:${fault.line}:${fault.column}`;
    throw new GantryError("CONFIG_INVALID", `${place}: ${fault.message}; the file is left as it is`);
  }
  const after = await changedText(file.path, before, spot, parsed);
  if (after === undefined) refuseAbsent(change.key, file.path);
  if (after !== before) {
    await refuseWorse(change, { ...file, text: after }, parts);
    await write(file, after, change.layer);
  }
  if (change.value === undefined) return file.path;
  const line = (await parseFile(file.path, after)).lineOf(spot.path) ?? 1;
  return `${file.path}:${line}`;
}

/** Problems that are there already are no reason to refuse: this may be the way to mend them. */
async function refuseWorse(change: KeyChange, next: { path: string; text: string }, parts: HostParts): Promise<void> {
  const { loaded, options, checks, load } = parts;
  const problemsOf = checks.problemsOf ?? (async (config) => config.problems);
  const would = await load({ ...options, instead: { layer: change.layer, path: next.path, text: next.text } });
  const known = new Set((await problemsOf(loaded)).map(identity));
  const worse = (await problemsOf(would)).filter((problem) => problem.severity !== "warning" && !known.has(identity(problem)));
  const [first] = worse;
  if (first === undefined) return;
  const said = worse.map(({ message, hint }) => (hint === undefined ? message : `${message}\n  ${hint}`)).join("\n");
  const code = worse.every((problem) => problem.code === first.code) ? first.code : "CONFIG_INVALID";
  throw new GantryError(code as "CONFIG_INVALID", `${said}\nNothing is written to ${next.path}.`, {
    detail: { problems: worse },
  });
}

/** Lines move when a file is changed. */
function identity({ code, message, file, key }: ConfigProblem): string {
  return JSON.stringify([code, message, file, key]);
}

async function write({ real }: TargetFile, text: string, layer: KeyChange["layer"]): Promise<void> {
  try {
    await writeOwn(real, text, (await modeOf(real)) ?? (layer === "project" ? 0o644 : 0o600));
  } catch (cause) {
    throw new GantryError("CONFIG_INVALID", `${real} cannot be written: ${messageOf(cause)}`, { cause });
  }
}
