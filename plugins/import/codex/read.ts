/**
 * Codex CLI. Order of work: what bounds it; the tables of each layer, from the lowest; then what each says, with the words of lower
 * files where two keys have a meaning only together, and those of the managed file, which is the highest. Sources:
 * developers.openai.com/codex (config-basic, config-reference, rules, hooks, mcp, enterprise/managed-configuration).
 */
import path from "node:path";
import { ended, own } from "../fields.ts";
import type { AgentConfig, Finding, Layer, Place, SourceState } from "../findings.ts";
import { belowWhy, levelsOf, onlyRestricting } from "../levels.ts";
import { readTable, type Table, valueAt } from "../table.ts";
import { parseTomlSource } from "../toml-source.ts";
import { type Bounds, boundsOf, unbounded } from "./bounds.ts";
import { type Folder, hooksFile, hooksPlace, rulesFiles, within } from "./folder-files.ts";
import { hookFindings } from "./hooks.ts";
import type { Approval } from "./modes.ts";
import { requirementFindings } from "./requirements.ts";
import { restFindings } from "./rest.ts";
import { settingsFindings } from "./settings.ts";
import { isUntrusted, unknownWhy, untrustedWhy } from "./trust.ts";

interface Ground extends Folder {
  /** Its config. */
  name: string;
  /** A part of the project only. */
  isPart: boolean;
}

interface Read {
  ground: Ground;
  table: Table | undefined;
}

interface Whole {
  place: Place;
  files: SourceState[];
  bounds: Bounds;
  top: Approval;
  /** Why nothing of the project's may be taken but what restricts. */
  skipWhy: string | undefined;
}

export async function readCodex(place: Place): Promise<AgentConfig> {
  const files: SourceState[] = [];
  const { grounds, system } = groundsOf(place);
  const required = await readTable(path.join(system, "requirements.toml"), { parse: parseTomlSource, files });
  const all: Read[] = [];
  let skipWhy: string | undefined;
  for (const ground of grounds) {
    // Out of scope a file still bounds what the others say.
    const seen: SourceState[] = [];
    const reading = { parse: parseTomlSource, ...within(ground), files: seen };
    all.push({ ground, table: await readTable(path.join(ground.path, ground.name), reading) });
    if (isChosen(ground, place)) files.push(...seen);
    else if (ground.layer === "user" && seen.some(({ state }) => state === "broken")) skipWhy = unknownWhy;
  }
  const ofUser = all.flatMap(({ ground, table }) => (ground.layer === "user" && table !== undefined ? [table] : []));
  const whole: Whole = {
    place,
    files,
    bounds: required === undefined ? unbounded : boundsOf(required),
    top: topOf(all),
    skipWhy: (await isUntrusted(levelsOf(place), ofUser)) ? untrustedWhy : skipWhy,
  };
  const findings: Finding[] = required === undefined ? [] : requirementFindings(required, "user");
  const mine = place.scope === "project" ? [] : findings;
  return { agent: "Codex", files, findings: ended([...mine, ...(await groundFindings(all, whole))]) };
}

function isChosen({ layer }: Ground, { scope }: Place): boolean {
  return (scope ?? layer) === layer;
}

function groundsOf(place: Place): { grounds: Ground[]; system: string } {
  const { CODEX_HOME } = place.env;
  const home = CODEX_HOME === undefined || CODEX_HOME === "" ? path.join(place.home, ".codex") : path.resolve(CODEX_HOME);
  const system = path.join(place.system ?? "/etc", "codex");
  const user = (folder: string, name: string): Ground => ({ layer: "user", path: folder, name, isPart: false });
  const levels = levelsOf(place).map((level, at): Ground => {
    const folder = path.join(level, ".codex");
    return { layer: "project" as Layer, path: folder, within: place.project, name: "config.toml", isPart: at > 0 };
  });
  const grounds = [
    user(system, "config.toml"),
    user(home, "config.toml"),
    // In the home folder the project's would be the user's own file again.
    ...levels.filter(({ path: folder }) => folder !== home),
    user(home, managedName),
    user(system, managedName),
  ];
  return { grounds, system };
}

const managedName = "managed_config.toml";

/** What the managed files say, whatever others do. */
function topOf(all: readonly Read[]): Approval {
  const managed = all.flatMap(({ ground, table }) => (ground.name === managedName && table !== undefined ? [table] : []));
  const last = (key: string) => managed.map(({ data }) => own(data, key)).findLast((value) => value !== undefined);
  return { policy: last("approval_policy"), sandbox: last("sandbox_mode") };
}

async function groundFindings(all: readonly Read[], whole: Whole): Promise<Finding[]> {
  const { place, files, bounds, top, skipWhy } = whole;
  const findings: Finding[] = [];
  let below: Approval = { policy: undefined, sandbox: undefined };
  for (const [at, { ground, table }] of all.entries()) {
    const isManaged = ground.name === managedName;
    const isOff = isSwitchedOff(all, at) || (bounds.hooksOff && !isManaged);
    const found: Finding[] = [];
    if (table !== undefined) {
      const said = settingsFindings(table, { layer: ground.layer, home: place.home, below, top, bounds });
      below = said.approval;
      found.push(...said.findings, ...hookFindings(table.data["hooks"], hooksPlace(table, ground, isOff)));
    }
    if (!isChosen(ground, place)) continue;
    if (!isManaged) found.push(...(await hooksFile(ground, { files, isOff })), ...(await rulesFiles(ground, files)));
    if (ground.layer === "project" && skipWhy !== undefined) findings.push(...onlyRestricting(found, { why: skipWhy }));
    else if (ground.isPart) findings.push(...onlyRestricting(found, { why: belowWhy, before: findings }));
    else findings.push(...found);
    if (isBeside(ground, place)) findings.push(...(await restFindings(ground.path, { layer: ground.layer, place })));
  }
  return findings;
}

function isBeside({ name, path: folder, isPart }: Ground, place: Place): boolean {
  return name !== managedName && !isPart && folder !== path.join(place.system ?? "/etc", "codex");
}

/** Whether a file switches hooks off; undefined where it says nothing. */
function switchOf(table: Table | undefined): boolean | undefined {
  if (table === undefined) return undefined;
  const said = valueAt(table.data, "features", "hooks") ?? valueAt(table.data, "features", "codex_hooks");
  return typeof said === "boolean" ? !said : undefined;
}

/** By its own file or a lower one, and by no higher one back on; a project's counts for no other project, but a managed one for all. */
function isSwitchedOff(all: readonly Read[], at: number): boolean {
  const managed = all.filter(({ ground }) => ground.name === managedName);
  const top = managed.map(({ table }) => switchOf(table)).findLast((value) => value !== undefined);
  if (top !== undefined) return top;
  const said = all.map(({ table }) => switchOf(table));
  return said.slice(0, at + 1).findLast((value) => value !== undefined) === true && !said.slice(at + 1).includes(false);
}
