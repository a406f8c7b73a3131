/** Commands, agents, skills and the like of Claude Code: counted and named, because this build has nothing that runs them. */
import path from "node:path";
import { type Finding, type FindingKind, type Layer, notInThisBuild } from "../findings.ts";
import { listFiles } from "../folder.ts";

const kinds: readonly { folder: string; kind: FindingKind; noun: string; isFolder?: boolean }[] = [
  { folder: "commands", kind: "command", noun: "command" },
  { folder: "agents", kind: "agent", noun: "agent" },
  { folder: "skills", kind: "skill", noun: "skill", isFolder: true },
  { folder: "output-styles", kind: "other", noun: "output style" },
  { folder: "workflows", kind: "other", noun: "workflow" },
];

/** Of one folder `.claude`; no link leads out of `within`. */
export async function extraFindings(folder: string, layer: Layer, within: string): Promise<Finding[]> {
  const all = await Promise.all(
    kinds.map(async ({ folder: name, kind, noun, isFolder = false }) => {
      const place = path.join(folder, name);
      const { files, problem } = await listFiles(place, { ending: /\.md$/, depth: 3, within });
      const wanted = isFolder ? /(?:^|\/)([^/]+)\/SKILL\.md$/ : /^(.+)\.md$/;
      const names = files.flatMap((file) => wanted.exec(file)?.[1] ?? []);
      if (names.length === 0 && problem === undefined) return [];
      const what = `${names.length} ${noun}${names.length === 1 ? "" : "s"}${names.length === 0 ? "" : ": "}${names.join(", ")}`;
      const why = `This build has no ${noun}s in files.${problem === undefined ? "" : ` ${problem}.`}`;
      return [notInThisBuild({ source: `${place}:1`, layer, kind, what, why })];
    }),
  );
  return all.flat();
}
