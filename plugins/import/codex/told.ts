/** Settings that are told and not written: models, profiles, instructions, and what is about Codex itself. */
import type { Json, JsonObject } from "gantry/plugin";
import { objectOf, otherKeys, own } from "../fields.ts";
import { type At, alreadyThere, type Finding, notMapped } from "../findings.ts";

export type Locate = (...keys: readonly (string | number)[]) => At;

const handled = new Set(
  (
    "approval_policy sandbox_mode sandbox_workspace_write permissions web_search mcp_servers shell_environment_policy hooks profile " +
    "profiles model model_provider model_providers notify projects project_doc_fallback_filenames default_permissions developer_instructions " +
    "instructions model_instructions_file experimental_instructions_file agents skills plugins"
  ).split(" "),
);

interface Around {
  at: Locate;
  home: string;
  /** The one that counts. */
  profile: Json | undefined;
}

export function toldFindings(data: JsonObject, { at, home, profile }: Around): Finding[] {
  const told: Told = (key, kind, why, what = `${key} = ${JSON.stringify(data[key])}`) =>
    Object.hasOwn(data, key) ? [notMapped({ ...at(key), kind, what: what.replaceAll(home, "~"), why })] : [];
  const first = Object.keys(data).find((key) => !handled.has(key)) ?? "";
  const others = Object.keys(data).filter((key) => !handled.has(key));
  return [
    ...modelFindings(data, told),
    ...runFindings(data, { at, told, profile }),
    ...textFindings(told),
    ...countedTables(data, at),
    ...otherKeys(at(first), others, "Codex"),
  ];
}

/** Nothing where the file has no such key. */
type Told = (key: string, kind: Finding["kind"], why: string, what?: string) => Finding[];

function modelFindings(data: JsonObject, told: Told): Finding[] {
  const why = "Gantry in this build has no provider for it; set model to one of anthropic/";
  const providers = Object.keys(objectOf(own(data, "model_providers")));
  return [
    ...told("model", "model", why),
    ...told("model_provider", "model", why),
    ...told("model_providers", "model", "Gantry has no providers by config", `model_providers: ${providers.join(", ")}`),
  ];
}

function runFindings(
  data: JsonObject,
  { at, told, profile }: { at: Locate; told: Told; profile: Json | undefined },
): Finding[] {
  const profiles = Object.keys(objectOf(own(data, "profiles"))).filter((name) => name !== profile);
  const all = Object.values(objectOf(own(data, "projects")));
  const closed = all.filter((entry) => own(objectOf(entry), "trust_level") === "untrusted").length;
  const projects = all.length - closed;
  const trust = {
    kind: "other",
    what: `trust of ${projects} ${projects === 1 ? "folder" : "folders"}`,
    why: "Gantry asks once for each project, and again when its config changes",
  } as const;
  const untrusted = {
    kind: "other",
    what: `no trust of ${closed} ${closed === 1 ? "folder" : "folders"}`,
    why: "Gantry keeps no such word: it asks before it uses a project's config, and each time that is changed",
  } as const;
  const notify = "It is started with its news as an argument; a Stop hook of Gantry is told on stdin: write one that fits";
  const chosen = "A profile is chosen for one run; Gantry has flags for that";
  const set = "Gantry's mode asks about edits and commands; nothing of the set is written but what it closes";
  return [
    ...told("notify", "hook", notify, "notify"),
    ...(profiles.length === 0 ? [] : told("profiles", "other", chosen, `profiles: ${profiles.join(", ")}`)),
    ...(projects === 0 ? [] : [alreadyThere({ ...at("projects"), ...trust })]),
    ...(closed === 0 ? [] : [notMapped({ ...at("projects"), ...untrusted })]),
    ...told("default_permissions", "mode", set),
  ];
}

function textFindings(told: Told): Finding[] {
  const names = "Gantry reads AGENTS.md and CLAUDE.md; rename the files, or import them with @NAME in AGENTS.md";
  const keys = ["developer_instructions", "instructions", "model_instructions_file", "experimental_instructions_file"];
  return [
    ...told("project_doc_fallback_filenames", "instructions", names),
    ...keys.flatMap((key) => told(key, "instructions", "Write it into AGENTS.md, which Gantry reads", key)),
  ];
}

function countedTables(data: JsonObject, at: Locate): Finding[] {
  const kinds = [
    ["agents", "agent"],
    ["plugins", "other"],
    ["skills", "skill"],
  ] as const;
  return kinds.flatMap(([key, kind]): Finding[] => {
    const names = Object.keys(objectOf(own(data, key)));
    if (names.length === 0) return [];
    const why = key === "plugins" ? "Gantry has plugins of its own" : `Gantry has no ${key} in this build`;
    return [{ kind, what: `${names.length} ${key}: ${names.join(", ")}`, ...at(key), result: "not-in-this-build", why }];
  });
}
