/** The lowest layer: what holds when nobody has set anything, and what each built-in plugin is granted. */
import type { Grants } from "../core/contract/permissions.ts";
import type { Config } from "./schema.ts";

export const defaults: Readonly<Config> = {
  model: "anthropic/claude-sonnet-5",
  permissions: { mode: "default", allow: [], ask: [], deny: [], additionalDirectories: [], tests: [] },
  limits: {
    maxTurns: 200,
    toolTimeoutMs: 120_000,
    toolOutputBytes: 65_536,
    toolOutputLines: 2000,
    parallelReads: 8,
    mcpToolsPercent: 2,
  },
  providers: { anthropic: { maxOutputTokens: 32_000 } },
  env: {},
  hooks: {},
  sandbox: { shell: "off" },
  policy: { edits: "ask" },
  claudeSettings: [],
  plugins: [],
  mcpServers: {},
  isolation: {
    require: "none",
    rssMiB: 512,
    heapMiB: 128,
    cpuSeconds: 10,
    pendingCalls: 64,
    requestsPerSecond: 200,
    bytesPerSecond: 8_388_608,
    timers: 1000,
    logBytesPerMinute: 1_048_576,
    callTimeoutMs: 30_000,
    idleSeconds: 300,
  },
};

const everywhere = ["/**"] as const;

/**
 * The built-ins in the order they load. File grants reach everywhere because the approval of each call, not the grant,
 * confines a built-in to the workspace.
 */
export const builtinPlugins: readonly { name: string; grants: Grants }[] = [
  { name: "anthropic", grants: {} },
  { name: "scripted", grants: {} },
  {
    name: "files",
    grants: {
      "fs.read": everywhere,
      "fs.write": everywhere,
      "fs.list": everywhere,
      "fs.search": everywhere,
      "session.read": "own",
    },
  },
  { name: "process", grants: { "process.run": ["*"] } },
  { name: "tasks", grants: { "user.ask": true } },
  { name: "sessions", grants: { "host.sessions": true } },
  { name: "config", grants: { "host.config": true } },
  { name: "permissions", grants: { "host.permissions": true } },
  { name: "hooks", grants: { "host.hooks": true } },
  { name: "plugins", grants: { "host.plugins": true } },
  { name: "policy", grants: {} },
  { name: "mcp", grants: { "host.mcp": true } },
  { name: "trust", grants: { "host.config": true } },
  { name: "tools", grants: { "host.tools": true } },
  { name: "import", grants: { "host.config": true } },
  { name: "parity", grants: { "host.surface": true, "host.run": true } },
  { name: "demo", grants: { "host.run": true } },
];
