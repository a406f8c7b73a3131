/** Commands, agents, skills and the like of Claude Code: counted and named, because this build has nothing that runs them. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { type Finding, type FindingKind, type Layer, notInThisBuild } from "../findings.ts";

const kinds: readonly { folder: string; kind: FindingKind; noun: string; isFolder?: boolean }[] = [
  { folder: "commands", kind: "command", noun: "command" },
  { folder: "agents", kind: "agent", noun: "agent" },
  { folder: "skills", kind: "skill", noun: "skill", isFolder: true },
  { folder: "output-styles", kind: "other", noun: "output style" },
  { folder: "workflows", kind: "other", noun: "workflow" },
];

/** Of one folder `.claude`. */
export async function extraFindings(folder: string, layer: Layer): Promise<Finding[]> {
  const all = await Promise.all(
    kinds.map(async ({ folder: name, kind, noun, isFolder = false }) => {
      const names = await namesIn(path.join(folder, name), isFolder);
      if (names.length === 0) return [];
      const what = `${names.length} ${noun}${names.length === 1 ? "" : "s"}: ${names.join(", ")}`;
      const why = `This build has no ${noun}s in files.`;
      return [notInThisBuild({ source: `${path.join(folder, name)}:1`, layer, kind, what, why })];
    }),
  );
  return all.flat();
}

async function namesIn(folder: string, isFolder: boolean): Promise<string[]> {
  const found = await readdir(folder, { recursive: true }).catch(() => []);
  const wanted = isFolder ? /(?:^|\/)([^/]+)\/SKILL\.md$/ : /^(.+)\.md$/;
  return found.flatMap((name) => wanted.exec(name)?.[1] ?? []).toSorted();
}
