/**
 * Edits of one layer's file, all or none, the rest of the file as it was. The config as it would be is loaded before anything
 * is written, and edits that make it wrong in any way are refused.
 */
import { sep } from "node:path";
import { codeOf, type ErrorCode, GantryError, messageOf } from "../core/contract/errors.ts";
import type { ConfigProblem } from "../core/contract/host.ts";
import type { Json } from "../core/contract/messages.ts";
import { changedText } from "./changed-text.ts";
import { isObject } from "./data.ts";
import { alone, maxConfigBytes, modeOf, readText, realPathOf, writeOwn } from "./files.ts";
import type { HostParts } from "./host.ts";
import { lacking } from "./list-index.ts";
import { type ParsedFile, parseFile } from "./parsed-file.ts";
import { problemLine } from "./problems.ts";
import { manifestName } from "./project.ts";
import { shown } from "./secrets.ts";
import type { Edit, Join, Spot } from "./spot.ts";

export type ChangeLayer = "user" | "project" | "local";

export interface FileEdit {
  /** Dotted, for messages. */
  key: string;
  path: string[];
  edit: Edit | Join;
}

export interface ChangedFile {
  file: string;
  /** `file:line` of each edit's key; undefined for what was to be taken out and is not there: then nothing is written. */
  places: (string | undefined)[];
  /** As it is then. */
  parsed: ParsedFile;
}

export interface TargetFile {
  /** As named in messages and by the loader. */
  path: string;
  real: string;
  slot: string;
}

/** CONFIG_*, CONFIG_LOCKED. */
export async function changeFile(edits: readonly FileEdit[], layer: ChangeLayer, parts: HostParts): Promise<ChangedFile> {
  refuseLocked(edits, parts);
  const file = await targetOf(layer, parts);
  const { sources } = parts;
  // A lock beside a project's file could be left there, and be committed.
  const lock = layer === "project" ? `${sources.paths.stateHome}/locks/${file.slot}` : file.real;
  try {
    return await alone(lock, async () => await rewrite(edits, { file, layer }, parts));
  } catch (cause) {
    // A full disk or a folder that may not be written fails at the lock already.
    if (codeOf(cause) !== undefined || !(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new GantryError("CONFIG_INVALID", `${file.path} cannot be written: ${cause.message}; it is as it was`, { cause });
  }
}

function refuseLocked(edits: readonly FileEdit[], parts: HostParts): void {
  const locked = edits.flatMap((edit) => lockedWords(edit, parts) ?? []);
  if (locked.length > 0) throw new GantryError("CONFIG_LOCKED", `${locked.join("\n")}; nothing is written`);
}

/** Who locks the key, and to what. */
export function lockedWords({ key, edit }: FileEdit, { merged }: Pick<HostParts, "merged">): string | undefined {
  const winner = merged.values.get(key)?.[0];
  if (edit.how === "remove" || winner?.from.layer !== "managed") return undefined;
  return `${key} is locked to ${JSON.stringify(shown(winner.value, key))} by ${winner.from.source}`;
}

export async function targetOf(layer: ChangeLayer, { sources }: Pick<HostParts, "sources">): Promise<TargetFile> {
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

/** The text as it is and its data; CONFIG_INVALID where it cannot be parsed. */
export async function currentText({ path, real }: TargetFile): Promise<{ text: string; parsed: ParsedFile }> {
  const text = (await readText(real)) ?? "";
  const parsed = await parseFile(path, text);
  const [fault] = parsed.faults;
  if (fault === undefined) return { text, parsed };
  const place = `${path}:${fault.line}:${fault.column}`;
  throw new GantryError("CONFIG_INVALID", `${place}: ${fault.message}; the file is left as it is`);
}

/** Where the config starts in the file. */
export function pathIn(file: TargetFile, path: readonly string[]): string[] {
  return file.path.endsWith(`/${manifestName}`) ? ["gantry", ...path] : [...path];
}

async function rewrite(
  edits: readonly FileEdit[],
  { file, layer }: { file: TargetFile; layer: ChangeLayer },
  parts: HostParts,
): Promise<ChangedFile> {
  const { text: before, parsed } = await currentText(file);
  let [after, now] = [before, parsed];
  for (const edit of edits) {
    for (const spot of spotsOf(edit, file, now.data)) {
      const next = await changedText(file.path, after, spot, now);
      if (next === undefined) return { file: file.path, places: [undefined], parsed };
      if (next === after) continue;
      after = next;
      now = await parseFile(file.path, after);
    }
  }
  if (after !== before) {
    refuseHuge(file.path, after);
    await refuseWorse({ layer, path: file.path, text: after }, parts);
    await write(file, after, layer);
  }
  const places = edits.map(({ path }) => `${file.path}:${now.lineOf(pathIn(file, path)) ?? 1}`);
  return { file: file.path, places, parsed: now };
}

/** None where a list lacks nothing. */
function spotsOf({ path, edit }: FileEdit, file: TargetFile, data: Json | undefined): Spot[] {
  const at = pathIn(file, path);
  if (edit.how !== "join") return [{ path: at, ...edit }];
  const list = valueAt(data, at);
  const lacks = lacking(edit.values, list);
  if (lacks.length === 0) return [];
  if (list === undefined) return [{ path: at, how: "set", value: lacks }];
  return [{ path: at, how: "join", values: lacks }];
}

export function valueAt(data: Json | undefined, path: readonly string[]): Json | undefined {
  let value = data;
  for (const part of path) value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
}

/** A config that is longer is not read. */
export function refuseHuge(path: string, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxConfigBytes) return;
  const words = `${path} would have ${bytes} bytes; a config file has at most ${maxConfigBytes}`;
  throw new GantryError("CONFIG_INVALID", `${words}; nothing is written`);
}

async function refuseWorse(next: { layer: ChangeLayer; path: string; text: string }, parts: HostParts): Promise<void> {
  const worse = (await newProblems(next, parts)).filter(({ severity }) => severity !== "warning");
  const [first] = worse;
  if (first === undefined) return;
  const said = worse.map(({ message, hint }) => (hint === undefined ? message : `${message}\n  ${hint}`)).join("\n");
  const code = worse.every((problem) => problem.code === first.code) ? first.code : "CONFIG_INVALID";
  throw new GantryError(code as ErrorCode, `${said}\nNothing is written to ${next.path}.`, { detail: { problems: worse } });
}

/** What would be wrong with the config and is not now. Problems that are there already may be what is being mended. */
export async function newProblems(
  next: { layer: ChangeLayer; path: string; text: string },
  { loaded, options, checks, load }: Pick<HostParts, "loaded" | "options" | "checks" | "load">,
): Promise<ConfigProblem[]> {
  const problemsOf = checks.problemsOf ?? (async (config) => config.problems);
  const would = await load({ ...options, instead: next });
  const known = new Set((await problemsOf(loaded)).map(identity));
  return (await problemsOf(would)).filter((problem) => !known.has(identity(problem)));
}

/** Lines move when a file is changed. */
function identity({ code, message, file, key }: ConfigProblem): string {
  return JSON.stringify([code, message, file, key]);
}

async function write({ real }: TargetFile, text: string, layer: ChangeLayer): Promise<void> {
  try {
    await writeOwn(real, text, (await modeOf(real)) ?? (layer === "project" ? 0o644 : 0o600));
  } catch (cause) {
    throw new GantryError("CONFIG_INVALID", `${real} cannot be written: ${messageOf(cause)}; it is as it was`, { cause });
  }
}
