/**
 * Codex CLI. Order of work: the files of each layer, from the lowest; then what each says, with the words of lower files where two
 * keys have a meaning only together. Sources: developers.openai.com/codex (config-basic, config-reference, rules, hooks, mcp).
 */
import path from "node:path";
import { ended } from "../fields.ts";
import type { AgentConfig, Finding, Layer, Place, SourceState } from "../findings.ts";
import { filesIn, mostFiles } from "../folder.ts";
import { parseJsonSource } from "../json-source.ts";
import { readSourceText } from "../source-file.ts";
import { readTable, type Table, valueAt } from "../table.ts";
import { parseTomlSource } from "../toml-source.ts";
import { type HooksPlace, hookFindings } from "./hooks.ts";
import { requirementFindings } from "./requirements.ts";
import { restFindings } from "./rest.ts";
import { readRules } from "./rules.ts";
import { type Approval, settingsFindings } from "./settings.ts";

interface Folder {
  layer: Layer;
  path: string;
  /** A project's: no link may lead out of it. */
  within?: string;
}

export async function readCodex(place: Place): Promise<AgentConfig> {
  const { CODEX_HOME } = place.env;
  const home = CODEX_HOME === undefined || CODEX_HOME === "" ? path.join(place.home, ".codex") : path.resolve(CODEX_HOME);
  const folders: Folder[] = [
    { layer: "user", path: "/etc/codex" },
    { layer: "user", path: home },
    { layer: "project", path: path.join(place.project, ".codex"), within: place.project },
  ];
  // In the home folder the project's would be the user's own file again.
  const chosen = folders.filter(
    ({ layer, path: folder }) => (place.scope ?? layer) === layer && (layer === "user" || folder !== home),
  );
  const files: SourceState[] = [];
  const findings: Finding[] = [];
  let below: Approval = { policy: undefined, sandbox: undefined };
  let isOff = false;
  for (const folder of chosen) {
    const table = await readTable(path.join(folder.path, "config.toml"), { parse: parseTomlSource, ...within(folder), files });
    if (table !== undefined) {
      const said = settingsFindings(table, { layer: folder.layer, home: place.home, below });
      below = said.approval;
      isOff = switchOf(table) ?? isOff;
      findings.push(...said.findings, ...hookFindings(table.data["hooks"], hooksPlace(table, folder, isOff)));
    }
    findings.push(...(await hooksFile(folder, { files, isOff })), ...(await rulesFiles(folder, files)));
    if (folder.path === "/etc/codex") findings.push(...(await requirementsFile(folder, files)));
    else findings.push(...(await restFindings(folder.path, { layer: folder.layer, place })));
  }
  return { agent: "Codex", files, findings: ended(findings) };
}

function within(folder: Folder): { within?: string } {
  return folder.within === undefined ? {} : { within: folder.within };
}

/** Whether the file switches hooks off; undefined where it says nothing. */
function switchOf({ data }: Table): boolean | undefined {
  const said = valueAt(data, "features", "hooks") ?? valueAt(data, "features", "codex_hooks");
  return typeof said === "boolean" ? !said : undefined;
}

function hooksPlace(table: Table, { layer }: Folder, isOff: boolean): HooksPlace {
  return { layer, isOff, sourceOf: (inner) => `${table.path}:${table.lineOf(["hooks", ...inner])}` };
}

async function hooksFile(folder: Folder, { files, isOff }: { files: SourceState[]; isOff: boolean }): Promise<Finding[]> {
  const parse = (text: string) => parseJsonSource(text);
  const table = await readTable(path.join(folder.path, "hooks.json"), { parse, ...within(folder), files });
  return table === undefined ? [] : hookFindings(table.data["hooks"], hooksPlace(table, folder, isOff));
}

async function requirementsFile(folder: Folder, files: SourceState[]): Promise<Finding[]> {
  const table = await readTable(path.join(folder.path, "requirements.toml"), { parse: parseTomlSource, files });
  return table === undefined ? [] : requirementFindings(table, folder.layer);
}

async function rulesFiles(folder: Folder, files: SourceState[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  const names = await filesIn(path.join(folder.path, "rules"), /\.rules$/);
  for (const file of names.slice(0, mostFiles)) {
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
  if (names.length > mostFiles)
    files.push({
      path: path.join(folder.path, "rules"),
      state: "broken",
      problem: `${path.join(folder.path, "rules")}:1: it has ${names.length} files; at most ${mostFiles} are read`,
    });
  return findings;
}
