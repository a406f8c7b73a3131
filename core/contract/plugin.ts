/**
 * What a plugin's author writes: types and identity functions, nothing else, so that it loads in no time. The same
 * module shape serves built-ins and community plugins. A built-in's tools run in a thread, its commands, providers and taps
 * in the core; of a community plugin every part runs in its guest.
 */
import type * as z from "zod";
import type { CommandDefinition } from "./command.ts";
import type { FileStamp } from "./events.ts";
import type { HookKind, HookPayloads, HookPoint, HookReplies, Judgement, RewritePoint, TapExtras } from "./hooks.ts";
import type { Host, SessionSummary, VerifyReport } from "./host.ts";
import type { Answer, Json, JsonObject, Message, ResultContent, Usage } from "./messages.ts";
import type { Grants } from "./permissions.ts";
import type { ProviderDefinition } from "./provider.ts";
import type { PluginContext, ToolContext } from "./tool-context.ts";

// ── Tools ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What a call of the tool may change, for approval and for running calls side by side. `reads`: nothing. `session`:
 * only this session's own state, never asked. `writes`: files. `runs`: programs, the network, anything else.
 */
export type ToolEffect = "reads" | "session" | "writes" | "runs";

/** The input field that a rule's specifier is compared with. A path that is absent means the working folder. */
export interface ToolSubject {
  kind: "path" | "command";
  field: string;
  /** A field with a glob: when the path is absent and the glob begins at `/` or `~/`, the folder it looks in is the path. */
  glob?: string;
}

export interface ToolDefinition<Input = never> {
  /** Letters, digits, `_`; at most 64. The public names (Read, Write, …) are the built-ins'. */
  name: string;
  description: string;
  /** Makes the input's schema. Called when the schema is first needed, so that a tool nobody calls costs nothing. */
  input(): z.ZodType<Input>;
  effect: ToolEffect;
  subject?: ToolSubject;
  /** Whole call, in milliseconds. Default: `limits.toolTimeoutMs`. `"own"`: the tool bounds itself. */
  timeoutMs?: number | "own";
  execute(input: Input, ctx: ToolContext): Promise<ToolOutput> | ToolOutput;
}

/** A text, or the parts of a result. `data` is for programs and the terminal (`data.diff` is shown as a diff). */
export type ToolOutput =
  | string
  | {
      content: string | ResultContent[];
      isError?: boolean;
      /** A row of the error table, when isError. */
      code?: string;
      data?: JsonObject;
      /** Files whose content the model now knows; feeds the stale-edit check. */
      files?: FileStamp[];
    };

// ── Taps ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Undefined says nothing; so does an observer's answer that is no object. */
type TapReply<P extends HookPoint, K extends HookKind> = K extends "judge"
  ? Judgement | TapExtras | undefined
  : K extends "rewrite"
    ? P extends RewritePoint
      ? (HookReplies[P] & TapExtras) | TapExtras | undefined
      : never
    : unknown;

/** What a tap is given besides the payload. `signal` is aborted when its time is over, and when the turn is cancelled. */
export type TapContext<Options = JsonObject> = PluginContext<Options>;

export interface TapDefinition<P extends HookPoint = HookPoint, K extends HookKind = HookKind> {
  on: P;
  kind: K;
  /** Shown by doctor and in the log; default: the point. */
  name?: string;
  /** Only calls of these tools, at the tool.* points. */
  tools?: string[];
  /** Lower runs earlier; default 0. */
  stage?: number;
  /** Names of taps that this one runs before, in its stage: of its own plugin, or as `plugin:name`. */
  before?: string[];
  /** Milliseconds; default 10,000. */
  timeoutMs?: number;
  run(payload: HookPayloads[P], ctx: TapContext): Promise<TapReply<P, K>> | TapReply<P, K>;
}

/** A tap of one point, of any kind; the kind decides what `run` may hand back. */
export type TapOf<P extends HookPoint> = TapDefinition<P, "observe"> | TapDefinition<P, "rewrite"> | TapDefinition<P, "judge">;

// ── The plugin ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Any tool or tap, whatever its input: how collections hold them. */
export type AnyTool = Omit<ToolDefinition<never>, "input"> & { input(): z.ZodType };
export type AnyTap = { [P in HookPoint]: TapOf<P> }[HookPoint];

export interface PluginDefinition {
  /** Lower-case letters, digits and `-`; at most 64. */
  name: string;
  description: string;
  /** Makes the schema of the plugin's options; what it hands back is `ctx.options`. */
  options?(): z.ZodType;
  /** What it asks for; what it holds is the user's to decide. */
  permissions?: Grants;
  tools?: readonly AnyTool[];
  /** Those of a community plugin stand in its manifest, and so in help without its code. */
  commands?: readonly CommandDefinition[];
  providers?: readonly ProviderDefinition[];
  taps?: readonly AnyTap[];
}

export function definePlugin(plugin: PluginDefinition): PluginDefinition {
  return plugin;
}

export function defineTool<Input>(tool: ToolDefinition<Input>): ToolDefinition<Input> {
  return tool;
}

export function defineCommand(command: CommandDefinition): CommandDefinition {
  return command;
}

export function defineProvider(provider: ProviderDefinition): ProviderDefinition {
  return provider;
}

export function defineTap<P extends HookPoint>(tap: TapOf<P>): TapOf<P> {
  return tap;
}

export type { ArgSpec, CommandContext, CommandDefinition, CommandInput, CommandOutput, FlagSpec } from "./command.ts";
export type { ModelEvent, ModelRequest, ProviderDefinition, ProviderOptions, ToolSpec } from "./provider.ts";
export type {
  BackgroundOutput,
  BackgroundRun,
  ExecOptions,
  ExecResult,
  FileContent,
  FileEffects,
  FileLines,
  HostedProgram,
  ListQuery,
  ListResult,
  ModelEffects,
  NetEffects,
  NetRequest,
  NetResponse,
  PluginContext,
  ProcessEffects,
  RunRequest,
  RunResult,
  SearchQuery,
  SearchResult,
  SessionEffects,
  StorageEffects,
  ToolContext,
  UserAnswer,
  UserEffects,
  UserQuestion,
} from "./tool-context.ts";
export type { Answer, FileStamp, Grants, Host, Json, JsonObject, Message, ResultContent, SessionSummary, Usage, VerifyReport };
