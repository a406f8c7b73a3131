/**
 * A fragment is what one place says about the config: a file, a variable, a flag. It falls apart into entries, one for each
 * value and one for each element of a list, and each knows where it is written.
 */
import { isAbsolute, join, resolve } from "node:path";
import type { ConfigSource } from "../core/contract/host.ts";
import type { Json } from "../core/contract/messages.ts";
import { findMode } from "../core/contract/modes.ts";
import { isObject, type KeyPath } from "./data.ts";
import { handlersOf } from "./hook-entries.ts";
import { settingAt } from "./plugin-entries.ts";

export { isObject, type KeyPath } from "./data.ts";

export interface Fragment {
  layer: ConfigSource["layer"];
  data: Json;
  /** The file, or the name of the variable or flag. */
  name: string;
  /** 1-based line of a key path in a file; undefined for variables and flags. */
  lineOf(path: KeyPath): number | undefined;
  /** Absolute folder that `/…` rules and relative folders of this fragment start from. */
  base: string;
}

export interface Entry {
  /** Dotted key of a value; all elements of a list have the list's key. */
  key: string;
  value: Json;
  from: ConfigSource;
  base: string;
  isElement: boolean;
  /** From a file in another agent's format. */
  imported?: true;
  /** The word in the file, where `value` is our name for it. */
  written?: string;
}

export const byDefault: ConfigSource = { layer: "default", source: "default" };

/** One value at one key, from a flag or a variable. */
export function fragmentAt(from: Pick<Fragment, "layer" | "name" | "base">, path: readonly string[], value: Json): Fragment {
  const data = path.toReversed().reduce<Json>((inner, part) => Object.fromEntries([[part, inner]]), value);
  return { ...from, data, lineOf: () => undefined };
}

/** `file:line`, the variable or the flag. */
export function sourceOf(fragment: Fragment, path: KeyPath): string {
  const line = fragment.lineOf(path);
  return line === undefined ? fragment.name : `${fragment.name}:${line}`;
}

/** The entries of checked data, in the order written. */
export function entriesOf(fragment: Fragment, home: string): Entry[] {
  const entries: Entry[] = [];
  const walk = (value: Json, path: KeyPath): void => {
    if (isObject(value) && path.length === 1 && path[0] === "hooks") {
      for (const { event, path: at, value: group } of handlersOf(value)) {
        const from = { layer: fragment.layer, source: sourceOf(fragment, at) };
        entries.push({ key: `hooks.${event}`, value: group, from, base: fragment.base, isElement: true });
      }
    } else if (path.length === 2 && path[0] === "mcpServers") {
      // One server is one value: a higher layer never adds to what another one starts.
      entries.push(entry(value, path, false));
    } else if (isObject(value)) {
      for (const [key, inner] of Object.entries(value)) if (key !== "$schema") walk(inner, [...path, key]);
    } else if (Array.isArray(value)) {
      for (const [index, element] of value.entries()) entries.push(entry(element, [...path, index], true));
    } else {
      entries.push(entry(value, path, false));
    }
  };
  const entry = (value: Json, path: KeyPath, isElement: boolean): Entry => {
    const key = keyOf(path);
    const from = { layer: fragment.layer, source: sourceOf(fragment, path) };
    return { key, from, base: fragment.base, isElement, ...normalised(key, value, fragment.base, home) };
  };
  walk(fragment.data, []);
  return entries;
}

/** Dotted, without the places of elements in their lists. */
export function keyOf(path: KeyPath): string {
  return path.filter((part) => typeof part === "string").join(".");
}

function normalised(key: string, value: Json, base: string, home: string): { value: Json; written?: string } {
  if (key === "plugins") return { value: settingAt(value, base, home) };
  if (typeof value !== "string") return { value };
  if (key === "permissions.additionalDirectories") return { value: folder(value, base, home) };
  const mode = key === "permissions.mode" ? findMode(value) : undefined;
  return mode === undefined || mode === value ? { value } : { value: mode, written: value };
}

function folder(text: string, base: string, home: string): string {
  if (text === "~" || text.startsWith("~/")) return join(home, text.slice(1));
  return isAbsolute(text) ? resolve(text) : resolve(base, text);
}
