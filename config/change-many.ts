/**
 * Several keys of one layer's file at once, all or none, and a look at what such a change would meet. A key of a list takes
 * elements that it lacks, every other key its value.
 */
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { codeOf, type ErrorCode, GantryError, messageOf } from "../core/contract/errors.ts";
import type { ChangeFate, ConfigChange, ConfigProblem } from "../core/contract/host.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import {
  type ChangeLayer,
  changeFile,
  currentText,
  type FileEdit,
  lockedWords,
  newProblems,
  pathIn,
  refuseHuge,
  type TargetFile,
  targetOf,
  valueAt,
} from "./change-file.ts";
import { findKey, serverWords } from "./change-value.ts";
import { isObject, type KeyPath } from "./data.ts";
import { realPathOf } from "./files.ts";
import type { HostParts } from "./host.ts";
import { lacking, placeIn } from "./list-index.ts";
import { type ParsedFile, parseFile } from "./parsed-file.ts";

/** Elements of one change of a file; a lock is not held for longer. */
const mostElements = 20_000;

/** The place of each change: of a value, or of the first element. */
export async function changeMany(changes: readonly ConfigChange[], layer: ChangeLayer, parts: HostParts): Promise<string[]> {
  if (changes.length === 0) return [];
  const edits = allEdits(changes);
  const { file, parsed } = await changeFile(joined(edits), layer, parts);
  const target = { path: file, real: file, slot: "" };
  return edits.map((edit) => placeOf(edit, target, parsed));
}

function placeOf({ path, edit }: FileEdit, file: TargetFile, { data, lineOf }: ParsedFile): string {
  const at = pathIn(file, path);
  const list = valueAt(data, at);
  const [first] = edit.how === "join" ? edit.values : [];
  const index = Array.isArray(list) && first !== undefined ? placeIn(list, first) : undefined;
  return `${file.path}:${lineOf(index === undefined ? at : [...at, index]) ?? 1}`;
}

/** Every change that names no key, or gives it what it cannot hold, is told at once. */
function allEdits(changes: readonly ConfigChange[]): FileEdit[] {
  const wrong: { code: ErrorCode; message: string }[] = [];
  const edits = changes.flatMap((change) => {
    const edit = editOf(change);
    if (!("code" in edit)) return [edit];
    wrong.push(edit);
    return [];
  });
  const [first] = wrong;
  if (first === undefined) {
    refuseMany(edits);
    return edits;
  }
  const code = wrong.every((one) => one.code === first.code) ? first.code : "CONFIG_INVALID";
  throw new GantryError(code, `${wrong.map(({ message }) => message).join("\n")}\nNothing is written.`);
}

function refuseMany(edits: readonly FileEdit[]): void {
  const count = edits.reduce((sum, { edit }) => sum + (edit.how === "join" ? edit.values.length : 1), 0);
  if (count <= mostElements) return;
  const words = `${count} values are too many for one change; at most ${mostElements}`;
  throw new GantryError("CONFIG_INVALID", `${words}\nNothing is written.`);
}

function editOf({ key, how, value }: ConfigChange): FileEdit | { code: ErrorCode; message: string } {
  const invalid = (message: string) => ({ code: "CONFIG_INVALID" as const, message: `${key}: ${message}` });
  try {
    const { known, path } = findKey(key);
    const isList = known.type === "list" || (known.key === "hooks" && path.length === 2);
    if (how === "add") {
      if (!isList) return invalid("it is no list that something could be added to");
      if (!Array.isArray(value)) return invalid("what is added is a list of elements");
      return { key, path, edit: { how: "join", values: value } };
    }
    const said = known.key === "mcpServers" ? serverWords(path, value) : [];
    return said.length > 0 ? { code: "CONFIG_INVALID", message: said.join("\n") } : { key, path, edit: { how, value } };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { code, message: messageOf(error) };
  }
}

// ── A look ahead ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** One fate for each change. The layer's file is named even where it is not there. CONFIG_* where it could not be changed at all. */
export async function tryMany(
  changes: readonly ConfigChange[],
  layer: ChangeLayer,
  parts: HostParts,
): Promise<{ file: string; exists: boolean; linkedTo?: string; fates: ChangeFate[] }> {
  const file = await targetOf(layer, parts);
  const { text, parsed } = await currentText(file);
  const fates = changes.map((change) => firstFate(change, { file, parsed }, parts));
  const fresh = changes.flatMap((change, at) => (fates[at]?.state === "new" ? [{ at, edit: editOf(change) as FileEdit }] : []));
  refuseMany(fresh.map(({ edit }) => edit));
  const problems = await problemsOfAll(fresh, { file, layer, parsed }, parts);
  for (const [at, found] of problems) {
    const stops = found.some(({ severity }) => severity !== "warning");
    fates[at] = { state: stops ? "refused" : "new", problems: found };
  }
  const real =
    text === "" ? join((await realPathOf(dirname(file.path))) ?? dirname(file.path), basename(file.path)) : file.real;
  const linked = real === file.path ? {} : { linkedTo: real };
  return { file: file.path, exists: text !== "", ...linked, fates };
}

function firstFate(
  change: ConfigChange,
  { file, parsed }: { file: TargetFile; parsed: ParsedFile },
  parts: HostParts,
): ChangeFate {
  const edit = editOf(change);
  if ("code" in edit) return { state: "refused", problems: [{ code: edit.code, message: edit.message }] };
  const there = valueAt(parsed.data, pathIn(file, edit.path));
  const place = placeOf(edit, file, parsed);
  if (edit.edit.how === "join") {
    return lacking(edit.edit.values, there).length === 0
      ? { state: "held", place, problems: [] }
      : { state: "new", problems: [] };
  }
  const locked = lockedWords(edit, parts);
  if (isDeepStrictEqual(there, change.value)) return { state: "held", place, problems: [] };
  if (there !== undefined) return { state: "taken", place, problems: [] };
  if (locked !== undefined) return { state: "refused", problems: [{ code: "CONFIG_LOCKED", message: locked }] };
  return { state: "new", problems: [] };
}

/** By the number of the change. All of them are tried at once, in a text that gives each a line of its own. */
async function problemsOfAll(
  fresh: readonly { at: number; edit: FileEdit }[],
  { file, layer, parsed }: { file: TargetFile; layer: ChangeLayer; parsed: ParsedFile },
  parts: HostParts,
): Promise<Map<number, ConfigProblem[]>> {
  const found = new Map<number, ConfigProblem[]>();
  if (fresh.length === 0) return found;
  const data = joined(fresh.map(({ edit }) => edit)).reduce<Json>(
    (now, edit) => withEdit(now, pathIn(file, edit.path), edit),
    parsed.data ?? {},
  );
  const text = JSON.stringify(data, null, 2);
  refuseHuge(file.path, text);
  const { lineOf } = await parseFile(file.path, text);
  const owners = new Map<number, number>();
  for (const { at, edit } of fresh) for (const line of linesOf(edit, file, { data, lineOf })) owners.set(line, at);
  const lines = [...owners.keys()].toSorted((left, right) => right - left);
  for (const problem of await newProblems({ layer, path: file.path, text }, parts)) {
    const { line: place = 0 } = problem;
    // Of a value of many lines any may be named: the nearest change above it is the one.
    const line = problem.file === file.path ? lines.find((one) => one <= place) : undefined;
    for (const at of line === undefined ? fresh.map((one) => one.at) : [owners.get(line) ?? 0])
      found.set(at, [...(found.get(at) ?? []), problem]);
  }
  return found;
}

/** All elements of a list in one edit, where the first of them was; thousands of edits would each read the file again. */
function joined(edits: readonly FileEdit[]): FileEdit[] {
  const set = new Set(edits.filter(({ edit }) => edit.how !== "join").map(({ key }) => key));
  const lists = new Map<string, Json[]>();
  return edits.flatMap((one): FileEdit[] => {
    const { key, edit } = one;
    if (edit.how !== "join" || set.has(key)) return [one];
    const known = lists.get(key);
    for (const value of known === undefined ? [] : edit.values) known?.push(value);
    if (known !== undefined) return [];
    const values = [...edit.values];
    lists.set(key, values);
    return [{ ...one, edit: { how: "join", values } }];
  });
}

function linesOf(
  { path, edit }: FileEdit,
  file: TargetFile,
  { data, lineOf }: { data: Json; lineOf(path: KeyPath): number | undefined },
): number[] {
  const at = pathIn(file, path);
  if (edit.how !== "join") return [lineOf(at) ?? 1];
  const list = valueAt(data, at);
  const there = Array.isArray(list) ? list : [];
  return edit.values.flatMap((value) => {
    const index = placeIn(there, value);
    return index === undefined ? [] : [lineOf([...at, index]) ?? 1];
  });
}

function withEdit(data: Json, [first, ...rest]: readonly string[], change: FileEdit): Json {
  const { edit } = change;
  if (first === undefined) {
    if (edit.how === "join") return [...(Array.isArray(data) ? data : []), ...lacking(edit.values, data)];
    return edit.how === "remove" ? data : edit.value;
  }
  const group: JsonObject = isObject(data) ? data : {};
  const inner = Object.hasOwn(group, first) ? group[first] : undefined;
  const kept = Object.entries(group).filter(([key]) => key !== first);
  return Object.fromEntries([...kept, [first, withEdit(inner ?? null, rest, change)]]);
}
