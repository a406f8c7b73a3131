/** `gantry import`: look, settle against Gantry's config, and with --write change each layer's file at once. */
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { GantryError, messageOf } from "gantry/errors";
import type { CommandContext, CommandOutput, Host } from "gantry/plugin";
import { didYouMean } from "../../core/contract/nearest.ts";
import { type AgentName, agents } from "./agents.ts";
import type { AgentConfig, Finding, Place } from "./findings.ts";
import { fileLines, findingLines, planLines, reportData, type Written, writtenLines } from "./report.ts";
import { type LayerPlan, settle } from "./settle.ts";

interface Wanted {
  agent: string;
  scope?: "user" | "project";
  write: boolean;
}

export async function runImport(
  { agent, scope, write }: Wanted,
  { host }: Pick<CommandContext, "host">,
): Promise<CommandOutput> {
  const name = agentNamed(agent);
  const read = await agents[name].read();
  const found = await read(await placeOf(host, scope));
  const broken = found.files.filter(({ state }) => state === "broken");
  const { findings, plans } = await settle(found.findings, host.config);
  if (write && broken.length > 0) return refused(found, findings, plans);
  const shown = [...fileLines(found), "", ...findingLines(findings)];
  if (!write) {
    const ends = broken.length > 0 ? [brokenWords(found.agent)] : plans.length === 0 ? [] : planLines(plans);
    return { data: reportData(found, findings, { plans }), text: text([...shown, "", ...ends, ...notWrittenNote(findings)]) };
  }
  const written = await writeAll(plans, host.config);
  const next = await nextLines(written, host.config);
  const data = reportData(found, findings, { plans, written });
  return { data, text: text([...shown, "", ...writtenLines(written), ...next]) };
}

function text(lines: readonly string[]): string {
  return lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd();
}

function agentNamed(word: string): AgentName {
  const names = Object.keys(agents) as AgentName[];
  const name = names.find((one) => one === word);
  if (name !== undefined) return name;
  const near = didYouMean(word, [...names, ...names.map((one) => agents[one].name)]);
  throw new GantryError(
    "USAGE_INVALID",
    `${JSON.stringify(word)} is no agent that can be read.${near} There are ${names.join(", ")}.`,
  );
}

async function placeOf({ config }: Pick<Host, "config">, scope: Wanted["scope"]): Promise<Place> {
  const { project } = await config.trust("status");
  const home = await realpath(homedir()).catch(() => homedir());
  // A home folder is never a project: its files are the user's own.
  const only = project === home ? "user" : scope;
  if (scope === "project" && only === "user")
    throw new GantryError("USAGE_INVALID", `${home} is your home folder, and so no project; there is only --scope user`);
  return { home, project, env: config.environment, ...(only === undefined ? {} : { scope: only }) };
}

/** What cannot be read whole may hold a no. */
function refused(found: AgentConfig, findings: readonly Finding[], plans: readonly LayerPlan[]): CommandOutput {
  const problems = found.files.flatMap(({ problem }) => problem ?? []);
  const message = `${problems.join("\n")}\nWhat cannot be read whole may hold a deny; nothing is written.`;
  return {
    data: reportData(found, findings, { plans }),
    text: text([...fileLines(found), "", ...findingLines(findings), "", `IMPORT_INVALID: ${message}`]),
    error: { code: "IMPORT_INVALID", message },
  };
}

function brokenWords(agent: string): string {
  return `--write is refused until every file of ${agent} can be read whole: what cannot be read may hold a deny.`;
}

function notWrittenNote(findings: readonly Finding[]): string[] {
  return findings.some(({ becomes }) => becomes !== undefined) ? ["Nothing is written without --write."] : [];
}

async function writeAll(plans: readonly LayerPlan[], config: Host["config"]): Promise<Written[]> {
  const written: Written[] = [];
  for (const { layer, file, changes } of plans) {
    if (changes.length === 0) continue;
    try {
      const places = await config.change(changes, layer);
      written.push({ layer, file, places: changes.map((change, at) => ({ change, place: places[at] ?? file })) });
    } catch (cause) {
      const done = written.length === 0 ? "" : `\nWritten before that: ${written.map((one) => one.file).join(", ")}.`;
      throw new GantryError("IMPORT_INVALID", `${messageOf(cause)}${done}`, { cause });
    }
  }
  return written;
}

async function nextLines(written: readonly Written[], config: Host["config"]): Promise<string[]> {
  if (written.length === 0) return [];
  const { state, parts } = await config.trust("status");
  const waits = state === "untrusted" || state === "changed";
  const ofProject = written.find(({ layer }) => layer === "project");
  const asked = ofProject === undefined ? [] : parts.filter(({ source }) => source.startsWith(`${ofProject.file}:`));
  const trust =
    waits && asked.length > 0
      ? [
          "",
          "These wait until the project is trusted (gantry trust grant):",
          ...asked.map((part) => `  ${part.what}  (${part.source})`),
        ]
      : [];
  return [...trust, "", "Look at the rules: gantry permissions list"];
}
