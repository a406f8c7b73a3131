/** What lies beside the config: instruction files, prompts, skills. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { type Finding, instructionFinding, type Layer, type Place } from "../findings.ts";
import { countedFolder } from "../folder.ts";

export async function restFindings(folder: string, { layer, place }: { layer: Layer; place: Place }): Promise<Finding[]> {
  const base = layer === "user" ? folder : place.project;
  const skills = path.join(layer === "user" ? place.home : place.project, ".agents/skills");
  const skill = {
    kind: "skill",
    words: "skills",
    ending: /(?<=^SKILL)\.md$/,
    why: "Gantry has no skills in this build",
  } as const;
  const prompt = {
    kind: "command",
    words: "prompts",
    ending: /\.md$/,
    why: "Gantry has no commands of files in this build",
  } as const;
  return [
    ...(await instructions(base, layer)),
    ...(await countedFolder(path.join(folder, "prompts"), layer, prompt)),
    ...(await countedFolder(path.join(folder, "skills"), layer, skill)),
    ...(await countedFolder(skills, layer, skill)),
  ];
}

async function instructions(base: string, layer: Layer): Promise<Finding[]> {
  const of = async (name: string, read: boolean, why: string): Promise<Finding[]> => {
    const file = path.join(base, name);
    return (await isFile(file)) ? [instructionFinding({ source: `${file}:1`, layer, path: name, read, why })] : [];
  };
  const own =
    layer === "user"
      ? "Gantry's own file for all projects is AGENTS.md in the folder of its config; copy it there"
      : "Gantry reads it at the project root and in each folder down to where it is started";
  return [
    ...(await of("AGENTS.md", layer === "project", own)),
    ...(await of("AGENTS.override.md", false, "Gantry has no file that takes the place of AGENTS.md; move what it says there")),
  ];
}

async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
