/** A home and a project in a temp folder, and what the importer makes of what is there; in this process. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ChangeFate, ConfigChange, ConfigHost } from "../../core/contract/host.ts";
import type { Mode } from "../../core/permission/modes.ts";
import { parseRules, type Rule } from "../../core/permission/rules/rules.ts";
import { type AgentName, agents } from "../../plugins/import/agents.ts";
import type { Finding } from "../../plugins/import/findings.ts";
import { settle } from "../../plugins/import/settle.ts";
import { toolList } from "../permission/start.ts";

export interface ImportPlace {
  root: string;
  home: string;
  project: string;
  outside: string;
  remove(): Promise<void>;
}

export async function makePlace(): Promise<ImportPlace> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "gantry-import-")));
  const place = { root, home: join(root, "home"), project: join(root, "home/work/app"), outside: join(root, "outside") };
  await Promise.all([mkdir(join(place.project, ".git"), { recursive: true }), mkdir(place.outside)]);
  return { ...place, remove: async () => await rm(root, { recursive: true, force: true }) };
}

export async function put(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
}

/** What the importer asks of Gantry's config, answered by the grammar of rules alone: fast enough for a law. */
function rulesOnly({ home, project }: ImportPlace): ConfigHost {
  const base = { user: join(home, ".config/gantry"), project, local: project };
  const fateOf = ({ key, value }: ConfigChange, layer: keyof typeof base): ChangeFate => {
    const behavior = behaviors.find((one) => key === `permissions.${one}`);
    if (behavior === undefined) return { state: "new", problems: [] };
    const lines = (Array.isArray(value) ? value : []).map((rule) => ({
      behavior,
      rule: String(rule),
      source: "x:1",
      base: base[layer],
    }));
    const { problems } = parseRules(lines, toolList);
    return { state: problems.some(({ severity }) => severity !== "warning") ? "refused" : "new", problems };
  };
  const tryChange: ConfigHost["tryChange"] = async (changes, layer) => {
    return { file: layer, exists: false, fates: changes.map((change) => fateOf(change, layer)) };
  };
  return { tryChange } as Partial<ConfigHost> as ConfigHost;
}

const behaviors = ["allow", "ask", "deny"] as const;

export interface Imported {
  mode: Mode;
  rules: Rule[];
  folders: string[];
  findings: Finding[];
}

/** The rules, mode and folders that the importer would write, over all layers. */
export async function imported(agent: AgentName, place: ImportPlace): Promise<Imported> {
  const read = await agents[agent].read();
  const { findings: found } = await read({
    home: place.home,
    project: place.project,
    env: {},
    system: join(place.root, "etc"),
  });
  const { findings, plans } = await settle(found, rulesOnly(place));
  const changes = plans.flatMap(({ layer, changes: own }) => own.map((change) => ({ ...change, layer })));
  const lines = changes.flatMap(({ key, value, layer }) => {
    const behavior = behaviors.find((one) => key === `permissions.${one}`);
    if (behavior === undefined || !Array.isArray(value)) return [];
    const base = layer === "user" ? join(place.home, ".config/gantry") : place.project;
    return value.map((rule) => ({ behavior, rule: String(rule), source: `${layer}:1`, base }));
  });
  const mode = changes.findLast(({ key }) => key === "permissions.mode")?.value;
  return {
    mode: (mode ?? "default") as Mode,
    rules: parseRules(lines, toolList).rules,
    folders: changes.filter(({ key }) => key === "permissions.additionalDirectories").flatMap(({ value }) => value as string[]),
    findings,
  };
}
