/** A config file's text with one place of it changed. What comes out is parsed again and compared: nothing else may have changed. */
import { isDeepStrictEqual } from "node:util";
import { GantryError } from "../core/contract/errors.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import { isObject } from "./data.ts";
import { lacking } from "./list-index.ts";
import { isJsonText, type ParsedFile, parseFile } from "./parsed-file.ts";
import { elementsOf, type Spot } from "./spot.ts";

/** Undefined where there is nothing to take out. */
export async function changedText(name: string, before: string, spot: Spot, parsed: ParsedFile): Promise<string | undefined> {
  const data = parsed.data ?? {};
  const expected = changedData(data, spot);
  if (expected === undefined) return undefined;
  if (isDeepStrictEqual(expected, data)) return before;
  const edit = isJsonText(name, before) ? (await import("./json-edit.ts")).editJson : (await import("./yaml-edit.ts")).editYaml;
  const after = edit(before, spot);
  const { data: got, faults } = await parseFile(name, after);
  if (faults.length === 0 && isDeepStrictEqual(got, expected)) return after;
  const reason = "an alias, an anchor, or a value that is no object is in the way; change it by hand";
  throw new GantryError(
    "CONFIG_INVALID",
    `${name}: ${spot.path.join(".")} cannot be changed by itself (${reason}); nothing is written`,
  );
}

function changedData(data: Json, spot: Spot): Json | undefined {
  const [first, ...rest] = spot.path;
  if (first === undefined) {
    if (spot.how === "remove") return undefined;
    if (spot.how === "set") return spot.value;
    const list = Array.isArray(data) ? data : [];
    return [...list, ...lacking(elementsOf(spot), list)];
  }
  const group = isObject(data) ? data : {};
  const inner = Object.hasOwn(group, first) ? group[first] : undefined;
  if (spot.how === "remove") {
    if (inner === undefined) return undefined;
    if (rest.length === 0) return Object.fromEntries(Object.entries(group).filter(([key]) => key !== first));
    const changed = changedData(inner, { ...spot, path: rest });
    return changed === undefined ? undefined : withKey(group, first, changed);
  }
  return withKey(group, first, changedData(inner ?? (rest.length === 0 ? null : {}), { ...spot, path: rest }) ?? null);
}

function withKey(group: JsonObject, key: string, value: Json): JsonObject {
  return Object.fromEntries([...Object.entries(group).filter(([name]) => name !== key), [key, value]]);
}
