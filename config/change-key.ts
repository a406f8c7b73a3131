/**
 * `config set` and `config unset`: one key of one layer's file, the rest of the file as it was.
 */
import { changeFile, type FileEdit } from "./change-file.ts";
import { findChange, refuseAbsent } from "./change-value.ts";
import type { HostParts } from "./host.ts";

export interface KeyChange {
  key: string;
  /** As typed; absent: the key is taken out. */
  value?: string;
  layer: "user" | "project" | "local";
}

/** `file:line` of what was set, or the file something was taken out of. CONFIG_*, CONFIG_LOCKED. */
export async function changeKey(change: KeyChange, parts: HostParts): Promise<string> {
  const { path, edit } = findChange(change);
  const edits: FileEdit[] = [{ key: change.key, path, edit }];
  const { file, places } = await changeFile(edits, change.layer, parts);
  const [place] = places;
  if (place === undefined) refuseAbsent(change.key, file);
  return change.value === undefined ? file : place;
}
