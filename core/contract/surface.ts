/** host.surface: what this build offers, and how a session would begin here. Nothing is started, run or sent. Types only. */
import type { ErrorCode } from "./errors.ts";
import type { ConfigProblem, ConfigSource, HookFacts, TapFacts, TrustStatus } from "./host.ts";
import type { Inventory } from "./inventory.ts";
import type { ToolEffect } from "./plugin.ts";

export interface OpeningPlugin {
  name: string;
  version: string;
  kind: "built-in" | "community";
  /** `waiting` has no answer of the user's yet; `broken` says why. */
  state: "in-force" | "disabled" | "waiting" | "broken";
  why?: string;
  /** Of the config: a run does not start without it. */
  required?: true;
  contributes: { tools: number; commands: number; taps: number; providers: number };
}

export interface PromptSection {
  /** `own text`, `surroundings`, or the instruction file's path. */
  name: string;
  characters: number;
  /** An estimate: characters / 3.5. */
  tokens: number;
}

/** How a session would begin in the working folder now, with the config as it is. */
export interface Opening {
  version: string;
  project: string;
  cwd: string;
  model: { value: string; from: ConfigSource };
  mode: { value: string; from: ConfigSource };
  /** Why no run would start here, in the order in which a run would find them; empty when one would. */
  stops: { code: ErrorCode; message: string; hint: string }[];
  /** Lowest layer first; `problems` of all of them. */
  layers: { layer: string; path: string; exists: boolean }[];
  problems: ConfigProblem[];
  trust: TrustStatus;
  plugins: OpeningPlugin[];
  /** In the order they would run, event by event. */
  hooks: HookFacts[];
  taps: TapFacts[];
  servers: { name: string; state: "usable" | "waiting" | "disabled"; source: string }[];
  /** In the order they join the prompt. */
  instructions: { file: string; bytes: number; truncated: boolean }[];
  /** Instruction files that a deny rule keeps out: not read. */
  hidden: string[];
  prompt: PromptSection[];
  /** As the model would be offered them; `tokens` of the definition, an estimate. Those of MCP servers come once they run. */
  tools: { name: string; effect: ToolEffect; plugin: string; tokens: number }[];
}

export interface SurfaceHost {
  /** Of this build, the installed plugins in force here, and nothing that a config holds as a value. */
  inventory(): Promise<Inventory>;
  opening(): Promise<Opening>;
}
