/** Claw Code: its five config files, lowest first, and what lies beside them. */
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { extraFindings } from "../claude/extras.ts";
import { stateOf } from "../claude/read.ts";
import { type AgentConfig, type Finding, instructionFinding, type Layer, notMapped, type Place } from "../findings.ts";
import { parseJsonSource } from "../json-source.ts";
import { shownText } from "../shown.ts";
import { readSource, type SourceFile } from "../source-file.ts";
import { clawFaults, clawFindings, modePlace } from "./settings.ts";

interface ClawFile {
  path: string;
  layer: Layer;
  within?: string;
}

export async function readClaw(place: Place): Promise<AgentConfig> {
  const { project, scope } = place;
  const folder = await configFolderOf(place);
  const places = clawPlaces(place, folder);
  const files = await Promise.all(
    places.map(async ({ path: file, within }) => checked(await readSource(file, parseJsonSource, within))),
  );
  const modeAt = modePlace(files);
  const found = places.flatMap(({ layer }, at) => {
    const file = files[at];
    return file?.state === "read" ? clawFindings(file, { layer, ...(modeAt === undefined ? {} : { modeAt }) }) : [];
  });
  const beside = [
    ...(scope === "project" ? [] : await extraFindings(folder, "user")),
    ...(scope === "user" ? [] : await extraFindings(path.join(project, ".claw"), "project")),
    ...(scope === "user" ? [] : await instructionFindings(project)),
  ];
  return { agent: "Claw Code", files: files.map(stateOf), findings: [...found, ...beside] };
}

async function configFolderOf({ home, env }: Place): Promise<string> {
  const folder = env["CLAW_CONFIG_HOME"] ?? path.join(home, ".claw");
  return await realpath(folder).catch(() => path.resolve(folder));
}

function clawPlaces({ project, scope }: Place, folder: string): ClawFile[] {
  const own: ClawFile[] = [
    { path: path.join(path.dirname(folder), ".claw.json"), layer: "user" },
    { path: path.join(folder, "settings.json"), layer: "user" },
  ];
  const ofProject: ClawFile[] = [
    { path: path.join(project, ".claw.json"), layer: "project", within: project },
    { path: path.join(project, ".claw/settings.json"), layer: "project", within: project },
    { path: path.join(project, ".claw/settings.local.json"), layer: "local", within: project },
  ];
  return [...(scope === "project" ? [] : own), ...(scope === "user" ? [] : ofProject)];
}

/** A part that may hold a no and cannot be read breaks the whole file. */
function checked(file: SourceFile): SourceFile {
  if (file.state !== "read") return file;
  const [fault] = clawFaults(file);
  if (fault === undefined) return file;
  return { path: file.path, state: "broken", problem: `${file.path}:${fault.line}: ${shownText(fault.message)}` };
}

const readByGantry = ["CLAUDE.md", "AGENTS.md"];
const others = ["CLAW.md", "CLAUDE.local.md", ".claw/CLAUDE.md", ".claw/instructions.md", ".claude/CLAUDE.md"];

async function instructionFindings(project: string): Promise<Finding[]> {
  const files = await Promise.all(
    [...readByGantry, ...others].map(async (name) => {
      const file = path.join(project, name);
      const isThere = await stat(file)
        .then((stats) => stats.isFile())
        .catch(() => false);
      if (!isThere) return [];
      const read = readByGantry.includes(name);
      const why = read ? "Gantry reads it itself." : "Gantry reads CLAUDE.md and AGENTS.md; copy it into one of them.";
      return [instructionFinding({ source: `${file}:1`, layer: "project", path: name, read, why })];
    }),
  );
  const folders = await Promise.all(
    [".claw/rules", ".claw/rules.local"].map(async (name) => await rulesIn(path.join(project, name))),
  );
  return [...files.flat(), ...folders.flat()];
}

async function rulesIn(folder: string): Promise<Finding[]> {
  const names = (await readdir(folder).catch(() => [])).toSorted();
  if (names.length === 0) return [];
  const what = `${names.length} rule file${names.length === 1 ? "" : "s"}: ${names.join(", ")}`;
  const why = "Gantry reads CLAUDE.md and AGENTS.md; copy them into one of those.";
  return [notMapped({ source: `${folder}:1`, layer: "project", kind: "instructions", what, why })];
}
