/** What a load of the config hands over. */

import type { Verdict } from "../core/contract/hooks.ts";
import type {
  ConfigExplanation,
  ConfigHost,
  ConfigProblem,
  ConfigSource,
  DeclaredHook,
  TrustStatus,
} from "../core/contract/host.ts";
import type { McpServerSpec, McpTransport } from "../core/contract/mcp.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import type { Environment, GantryPaths } from "./paths.ts";
import type { Config } from "./schema.ts";

/** A permission rule as written; core/permission/rules/rules.ts parses it. */
export interface RuleLine {
  behavior: "allow" | "ask" | "deny";
  rule: string;
  /** `file:line`, a variable, or a flag. */
  source: string;
  /** Absolute folder that `Tool(/…)` starts from: the project root, the user config's folder, `/` for managed, else cwd. */
  base: string;
  /** From a file in another agent's format: an allow rule that covers nothing here is left out, and a run goes on. */
  imported?: true;
}

/** What the config says about one plugin, over all layers that count. */
export interface PluginEntry {
  /** A plugin's name, or an absolute folder. */
  name: string;
  options: JsonObject;
  required: boolean;
  enabled: boolean;
  /** Of the highest layer that names it. */
  layer: ConfigSource["layer"];
  /** `file:line`, a variable, or a flag. */
  source: string;
}

/** What must be decided about a call, as `permissions.tests` says it. */
export interface PermissionTest {
  call: string;
  expect: Verdict;
  /** `file:line`, a variable, or a flag. */
  source: string;
}

/** The MCP servers of all layers. What is wrong with an entry is in `problems`, and the entry in none of these. */
export interface McpConfig {
  servers: McpServerSpec[];
  /** Of the project, which is not trusted. `what` is in plain words, without what may be secret. */
  waiting: { name: string; source: string; what: string; kind?: McpTransport["kind"] }[];
  /** `enabled: false`; `source` is who says so. */
  disabled: { name: string; source: string; what?: string; kind?: McpTransport["kind"] }[];
}

export interface LoadFlags {
  /** Replaces the user layer. */
  config?: string;
  /** `key=value`, typed by the schema. */
  set?: readonly string[];
  /** What other flags set; lists join what is there. `flag` is shown as the source, for instance `--model`. */
  overrides?: readonly { key: string; value: Json; flag: string }[];
  /** Files of servers, `{mcpServers: {…}}` or a bare map; relative ones start at the cwd. */
  mcpConfig?: readonly string[];
  /** Uses what needs trust, for this run only. */
  trust?: boolean;
}

export interface LoadOptions {
  cwd: string;
  env: Environment;
  flags: LoadFlags;
  /** Holds managed.{json,yaml}; default /etc/gantry. Never from a variable: the user may not choose who manages them. */
  managedFolder?: string;
  /** Read in place of what a layer's file says, or would say if it were there: to look at a change before it is made. */
  instead?: { layer: "user" | "project" | "local"; path: string; text: string };
}

export interface HostChecks {
  /** Every problem of a loaded config; by default its own, without the rules' and hooks' grammar. */
  problemsOf?(loaded: LoadedConfig): Promise<ConfigProblem[]>;
}

export interface LoadedConfig {
  /** Sound values only, without what waits for trust. Not to be used for a run while there are problems. */
  config: Config;
  /** The project root: absolute and real. */
  project: string;
  /** Everything wrong in any layer but the rules' own grammar, which core/config-problems.ts adds. A run stops on any. */
  problems: ConfigProblem[];
  /** `untrusted` or `changed`: `parts` were left out. With the trust flag the state is `trusted`. */
  trust: TrustStatus;
  paths: GantryPaths;
  /** Deny and ask rules of every layer, allow rules of the trusted ones; lowest layer first. */
  ruleList: RuleLine[];
  /** Allow rules of the project that wait for trust. */
  heldRules: RuleLine[];
  /** Hooks of every layer but what waits for trust; lowest layer first, in the order written for each event. */
  hookList: DeclaredHook[];
  /** Hooks of the project that wait for trust. */
  heldHooks: DeclaredHook[];
  /** Real paths of the files that the hooks of all layers name in their command lines, held ones too. */
  hookScripts: string[];
  /** Files of the project that the project's hook at `source` starts, and that changed since the load: what was trusted is gone. */
  changedScripts(source: string): string[];
  /** One per name; what waits for trust is not among them. */
  pluginEntries: PluginEntry[];
  mcp: McpConfig;
  /** Where each layer names an MCP server, held ones too. `isOwnFile`: in Gantry's own file of the layer, which commands may change. */
  mcpPlaces: { name: string; layer: ConfigSource["layer"]; source: string; isOwnFile: boolean }[];
  /** Of every layer. */
  permissionTests: PermissionTest[];
  /** Files of any layer, and scripts of the project's hooks, that are not what they were at the load: changed, new or gone. */
  changedSince(): Promise<string[]>;
  /** Where the value of a key is from. */
  sourceOf(key: string): ConfigSource;
  /** CONFIG_KEY_UNKNOWN. */
  explain(key: string): Promise<ConfigExplanation>;
  /** The config with secrets hidden. */
  effective(): JsonObject;
  /** Adds an allow rule to the local layer, for later loads; where it stands, as `file:line`. */
  rememberAlways(rule: string): Promise<string>;
  /** With `problemsOf`, set and unset refuse what it finds wrong with the config as it would be. */
  host(options?: HostChecks): ConfigHost;
}
