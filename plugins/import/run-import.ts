/** `gantry import`: look, settle against Gantry's config, and with --write change each layer's file at once. */
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { GantryError } from "gantry/errors";
import type { CommandContext, CommandOutput, Host } from "gantry/plugin";
import { nearest } from "../../core/contract/nearest.ts";
import { type AgentName, agents } from "./agents.ts";
import type { AgentConfig, Finding, Place } from "./findings.ts";
import { fileLines, findingLines, planLines, reportData, type Written, writtenLines } from "./report.ts";
import { isInScope } from "./scope.ts";
import { type LayerPlan, settle } from "./settle.ts";
import { warningsOf } from "./warnings.ts";
import { writeAll } from "./write.ts";

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
  const place = await placeOf(host, scope);
  const found = await read(place);
  const broken = found.files.some(({ state }) => state === "broken");
  const { findings, plans } = await settle(found.findings, host.config, scope);
  const wanted = found.findings.filter(({ layer }) => isInScope(layer, scope));
  const warnings = await warningsOf(found, { found: wanted, findings }, host.config);
  const ends = warnings.map((line) => `Warning: ${line}`);
  const shown = [...fileLines(found), "", ...findingLines(findings), ""];
  if (write && broken) return refused(found, { findings, plans, warnings }, shown);
  if (!write) {
    const would = broken || plans.length === 0 ? [] : planLines(plans);
    const data = reportData(found, findings, { plans, warnings });
    return { data, text: text([...shown, ...would, ...notWrittenNote(findings), "", ...ends]) };
  }
  const written = await writeAll(plans, host.config);
  const next = await nextLines(written, host.config);
  const data = reportData(found, findings, { plans, written, warnings });
  return { data, text: text([...shown, ...writtenLines(written, plans), ...next, "", ...ends]) };
}

function text(lines: readonly string[]): string {
  return lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd();
}

/** By its word or its whole name, in any case: `claude`, `Claude Code`. */
function agentNamed(word: string): AgentName {
  const names = Object.keys(agents) as AgentName[];
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[\s_-]/g, "");
  const name = names.find((one) => plain(one) === plain(word) || plain(agents[one].name) === plain(word));
  if (name !== undefined) return name;
  const near = nearest(word, [...names, ...names.map((one) => agents[one].name)]);
  const meant = names.find((one) => one === near || agents[one].name === near);
  const asked = meant === undefined ? "" : ` Did you mean ${meant}?`;
  throw new GantryError(
    "USAGE_INVALID",
    `${JSON.stringify(word)} is no agent that can be read.${asked} There are ${names.join(", ")}.`,
  );
}

async function placeOf({ config }: Pick<Host, "config">, scope: Wanted["scope"]): Promise<Place> {
  const { project } = await config.trust("status");
  const home = await realpath(homedir()).catch(() => homedir());
  // A home folder is never a project: its files are the user's own.
  const isHome = project === home;
  if (scope === "project" && isHome)
    throw new GantryError("USAGE_INVALID", `${home} is your home folder, and so no project; there is only --scope user`);
  const cwd = await realpath(process.cwd()).catch(() => project);
  // Every scope is read whatever is written: a yes of one counts there beside the no of the other.
  return { home, project, cwd, env: config.environment, ...(isHome ? { scope: "user" } : {}) };
}

/** What cannot be read whole may hold a no. */
function refused(
  found: AgentConfig,
  { findings, plans, warnings }: { findings: readonly Finding[]; plans: readonly LayerPlan[]; warnings: readonly string[] },
  shown: readonly string[],
): CommandOutput {
  const problems = found.files.flatMap(({ problem }) => problem ?? []);
  const message = `${problems.join("\n")}\nWhat cannot be read whole may hold a deny; nothing is written.`;
  return {
    data: reportData(found, findings, { plans, warnings }),
    text: text([...shown, `IMPORT_INVALID: ${message}`]),
    error: { code: "IMPORT_INVALID", message },
  };
}

function notWrittenNote(findings: readonly Finding[]): string[] {
  return findings.some(({ becomes }) => becomes !== undefined) ? ["Nothing is written without --write."] : [];
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
  return [...trust, "", ...lookWords(written)];
}

/** Commands that show what was written. */
function lookWords(written: readonly Written[]): string[] {
  const keys = written.flatMap(({ places }) => places.map(({ change }) => change.key));
  const commands = [
    ["permissions.", "permissions list"],
    ["hooks.", "hooks list"],
    ["mcpServers.", "mcp list"],
  ].flatMap(([start = "", command = ""]) => (keys.some((key) => key.startsWith(start)) ? [`gantry ${command}`] : []));
  return [`Look at it: ${(commands.length === 0 ? ["gantry config show"] : commands).join(", ")}`];
}
