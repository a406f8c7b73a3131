/**
 * What the product's own commands may use of the product: one part per host.* permission kind. A plugin whose grants
 * lack a kind meets PERMISSION_DENIED when it touches that part.
 */
import type { DecidedBy, EventData, SessionEvent } from "./events.ts";
import type { GuestFacts, GuestLimits } from "./guest.ts";
import type { Verdict } from "./hooks.ts";
import type { InstalledPlugin, PluginScope } from "./installed.ts";
import type { PluginManifest, ToolManifest } from "./manifest.ts";
import type { McpHost, ToolEnd } from "./mcp-host.ts";
import type { Json, JsonObject } from "./messages.ts";
import type { Grants, PermissionKind } from "./permissions.ts";
import type { ServeHost } from "./serve.ts";
import type { SurfaceHost } from "./surface.ts";

export interface SessionSummary {
  id: string;
  project: string;
  /** The first line of the first input. */
  title: string;
  createdAt: string;
  updatedAt: string;
  events: number;
  turns: number;
  model: string;
  /** Set while another process holds it. */
  lockedBy?: { pid: number; host: string };
  /** Why its log could not be read; the rest is then empty. */
  broken?: string;
}

export interface VerifyReport {
  id: string;
  ok: boolean;
  events: number;
  /** Line numbers are 1-based. */
  problems: { line: number; what: string }[];
}

export interface SessionsHost {
  /** Newest first; of this project unless `all`. */
  list(options: { all: boolean }): Promise<SessionSummary[]>;
  /**
   * By id, unique prefix, or `last`; `events` go up to the first of the `problems`. SESSION_NOT_FOUND, SESSION_AMBIGUOUS,
   * SESSION_BROKEN when not even the first line can be read.
   */
  read(reference: string): Promise<{ summary: SessionSummary; events: SessionEvent[]; problems: VerifyReport["problems"] }>;
  verify(reference: string | undefined): Promise<VerifyReport[]>;
}

/** Where a value came from: `file:line`, an environment variable, a flag, or `default`. */
export interface ConfigSource {
  layer: "default" | "user" | "project" | "local" | "env" | "flag" | "managed";
  source: string;
}

export interface ConfigExplanation {
  key: string;
  value: Json;
  from: ConfigSource;
  /** Lower layers' values that this one hides, nearest first. */
  hidden: { value: Json; from: ConfigSource }[];
  /** For joined lists: each element and where it is from. */
  elements?: { value: Json; from: ConfigSource }[];
  description: string;
  note?: string;
}

export interface ConfigProblem {
  code: string;
  /** `warning`: what it is about is left out, or has nothing to do in this build, and a run goes on. Absent: a run stops. */
  severity?: "warning";
  message: string;
  file?: string;
  line?: number;
  key?: string;
  hint?: string;
}

/** One hook handler as a config file declares it; core/config-hooks looks whether it can work. */
export interface DeclaredHook {
  /** As written, known or not. */
  event: string;
  matcher?: Json;
  handler: Json;
  layer: ConfigSource["layer"];
  /** `file:line` of the handler, a variable, or a flag. */
  source: string;
  /** Absolute folder of the declaring project or file. */
  base: string;
}

export interface TrustStatus {
  project: string;
  state: "trusted" | "untrusted" | "changed" | "nothing-to-trust";
  /** Plain words: what the project's files would have used. */
  parts: { what: string; source: string }[];
}

export interface ConfigChange {
  /** Dotted. */
  key: string;
  how: "set" | "add";
  /** For `add`: the elements. */
  value: Json;
}

/** What a change would meet, before anything is written. */
export interface ChangeFate {
  /**
   * `new`: it would be written. `held`: the layer's file says just that, at `place`. `taken`: it sets the key otherwise, at
   * `place`. `refused`: the config would be wrong with it, or the key is locked.
   */
  state: "new" | "held" | "taken" | "refused";
  place?: string;
  /** Of `new` ones warnings: what would have nothing to work on in this build. Lines are those of no file. */
  problems: ConfigProblem[];
}

export interface ConfigHost {
  /** As the user's shell gave it: other programs are told by it where their own configs are. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  effective(): Promise<JsonObject>;
  /** Writes one key into a layer's file, comments and formatting kept. CONFIG_*, CONFIG_LOCKED; the place, `file:line`. */
  set(key: string, value: string, layer: "user" | "project" | "local"): Promise<string>;
  /** Takes one key out. CONFIG_KEY_UNKNOWN when the layer does not have it; the file. */
  unset(key: string, layer: "user" | "project" | "local"): Promise<string>;
  /**
   * Several keys of one layer's file at once, all or none: a value set, or elements added to a list that lacks them.
   * CONFIG_*, CONFIG_LOCKED, with every problem. The places, `file:line`, in the order of the changes; a change that the file
   * holds already has its place too.
   */
  change(changes: readonly ConfigChange[], layer: "user" | "project" | "local"): Promise<string[]>;
  /**
   * What `change` would meet: one fate for each change, and the layer's file; `linkedTo` where that is a link, or in a linked
   * folder. CONFIG_* where the file cannot be changed at all.
   */
  tryChange(
    changes: readonly ConfigChange[],
    layer: "user" | "project" | "local",
  ): Promise<{ file: string; exists: boolean; linkedTo?: string; fates: ChangeFate[] }>;
  explain(key: string): Promise<ConfigExplanation>;
  problems(): Promise<ConfigProblem[]>;
  schema(): Promise<JsonObject>;
  paths(): Promise<{ layer: string; path: string; exists: boolean }[]>;
  trust(action: "status" | "grant" | "revoke"): Promise<TrustStatus>;
  /** Writes a starter config into the project root; CONFIG_INVALID when there is one. Its path. */
  writeStarter(): Promise<string>;
}

/** One permission rule, used or not. */
export interface RuleFacts {
  behavior: "allow" | "ask" | "deny";
  rule: string;
  source: string;
  /** `untrusted` waits for trust in the project; `absent` names a known tool that is not in this build. */
  state: "ready" | "untrusted" | "absent" | "wrong";
  problem?: string;
}

/** What would be decided about a call, and by whom. Built-in judges are asked; hooks of a config are named, not run. */
export interface CallExplanation {
  call: string;
  tool: string;
  mode: string;
  /** `file:line`, a flag, or `default`. */
  modeSource: string;
  verdict: Verdict;
  by: DecidedBy;
  reason: string;
  /** Each command and each redirection of a shell line, in the order written; for other calls the call itself. */
  parts: { text: string; verdict: Verdict; by: DecidedBy; reason: string }[];
  /** Hooks, and taps on tool.ask, that also see such a call when it is made, with their places. */
  judges: string[];
  /** One sentence each: rules and modes that would lead to another verdict. */
  wouldChange: string[];
}

export interface PermissionTestResult {
  call: string;
  expect: Verdict;
  got: Verdict;
  reason: string;
  source: string;
  ok: boolean;
}

export interface PermissionsHost {
  /** `problems`: why files or parts of the config were not read, so that rules may be missing here. */
  list(): Promise<{ mode: string; modeSource: string; rules: RuleFacts[]; problems: ConfigProblem[] }>;
  /** `Bash(git push)`, `Read(src/a.ts)`, or a tool's name. RULE_INVALID, TOOL_UNKNOWN; CONFIG_* where no run would start. */
  explain(call: string): Promise<CallExplanation>;
  /** Runs `permissions.tests` of every layer. CONFIG_*, RULE_INVALID where no run would start. */
  test(): Promise<PermissionTestResult[]>;
  /** What is wrong with the config and stops no run. */
  warnings(): Promise<ConfigProblem[]>;
}

/** One hook of a config file, as `hooks list` shows it. */
export interface HookFacts {
  event: string;
  /** The points of the hook table it is a tap of. */
  points: string[];
  matcher?: string;
  if?: string;
  type: string;
  /** The command line, the URL, or the prompt's first line. */
  what: string;
  source: string;
  /** 1-based place in the order of its event. */
  order: number;
  /** `broken` and `untrusted` hooks do not run. `unmatched`: ready, and has not matched in the sessions looked at. */
  state: "ready" | "unmatched" | "untrusted" | "broken";
  problem?: string;
  timeoutSeconds: number;
  onFailure: "block" | "continue";
  last?: { at: string; sessionId: string; outcome: string; ms: number; message?: string };
  /** Milliseconds of one run: the median of the runs looked at, else an estimate for its kind. */
  costMs: { ms: number; measured: boolean };
}

export interface TapFacts {
  point: string;
  kind: string;
  tap: string;
  stage: number;
  tools?: string[];
}

/** One hook run against an input, outside any session. */
export interface HookTrial {
  source: string;
  what: string;
  outcome: "ok" | "changed" | "allow" | "ask" | "deny" | "failed" | "timeout";
  /** What it would have done, in plain words. */
  decision: string;
  ms: number;
  exit?: number;
  stdout: string;
  stderr: string;
  /** What of its output does not fit the format. */
  violations: string[];
}

export interface HooksHost {
  /** `problems`: why files or parts of the config were not read, so that hooks may be missing here. */
  list(): Promise<{ hooks: HookFacts[]; taps: TapFacts[]; problems: ConfigProblem[] }>;
  /** For an input of this event: which hooks would run, in order, and why each other would not. HOOK_EVENT_UNKNOWN. */
  explain(
    event: string,
    about: { tool?: string; input?: JsonObject },
  ): Promise<{ event: string; input: JsonObject; each: { hook: HookFacts; runs: boolean; why: string }[] }>;
  /** Runs the hooks that match, for real. HOOK_EVENT_UNKNOWN, TRUST_REQUIRED. */
  test(event: string, about: { tool?: string; input?: JsonObject }): Promise<{ input: JsonObject; trials: HookTrial[] }>;
  /** hook.fired events of a session, in order; `last` without a reference. SESSION_*. */
  trace(reference: string | undefined): Promise<{ sessionId: string; fired: (EventData["hook.fired"] & { at: string })[] }>;
}

/** A permission in plain words, with its reach, for consent and `inspect`. */
export interface GrantWords {
  kind: PermissionKind;
  scope: Json;
  /** "may send anything it reads under ./notes to api.example.com" */
  words: string;
  /** Worth a second look: a reach beyond the workspace, a program, a judge. */
  isWide: boolean;
}

/** What an install or update would do, before anything of it is in force. */
export interface PluginPlan {
  name: string;
  version: string;
  scope: PluginScope;
  spec: string;
  resolved: string;
  sha512: string;
  bundleBytes: number;
  manifest: PluginManifest;
  asks: GrantWords[];
  /** Combinations that say more than each permission alone. */
  together: string[];
  /** Tools it can stop, moments it sees: what its taps mean for the user. */
  taps: string[];
  contributes: { tools: string[]; commands: string[]; taps: string[]; providers: string[] };
  /** What surrounds it on this machine, in words. */
  isolation: string;
  /** The installed one that it replaces, and what is different. */
  replaces?: {
    version: string;
    sha512: string;
    moreAsks: GrantWords[];
    fewerAsks: GrantWords[];
    contributions: { added: string[]; removed: string[] };
  };
  /** What the user said yes to before, about a plugin from the same source. */
  granted: Grants;
  /** What is asked beyond that; of an update, what is asked beyond the asks of the one it replaces and is not held. */
  missing: GrantWords[];
  /** Worth a warning before anything is answered. */
  warnings: string[];
  /** All of it in plain words, as it is shown before it is answered. */
  text: string;
}

/** A plan, and the two ends it can have. */
export type OpenPlugin = PluginPlan & {
  /** Puts it in force, with what of `grants`, and of what was granted before when that is kept, it asks for. PLUGIN_STORE_FAILED. */
  commit(grants: Grants, options: { keepGranted: boolean }): Promise<void>;
  /** Nothing of it stays. */
  drop(): Promise<void>;
};

/** Grants as a command line says them. */
export interface GrantCover {
  /** What of the asks is not covered, in words, and as flags that would. */
  missing: GrantWords[];
  flags: string[];
  /** What was given and is not asked for. */
  beyond: GrantWords[];
}

/** One installed plugin, with what its guests did so far. */
export interface PluginFacts extends InstalledPlugin {
  tier: GuestFacts["tier"];
  notEnforced: string[];
  words: GrantWords[];
  uses: Partial<Record<PermissionKind, { count: number; lastAt: string }>>;
  calls: number;
  crashes: number;
  refusals: number;
  /** Highest seen. */
  rssMiB: number;
  cpuSeconds: number;
  lastProblem?: { at: string; code: string; message: string };
  limits: GuestLimits;
  options: JsonObject;
  required: boolean;
}

export interface PluginsHost {
  list(): Promise<PluginFacts[]>;
  /** PLUGIN_NOT_INSTALLED names the nearest. */
  inspect(name: string): Promise<PluginFacts & { log: string[] }>;
  /**
   * Fetches, bundles, evaluates: a spec, an installed plugin's own spec again (`update`), or one that waits for an answer
   * (`waiting`, whose bytes are in the project). Nothing is in force before `commit`; without one, or after a kill, nothing of it
   * stays. PLUGIN_*, NAME_TAKEN.
   */
  plan(request: { spec?: string; update?: string; waiting?: string; scope: PluginScope }): Promise<OpenPlugin>;
  /** Plugins whose bytes this user has not answered about: of a project's lock, as a rule. */
  waiting(): Promise<InstalledPlugin[]>;
  /** GRANT_INVALID with every problem at once. */
  readGrants(flags: readonly string[]): Grants;
  cover(asks: readonly GrantWords[], given: Grants): GrantCover;
  /** Of the project when it has one of the name, else the user's own. PLUGIN_NOT_INSTALLED. The scope it was removed from. */
  uninstall(name: string, options: { scope?: PluginScope; keepData: boolean }): Promise<PluginScope>;
  setEnabled(name: string, enabled: boolean): Promise<void>;
  /** Effective at once, in sessions that run too: first what is given, then what is taken. GRANT_INVALID. */
  changeGrants(name: string, change: { grant: readonly string[]; revoke: readonly string[] }): Promise<PluginFacts>;
  /** Hashes the bytes again. */
  verify(name?: string): Promise<{ name: string; scope: PluginScope; ok: boolean; problem?: string }[]>;
  /** In the user's own scope: bundled anew when files of the folder change. */
  link(folder: string): Promise<OpenPlugin>;
  create(name: string, folder: string): Promise<{ folder: string; files: string[] }>;
  /** What is wrong with a plugin's folder, all at once; its plan when nothing is. */
  validate(folder: string): Promise<{ problems: ConfigProblem[]; plan?: PluginPlan }>;
  /** Runs the plugin's own tests against the built product. */
  test(folder: string, options?: { onOutput?(text: string): void }): Promise<{ exitCode: number; output: string }>;
  /** Asks the user on the terminal; undefined when nobody can be asked. */
  ask?(question: string, choices: readonly string[]): Promise<string>;
}

export interface ToolsHost {
  list(): Promise<(ToolManifest & { plugin: string })[]>;
  /** What is wrong with the config, whose rules decide which of the tools are offered. */
  problems(): Promise<ConfigProblem[]>;
  /** Names of the configured MCP servers; their tools are not in the list, because nothing is started for it. */
  servers(): Promise<{ usable: string[]; waiting: string[]; disabled: string[] }>;
  /** By exact name. TOOL_UNKNOWN names the nearest. For a tool of an MCP server that server is started. MCP_*. */
  find(name: string): Promise<ToolManifest & { plugin: string }>;
  /** Through the dispatcher: rules, judges, approval, thread, log. TOOL_UNKNOWN. */
  call(name: string, input: JsonObject): Promise<ToolEnd>;
}

export interface RunHost {
  /** How a user calls this build again, such as `npx gantry`. */
  readonly self: string;
  /** Program and first arguments that start this very build again, for child processes. */
  readonly program: readonly string[];
  /** Absolute folder of the data files that ship with the asking plugin: its own `data/`, copied by the build. Read only. */
  readonly dataFolder: string;
  /**
   * A session of its own in a runtime of its own, shown on the terminal as `gantry run` shows it. `env` is all that
   * providers and tools see besides PATH, HOME and the XDG folders; `answer` is asked what a user would be asked.
   */
  converse(options: {
    cwd: string;
    env: Record<string, string>;
    prompt: string;
    model: string;
    answer(question: { tool: string; subject: string }): "yes" | "no";
  }): Promise<{ sessionId: string; exit: number; text: string }>;
}

export interface Host {
  readonly sessions: SessionsHost;
  readonly config: ConfigHost;
  readonly permissions: PermissionsHost;
  readonly hooks: HooksHost;
  readonly plugins: PluginsHost;
  readonly tools: ToolsHost;
  readonly run: RunHost;
  readonly mcp: McpHost;
  readonly serve: ServeHost;
  readonly surface: SurfaceHost;
}
