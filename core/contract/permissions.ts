/**
 * THE permission table: one row per kind of effect that a plugin can be granted. `performed` says where the effect is
 * carried out for a built-in: in the tool's own thread, or by the core on its behalf. Each kind of the first two groups
 * has one file of its name in workers/effects.
 */

interface PermissionRow {
  /** How a scope of this kind is written in a config or manifest. */
  scope: "paths" | "commands" | "yes";
  performed: "thread" | "core";
  /** In plain words, for consent and doctor. */
  allows: string;
}

const rows = {
  "fs.read": { scope: "paths", performed: "thread", allows: "read files" },
  "fs.write": { scope: "paths", performed: "thread", allows: "create and change files" },
  "fs.list": { scope: "paths", performed: "thread", allows: "list names of files" },
  "fs.search": { scope: "paths", performed: "thread", allows: "search in files" },
  "process.run": { scope: "commands", performed: "core", allows: "run programs" },
  "user.ask": { scope: "yes", performed: "core", allows: "ask the user" },
  "session.read": { scope: "yes", performed: "core", allows: "know which files this session has read" },
  "host.sessions": { scope: "yes", performed: "core", allows: "list and read stored sessions" },
  "host.config": { scope: "yes", performed: "core", allows: "read the effective config and record trust" },
  "host.permissions": { scope: "yes", performed: "core", allows: "list permission rules and explain decisions" },
  "host.hooks": { scope: "yes", performed: "core", allows: "list, explain and try hooks" },
  "host.tools": { scope: "yes", performed: "core", allows: "describe tools and call them through the dispatcher" },
  "host.run": { scope: "yes", performed: "core", allows: "start a session of its own" },
} as const satisfies Record<string, PermissionRow>;

export type PermissionKind = keyof typeof rows;
export const permissionTable: Readonly<Record<PermissionKind, PermissionRow>> = rows;

/**
 * What a plugin holds. A path scope is a glob: `./src/**` below the workspace, `/**` anywhere. A command scope is a
 * prefix of a command line, `git log:*`, or `*`.
 */
export type Grants = { readonly [K in PermissionKind]?: (typeof rows)[K]["scope"] extends "yes" ? true : readonly string[] };
