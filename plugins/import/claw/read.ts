/** Claw Code: its five config files, lowest first, and what lies beside them. */
import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { extraFindings } from "../claude/extras.ts";
import { stateOf } from "../claude/read.ts";
import { serverAsks } from "../claude/server-asks.ts";
import { isObject, own } from "../fields.ts";
import { type AgentConfig, type Finding, instructionFinding, type Layer, notMapped, type Place } from "../findings.ts";
import { listFiles } from "../folder.ts";
import { parseJsonSource } from "../json-source.ts";
import { belowWhy, levelsOf, onlyRestricting } from "../levels.ts";
import { overruledSaid } from "../overruled.ts";
import { shownText } from "../shown.ts";
import { readSource, type SourceFile } from "../source-file.ts";
import { clawPluginGuards } from "./plugin-guards.ts";
import { clawFaults, clawFindings, modePlace } from "./settings.ts";

interface ClawFile {
  path: string;
  layer: Layer;
  within?: string;
  /** In the folder below the root where the agent would be started: it counts there only. */
  isBelow?: boolean;
}

export async function readClaw(place: Place): Promise<AgentConfig> {
  const { project, scope } = place;
  const folder = await configFolderOf(place);
  const places = clawPlaces(place, folder);
  const files = await Promise.all(
    places.map(async ({ path: file, within }) => checked(await readSource(file, parseJsonSource, within))),
  );
  const found = places.flatMap(({ layer, isBelow }, at) => {
    const file = files[at];
    const modeAt = modePlace(
      files,
      (index) => places[index]?.isBelow !== true && (layer !== "user" || places[index]?.layer === "user"),
    );
    const own = file?.state === "read" ? clawFindings(file, { layer, ...(modeAt === undefined ? {} : { modeAt }) }) : [];
    return isBelow === true ? onlyRestricting(own, { why: belowWhy }).map(anywhere) : own;
  });
  const beside = [
    ...(await clawPluginGuards(places, files, folder)),
    ...(scope === "project" ? [] : await extraFindings(folder, "user", folder)),
    ...(scope === "user" ? [] : await extraFindings(path.join(project, ".claw"), "project", project)),
    ...(scope === "user" ? [] : await instructionFindings(project)),
  ];
  return {
    agent: "Claw Code",
    files: files.map(stateOf),
    findings: overruledSaid([...found, ...remoteAsks(found), ...beside]),
  };
}

/** There only servers that are started work, so that no tool of another one ever ran. */
function remoteAsks(found: readonly Finding[]): Finding[] {
  const remote = found.filter(({ becomes = [] }) =>
    becomes.some(({ value }) => isObject(value) && own(value, "url") !== undefined),
  );
  return serverAsks(remote, []);
}

async function configFolderOf({ home, env }: Place): Promise<string> {
  const folder = env["CLAW_CONFIG_HOME"] ?? path.join(home, ".claw");
  return await realpath(folder).catch(() => path.resolve(folder));
}

function clawPlaces(place: Place, folder: string): ClawFile[] {
  const { project, scope } = place;
  const own: ClawFile[] = [
    { path: path.join(path.dirname(folder), ".claw.json"), layer: "user" },
    { path: path.join(folder, "settings.json"), layer: "user" },
  ];
  const ofFolder = (root: string): ClawFile[] => [
    { path: path.join(root, ".claw.json"), layer: "project", within: project },
    { path: path.join(root, ".claw/settings.json"), layer: "project", within: project },
    { path: path.join(root, ".claw/settings.local.json"), layer: "local", within: project },
  ];
  const below = levelsOf(place).slice(1).flatMap(ofFolder);
  const ofProject = [...ofFolder(project), ...below.map((file) => ({ ...file, isBelow: true }))];
  return [...(scope === "project" ? [] : own), ...(scope === "user" ? [] : ofProject)];
}

/** Its paths start in another folder than the root: they are meant wherever they lie. */
function anywhere(finding: Finding): Finding {
  const { becomes = [] } = finding;
  const moved = becomes.map((change) =>
    Array.isArray(change.value)
      ? { ...change, value: change.value.map((rule) => (typeof rule === "string" ? rule.replace("(./", "(//**/") : rule)) }
      : change,
  );
  return becomes.length === 0 ? finding : { ...finding, becomes: moved };
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
    [".claw/rules", ".claw/rules.local"].map(async (name) => await rulesIn(path.join(project, name), project)),
  );
  return [...files.flat(), ...folders.flat()];
}

async function rulesIn(folder: string, project: string): Promise<Finding[]> {
  const { files, problem } = await listFiles(folder, { ending: /./, within: project });
  if (files.length === 0 && problem === undefined) return [];
  const what = `${files.length} rule file${files.length === 1 ? "" : "s"}${files.length === 0 ? "" : ": "}${files.join(", ")}`;
  const told = "Gantry reads CLAUDE.md and AGENTS.md; copy them into one of those.";
  const why = problem === undefined ? told : `${told} ${problem}.`;
  return [notMapped({ source: `${folder}:1`, layer: "project", kind: "instructions", what, why })];
}
