/**
 * THE config shape: every key of this build with its bounds and its description. Types, JSON Schema and the docs table
 * derive from it; defaults are in defaults.ts, so that a start without any config loads no zod.
 */
import * as z from "zod";
import { longestTimerMs } from "../core/contract/clock.ts";
import type { GuestLimits } from "../core/contract/guest.ts";
import { isObject, type Json, type JsonObject } from "../core/contract/messages.ts";
import { type Mode, modeNames } from "../core/contract/modes.ts";
import { defaults } from "./defaults.ts";
import { type McpServerEntry, mcpServers } from "./mcp-schema.ts";
import { modelNamePattern } from "./model-name.ts";
import { pluginNamePattern } from "./plugin-entries.ts";

const count = z.int().positive();
const rules = z.array(z.string().min(1).max(10_000));

const permissions = z.strictObject({
  mode: z
    .enum(modeNames)
    .describe("How calls that no rule decides are approved; read-only, workspace-write and danger-full-access are accepted."),
  allow: rules.describe("Rules that allow a call without asking, for instance Bash(npm test:*). Joined over all layers."),
  ask: rules.describe("Rules that ask about a call in every mode. Joined over all layers."),
  deny: rules.describe("Rules that deny a call, whatever allows it. Joined over all layers."),
  additionalDirectories: z
    .array(z.string().min(1))
    .describe("Folders outside the workspace that calls may touch as if inside it. Joined over all layers."),
  tests: z
    .array(z.strictObject({ call: z.string().min(1).max(10_000), expect: z.enum(["allow", "ask", "deny"]) }))
    .describe("Calls and what must be decided about them; config validate runs them. Joined over all layers."),
});

const limits = z.strictObject({
  maxTurns: count.describe("Model requests of one input."),
  maxCostUsd: z.number().positive().optional().describe("US dollars that one input may cost; not set: no limit."),
  timeoutSeconds: z
    .number()
    .positive()
    .max(longestTimerMs / 1000)
    .optional()
    .describe("Wall clock of one input, in seconds; not set: no limit."),
  toolTimeoutMs: count
    .max(longestTimerMs)
    .describe("Milliseconds one tool call may take, where the tool sets no bound itself."),
  toolOutputBytes: count.min(1024).describe("Bytes of one tool result that the model is shown."),
  toolOutputLines: count.describe("Lines of one tool result that the model is shown."),
  parallelReads: count.max(64).describe("Reading calls of one answer that run side by side."),
  mcpToolsPercent: z
    .number()
    .min(0)
    .max(100)
    .describe("Percent of the model's window that definitions of MCP tools may fill; above it they are found by ToolSearch."),
});

const anthropic = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where requests go instead of the provider's own address."),
  maxOutputTokens: count.describe("Tokens of one answer."),
  thinkingBudgetTokens: count
    .min(1024)
    .optional()
    .describe("Tokens the model may think before it answers; not set: no thinking."),
  contextWindowTokens: count.optional().describe("Tokens that fit one request, where the model's own number is not known."),
});

const model = z
  .string()
  .max(4096)
  .regex(modelNamePattern)
  .describe("provider/name of the model, for instance anthropic/claude-sonnet-5 or scripted/FILE.json.");

const env = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
  .describe("Environment variables that programs started by tools see. Merged by name.");

/** Only its outer form; core/contract/hook-config.ts has the rest, and config/hook-entries.ts the words about what is wrong. */
const hooks = z
  .record(z.string(), z.array(z.record(z.string(), z.unknown())))
  .describe("Hooks by event, {Event: [{matcher?, hooks: [handler]}]}. Joined over all layers.");

const sandbox = z.strictObject({
  shell: z
    .enum(["off", "auto", "require"])
    .describe("Run shell lines in an OS sandbox: auto where this machine can, require or not at all, off never."),
});

const pluginName = z.string().max(4096).regex(pluginNamePattern);

const policy = z.strictObject({
  edits: z.enum(["ask", "off"]).describe("Ask before lockfiles, secrets and .git are edited, in every mode."),
});

const claudeSettings = z
  .array(z.enum(["user", "project", "local"]))
  .describe(
    "Also read rules, hooks and env of ~/.claude/settings.json (user), .claude/settings.json (project) and .claude/settings.local.json (local). Joined over all layers.",
  );

const plugins = z
  .array(
    z.union([
      pluginName,
      z.tuple([
        pluginName,
        z.strictObject({
          options: z.record(z.string(), z.unknown()).optional().describe("What its own schema takes."),
          required: z.boolean().optional().describe("A run ends with exit 7 where it cannot be used."),
          enabled: z.boolean().optional().describe("false: it is not used."),
        }),
      ]),
    ]),
  )
  .describe(
    "Options of installed plugins: a name or folder, or [name, {options, required, enabled}]. Merged by name. Grants are never here.",
  );

/** A quota of one guest. */
const quota = (least: number, most: number) => z.int().min(least).max(most);

const isolation = z.strictObject({
  require: z
    .enum(["none", "os"])
    .describe("os: community plugins run only where the operating system confines them too (bubblewrap)."),
  rssMiB: quota(96, 8192).describe("Memory of a plugin's process; more ends it."),
  heapMiB: quota(16, 4096).describe("JavaScript heap of a plugin."),
  cpuSeconds: quota(1, 30).describe("Seconds of CPU a plugin may use in any 30 seconds."),
  pendingCalls: quota(1, 1024).describe("Calls of a plugin that may run at once; more are refused."),
  requestsPerSecond: quota(1, 100_000).describe("Effects a plugin may ask for in a second."),
  bytesPerSecond: quota(65_536, 1_073_741_824).describe("Bytes a plugin may send in a second."),
  timers: quota(1, 100_000).describe("Timers a plugin may have at once."),
  logBytesPerMinute: quota(1024, 67_108_864).describe("Bytes a plugin may log in a minute; more are dropped."),
  callTimeoutMs: quota(100, longestTimerMs).describe("Milliseconds of a call of a plugin that names no bound itself."),
  idleSeconds: quota(1, 86_400).describe("Seconds without a call after which a plugin's process is ended."),
});

/** What one file, variable or flag may hold: any part of the config. */
export const layerSchema = z.strictObject({
  $schema: z.string().optional().describe("For editors; not used."),
  model: model.optional(),
  permissions: permissions.partial().optional().describe("How tool calls are approved."),
  limits: limits.partial().optional().describe("Bounds of one input and of one call."),
  providers: z
    .strictObject({ anthropic: anthropic.partial().optional().describe("Settings of the anthropic provider.") })
    .optional()
    .describe("Settings of the model providers."),
  env: env.optional(),
  hooks: hooks.optional(),
  sandbox: sandbox.partial().optional().describe("What programs that tools start are kept in."),
  policy: policy.partial().optional().describe("Settings of the policy plugin."),
  claudeSettings: claudeSettings.optional(),
  plugins: plugins.optional(),
  mcpServers: mcpServers.optional(),
  isolation: isolation.partial().optional().describe("What community plugins are kept in, and how much they may use."),
});

/** The whole config, defaults filled in. */
export interface Config {
  model: z.infer<typeof model>;
  permissions: Omit<z.infer<typeof permissions>, "mode"> & { mode: Mode };
  limits: z.infer<typeof limits>;
  providers: { anthropic: z.infer<typeof anthropic> };
  env: z.infer<typeof env>;
  /** Each handler in a group of its own. */
  hooks: Record<string, JsonObject[]>;
  sandbox: z.infer<typeof sandbox>;
  policy: z.infer<typeof policy>;
  claudeSettings: z.infer<typeof claudeSettings>;
  /** Merged by name; folders are absolute. */
  plugins: PluginSetting[];
  /** Merged by name, as written: variables are not filled in. */
  mcpServers: Record<string, McpServerEntry>;
  isolation: Isolation;
}

/** As written in a list of plugins. */
export type PluginSetting = string | [name: string, settings: PluginSettings];

export interface PluginSettings {
  options?: JsonObject;
  required?: boolean;
  enabled?: boolean;
}

/** The quotas are those of one guest. */
export interface Isolation extends GuestLimits {
  require: "none" | "os";
}

export type KeyType = "string" | "integer" | "number" | "list" | "map";

export interface ConfigKey {
  /** Dotted, for instance `limits.maxTurns`. */
  key: string;
  type: KeyType;
  /** Null where the key is not set unless somebody sets it. */
  default: Json;
  description: string;
  /** The only words allowed, where the key has such. */
  options?: string[];
}

const keysOf = new WeakMap<object, ConfigKey[]>();

/** Every key that can be set, in the order of the schema; groups left out. Made once: it takes milliseconds. */
export function configKeys(): readonly ConfigKey[] {
  const known = keysOf.get(layerSchema);
  const keys = known ?? keysBelow(z.toJSONSchema(layerSchema) as JsonObject, []).filter(({ key }) => key !== "$schema");
  keysOf.set(layerSchema, keys);
  return keys;
}

function keysBelow(schema: JsonObject, path: string[]): ConfigKey[] {
  return Object.entries(object(schema["properties"])).flatMap(([name, value]) => {
    const field = object(value);
    const here = [...path, name];
    if (field["properties"] !== undefined) return keysBelow(field, here);
    const options = Array.isArray(field["enum"]) ? { options: field["enum"].map(String) } : {};
    const description = typeof field["description"] === "string" ? field["description"] : "";
    return [{ key: here.join("."), type: typeOf(field), default: defaultOf(here), description, ...options }];
  });
}

function typeOf(field: JsonObject): KeyType {
  const type = field["type"];
  if (type === "array") return "list";
  if (type === "object") return "map";
  return type === "integer" || type === "number" ? type : "string";
}

function defaultOf(path: readonly string[]): Json {
  let value: unknown = defaults;
  for (const part of path) value = typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined;
  return (value as Json | undefined) ?? null;
}

/** Nothing in it where it is no object. */
export function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
