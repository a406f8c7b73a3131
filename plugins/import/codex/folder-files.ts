/** The files of one folder of Codex beside its config: `hooks.json` and `rules/*.rules`. */
import path from "node:path";
import type { Finding, Layer, SourceState } from "../findings.ts";
import { listFiles } from "../folder.ts";
import { parseJsonSource } from "../json-source.ts";
import { readSourceText } from "../source-file.ts";
import { readTable, type Table } from "../table.ts";
import { type HooksPlace, hookFindings } from "./hooks.ts";
import { readRules } from "./rules.ts";

export interface Folder {
  layer: Layer;
  path: string;
  /** A project's: no link may lead out of it. */
  within?: string;
}

export function within(folder: Folder): { within?: string } {
  return folder.within === undefined ? {} : { within: folder.within };
}

export function hooksPlace(table: Table, { layer }: Pick<Folder, "layer">, isOff: boolean): HooksPlace {
  return { layer, isOff, sourceOf: (inner) => `${table.path}:${table.lineOf(["hooks", ...inner])}` };
}

export async function hooksFile(
  folder: Folder,
  { files, isOff }: { files: SourceState[]; isOff: boolean },
): Promise<Finding[]> {
  const parse = (text: string) => parseJsonSource(text);
  const table = await readTable(path.join(folder.path, "hooks.json"), { parse, ...within(folder), files });
  return table === undefined ? [] : hookFindings(table.data["hooks"], hooksPlace(table, folder, isOff));
}

export async function rulesFiles(folder: Folder, files: SourceState[]): Promise<Finding[]> {
  const place = path.join(folder.path, "rules");
  const { files: names, problem } = await listFiles(place, { ending: /\.rules$/, ...within(folder) });
  const findings: Finding[] = [];
  for (const file of names.map((name) => path.join(place, name))) {
    const source = await readSourceText(file, folder.within);
    if (source.state === "absent") continue;
    const read = source.state === "read" ? readRules(source.text, { file, layer: folder.layer }) : undefined;
    if (source.state === "broken") files.push({ path: file, state: "broken", problem: source.problem });
    else if (read === undefined || "message" in read)
      files.push({ path: file, state: "broken", problem: `${file}:${read?.line ?? 1}: ${read?.message ?? ""}` });
    else {
      files.push({ path: file, state: "read" });
      findings.push(...read.findings);
    }
  }
  if (problem !== undefined) files.push({ path: place, state: "broken", problem });
  return findings;
}
