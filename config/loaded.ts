/** What a load of the config hands over. */
import type { ConfigExplanation, ConfigHost, ConfigProblem, ConfigSource, TrustStatus } from "../core/contract/host.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import type { Environment, GantryPaths } from "./paths.ts";
import type { Config } from "./schema.ts";

/** A permission rule as written; core/permission/rules.ts parses it. */
export interface RuleLine {
  behavior: "allow" | "ask" | "deny";
  rule: string;
  /** `file:line`, a variable, or a flag. */
  source: string;
  /** Absolute folder that `Tool(/…)` starts from: the project root, the user config's folder, `/` for managed, else cwd. */
  base: string;
}

export interface LoadFlags {
  /** Replaces the user layer. */
  config?: string;
  /** `key=value`, typed by the schema. */
  set?: readonly string[];
  /** What other flags set; lists join what is there. `flag` is shown as the source, for instance `--model`. */
  overrides?: readonly { key: string; value: Json; flag: string }[];
  /** Uses what needs trust, for this run only. */
  trust?: boolean;
}

export interface LoadOptions {
  cwd: string;
  env: Environment;
  flags: LoadFlags;
  /** Holds managed.{json,yaml}; default /etc/gantry. Never from a variable: the user may not choose who manages them. */
  managedFolder?: string;
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
  /** Where the value of a key is from. */
  sourceOf(key: string): ConfigSource;
  /** CONFIG_KEY_UNKNOWN. */
  explain(key: string): Promise<ConfigExplanation>;
  /** The config with secrets hidden. */
  effective(): JsonObject;
  /** Adds an allow rule to the local layer, for later loads; where it stands, as `file:line`. */
  rememberAlways(rule: string): Promise<string>;
  host(): ConfigHost;
}
