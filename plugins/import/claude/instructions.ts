/** Instruction files of Claude Code: which of them Gantry reads by itself, and which it does not. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { type Finding, instructionFinding, type Layer, notMapped, type Place } from "../findings.ts";
import { listFiles } from "../folder.ts";
import { readSourceText } from "../source-file.ts";

export async function instructionFindings({ home, project, scope }: Place, configFolder: string): Promise<Finding[]> {
  const own = scope === "project" ? [] : await ownFindings(configFolder);
  return [...own, ...(scope === "user" ? [] : await projectFindings(project, home))];
}

async function ownFindings(configFolder: string): Promise<Finding[]> {
  const why = "Gantry reads CLAUDE.md and AGENTS.md beside its own user config (gantry config path); copy it there.";
  const rules = await rulesFinding(
    path.join(configFolder, "rules"),
    { layer: "user", within: configFolder },
    "Copy what is in them into the user's CLAUDE.md.",
  );
  return [...(await told(path.join(configFolder, "CLAUDE.md"), "user", why)), ...rules];
}

async function projectFindings(project: string, home: string): Promise<Finding[]> {
  const root = path.join(project, "CLAUDE.md");
  const [main, hidden, local, above, rules] = await Promise.all([
    there(root).then((found) => (found ? [readByGantry(root)] : [])),
    told(path.join(project, ".claude/CLAUDE.md"), "project", "Gantry reads CLAUDE.md at the project root; move it there."),
    told(
      path.join(project, "CLAUDE.local.md"),
      "project",
      "Gantry does not read it; your own instructions stand beside your user config.",
    ),
    aboveFindings(project, home),
    rulesFinding(
      path.join(project, ".claude/rules"),
      { layer: "project", within: project },
      "Gantry does not read them; an @import in CLAUDE.md brings one in.",
    ),
  ]);
  return [...main, ...(main.length > 0 ? await importFindings(root, project) : []), ...hidden, ...local, ...above, ...rules];
}

function readByGantry(file: string): Finding {
  return instructionFinding({
    source: `${file}:1`,
    layer: "project",
    path: path.basename(file),
    read: true,
    why: "Gantry reads it itself.",
  });
}

async function told(file: string, layer: Layer, why: string): Promise<Finding[]> {
  return (await there(file))
    ? [instructionFinding({ source: `${file}:1`, layer, path: path.basename(file), read: false, why })]
    : [];
}

/** Folders above the project; Gantry reads nothing there. */
async function aboveFindings(project: string, home: string): Promise<Finding[]> {
  const folders: string[] = [];
  for (let folder = path.dirname(project); folder !== path.dirname(folder) && folder !== home; folder = path.dirname(folder))
    folders.push(folder);
  const why = "Gantry reads nothing above the project root; copy what the project needs into its CLAUDE.md.";
  return (await Promise.all(folders.map(async (folder) => await told(path.join(folder, "CLAUDE.md"), "project", why)))).flat();
}

/** `@path` outside code, which Gantry follows for texts inside the project only. */
async function importFindings(file: string, project: string): Promise<Finding[]> {
  const source = await readSourceText(file, project);
  if (source.state !== "read") return [];
  const prose = source.text
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, (code) => code.replaceAll(/[^\n]/g, " "))
    .replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/(?:^|\s)@((?:~\/|\.{0,2}\/)?[\w.-][\w./-]*)/g)].flatMap(({ 1: wanted = "", index }) => {
    const target = path.resolve(project, wanted);
    const isFollowed = !wanted.startsWith("~") && target.startsWith(project + path.sep) && /\.(?:md|txt)$/.test(wanted);
    // A name of a person or package is no path.
    if (isFollowed || !/[./]/.test(wanted)) return [];
    const line = prose.slice(0, index + 1).split("\n").length;
    const why = "Gantry follows imports of .md and .txt files inside the project only.";
    return [instructionFinding({ source: `${file}:${line}`, layer: "project", path: `@${wanted}`, read: false, why })];
  });
}

async function rulesFinding(
  folder: string,
  { layer, within }: { layer: Layer; within: string },
  why: string,
): Promise<Finding[]> {
  const { files, problem } = await listFiles(folder, { ending: /\.md$/, depth: 3, within });
  if (files.length === 0 && problem === undefined) return [];
  const what = `${files.length} rule file${files.length === 1 ? "" : "s"}${files.length === 0 ? "" : ": "}${files.join(", ")}`;
  const told = problem === undefined ? why : `${why} ${problem}.`;
  return [notMapped({ source: `${folder}:1`, layer, kind: "instructions", what, why: told })];
}

async function there(file: string): Promise<boolean> {
  return await stat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
