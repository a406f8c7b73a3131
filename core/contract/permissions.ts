/**
 * THE permission table: one row per kind of effect that a plugin can be granted. `performed` says where the effect is
 * carried out: in a thread of the pool (for a built-in its own), by the core, or, for taps, when the plugin is loaded.
 * Each kind but host.* and hook.tap has one file of its name in workers/effects.
 */
import type { ToolEffect } from "./plugin.ts";

interface PermissionRow {
  /** How a scope of this kind is written in a config or manifest. */
  scope: "paths" | "commands" | "hosts" | "names" | "taps" | "argvs" | "bytes" | "tokens" | "sessions" | "yes";
  performed: "thread" | "core" | "load";
  /** The least that a tool must declare as its effect for a call of it to use this kind. */
  atLeast: ToolEffect;
  /** In plain words, for consent and doctor. */
  allows: string;
}

const rows = {
  "fs.read": { scope: "paths", performed: "thread", atLeast: "reads", allows: "read files" },
  "fs.write": { scope: "paths", performed: "thread", atLeast: "writes", allows: "create and change files" },
  "fs.list": { scope: "paths", performed: "thread", atLeast: "reads", allows: "list names of files" },
  "fs.search": { scope: "paths", performed: "thread", atLeast: "reads", allows: "search in files" },
  "net.fetch": { scope: "hosts", performed: "core", atLeast: "runs", allows: "send to and read from hosts on the network" },
  "process.run": { scope: "commands", performed: "core", atLeast: "runs", allows: "run programs" },
  "process.host": {
    scope: "argvs",
    performed: "core",
    atLeast: "runs",
    allows: "run a program outside isolation, with your authority",
  },
  "secret.read": { scope: "names", performed: "core", atLeast: "reads", allows: "read secrets by name" },
  "model.ask": { scope: "tokens", performed: "core", atLeast: "reads", allows: "ask the session's model" },
  "user.ask": { scope: "yes", performed: "core", atLeast: "session", allows: "ask the user" },
  notify: { scope: "yes", performed: "core", atLeast: "session", allows: "show the user a notice" },
  "session.read": { scope: "sessions", performed: "core", atLeast: "reads", allows: "read what sessions hold" },
  storage: { scope: "bytes", performed: "core", atLeast: "session", allows: "keep data of its own" },
  "hook.tap": { scope: "taps", performed: "load", atLeast: "session", allows: "take part in moments of the lifecycle" },
  "host.sessions": { scope: "yes", performed: "core", atLeast: "runs", allows: "list and read stored sessions" },
  "host.config": { scope: "yes", performed: "core", atLeast: "runs", allows: "read the effective config and record trust" },
  "host.permissions": {
    scope: "yes",
    performed: "core",
    atLeast: "runs",
    allows: "list permission rules and explain decisions",
  },
  "host.hooks": { scope: "yes", performed: "core", atLeast: "runs", allows: "list, explain and try hooks" },
  "host.plugins": { scope: "yes", performed: "core", atLeast: "runs", allows: "install, grant and remove plugins" },
  "host.tools": {
    scope: "yes",
    performed: "core",
    atLeast: "runs",
    allows: "describe tools and call them through the dispatcher",
  },
  "host.mcp": { scope: "yes", performed: "core", atLeast: "runs", allows: "configure, start and call MCP servers" },
  "host.surface": {
    scope: "yes",
    performed: "core",
    atLeast: "runs",
    allows: "describe what this build offers, and how a session would begin",
  },
  "host.run": { scope: "yes", performed: "core", atLeast: "runs", allows: "start a session of its own" },
} as const satisfies Record<string, PermissionRow>;

export type PermissionKind = keyof typeof rows;
export const permissionTable: Readonly<Record<PermissionKind, PermissionRow>> = rows;
export const permissionKinds = Object.keys(rows) as PermissionKind[];

interface Scopes {
  /** Globs: `./src/**` below the workspace, `/**` anywhere, `~/notes/**` below the user's home. */
  paths: readonly string[];
  /**
   * `git log:*` covers an argv that begins with exactly these words, `*` any; neither is a shell. `shell:npm test:*` covers shell lines by the same
   * grammar; `*` covers those too.
   */
  commands: readonly string[];
  /** `api.example.com`, `*.example.com`, `localhost:8080`, `GET api.example.com`; `*` any public host. Private addresses only by name. */
  hosts: readonly string[];
  names: readonly string[];
  /** A point of the hook table; a judge of calls names its tools, as `tool.approve:Bash,Write` or `tool.approve:*`. */
  taps: readonly string[];
  /** Whole argument lists, compared word by word. */
  argvs: readonly (readonly string[])[];
  /** As `64KiB`, `1MiB`. */
  bytes: string;
  tokens: { readonly tokensPerSession: number };
  sessions: "own" | "all";
  yes: true;
}

/** What a plugin asks for, or holds. */
export type Grants = { readonly [K in PermissionKind]?: Scopes[(typeof rows)[K]["scope"]] };

/** The kinds that only the default config can grant. */
export function isHostKind(kind: PermissionKind): boolean {
  return kind.startsWith("host.");
}
