/**
 * ctx.host of a contributed command: the parts of the product it may use. Each part is made when it is first touched, and
 * only for a plugin that is granted it.
 */

import path from "node:path";
import { type LoadedConfig, loadConfig } from "../../config/load.ts";
import { grantsOfBuiltin } from "../builtin-grants.ts";
import { findCommunity } from "../community/found.ts";
import { configProblems, knownProblems } from "../config-problems.ts";
import { GantryError } from "../contract/errors.ts";
import type { Host, SessionsHost } from "../contract/host.ts";
import type { McpHost } from "../contract/mcp-host.ts";
import type { PermissionKind } from "../contract/permissions.ts";
import { distFolder } from "../dist-folder.ts";
import { failedPermissionTests } from "../permission-tests.ts";
import { createSessionsHost } from "../session/sessions-host.ts";
import { createStore } from "../session/store.ts";
import { createHooksHost } from "./hooks-host.ts";
import type { HostOptions } from "./host-options.ts";
import type { ShellIo } from "./io.ts";
import { createPermissionsHost } from "./permissions-host.ts";
import { createServeHost } from "./serve-host.ts";
import { createToolsHost } from "./tools-host.ts";

const parts = {
  sessions: "host.sessions",
  config: "host.config",
  permissions: "host.permissions",
  hooks: "host.hooks",
  plugins: "host.plugins",
  tools: "host.tools",
  run: "host.run",
  mcp: "host.mcp",
  serve: "host.mcp",
  surface: "host.surface",
} as const satisfies Record<keyof Host, PermissionKind>;

export function createHost(options: HostOptions): Host {
  const grants = grantsOfBuiltin(options.plugin);
  const granted = <P extends keyof Host>(part: P, make: () => Host[P]): Host[P] => {
    if (grants[parts[part]]) return make();
    throw new GantryError(
      "PERMISSION_DENIED",
      `the plugin ${options.plugin} may not use host.${part}; it is not granted ${parts[part]}`,
    );
  };
  let config: Promise<LoadedConfig> | undefined;
  const loaded = (): Promise<LoadedConfig> => (config ??= loadConfig({ cwd: options.cwd, env: options.io.env, flags: {} }));
  const forget = (): void => {
    config = undefined;
  };
  const problems = async () => await configProblems(await loaded(), options.io.known());
  return {
    get sessions() {
      return granted("sessions", () => lazySessions(loaded));
    },
    get config() {
      return granted("config", () => lazyConfig(loaded, options.io, forget));
    },
    get permissions() {
      return granted("permissions", () => createPermissionsHost(options, loaded));
    },
    get hooks() {
      return granted("hooks", () => createHooksHost(options, loaded));
    },
    get plugins() {
      return granted("plugins", () => {
        if (options.plugins) return options.plugins;
        throw new GantryError("INTERNAL", `host.plugins was not opened for ${options.plugin}`);
      });
    },
    get tools() {
      return granted("tools", () => createToolsHost(options, { loaded, problems }));
    },
    get run() {
      return granted("run", () => ({
        self: options.io.self,
        program: [process.execPath, path.join(distFolder, "..", "bin", "gantry.cjs")],
        dataFolder: path.join(distFolder, "data", options.plugin),
        converse: async (conversation) => await (await import("./converse.ts")).converse(conversation, options),
      }));
    },
    get mcp() {
      return granted("mcp", () => lazyMcp({ options, loaded, problems, config: lazyConfig(loaded, options.io, forget) }));
    },
    get surface() {
      return granted("surface", () => lazySurface(options, loaded));
    },
    get serve() {
      return granted("serve", () => createServeHost(options));
    },
  };
}

/** The code of servers is loaded with the first thing asked of it. */
function lazyMcp(parts: Parameters<typeof import("./mcp-host.ts")["createMcpHost"]>[0]): McpHost {
  const host = async (): Promise<McpHost> => (await import("./mcp-host.ts")).createMcpHost(parts);
  return {
    list: async (how) => await (await host()).list(how),
    inspect: async (name) => await (await host()).inspect(name),
    call: async (...call) => await (await host()).call(...call),
    login: async (...login) => await (await host()).login(...login),
    logout: async (name) => await (await host()).logout(name),
    add: async (...entry) => await (await host()).add(...entry),
    remove: async (...entry) => await (await host()).remove(...entry),
  };
}

/** Described only when somebody asks. */
function lazySurface(options: HostOptions, loaded: () => Promise<LoadedConfig>): Host["surface"] {
  return {
    inventory: async () => await (await import("./inventory.ts")).inventoryOf(options, await loaded()),
    opening: async () => await (await import("./opening.ts")).openingOf(options, await loaded()),
  };
}

function lazySessions(loaded: () => Promise<LoadedConfig>): SessionsHost {
  const open = async (): Promise<SessionsHost> => {
    const { paths, project } = await loaded();
    return createSessionsHost(createStore({ stateHome: paths.stateHome, project }));
  };
  return {
    list: async (options) => await (await open()).list(options),
    async read(reference) {
      const { summary, events, problems } = await (await open()).read(reference);
      const firstWrong = problems[0]?.line ?? Number.POSITIVE_INFINITY;
      // A line that was changed and still is an event counts for what it is: the session ends before it.
      return { summary, events: events.filter(({ seq }) => seq < firstWrong), problems };
    },
    verify: async (reference) => await (await open()).verify(reference),
  };
}

function lazyConfig(loaded: () => Promise<LoadedConfig>, io: ShellIo, forget: () => void): Host["config"] {
  const problemsOf = async (config: LoadedConfig) =>
    await knownProblems(config, io.manifests(), await findCommunity(config, io.manifests()));
  const host = async () => (await loaded()).host({ problemsOf });
  return {
    environment: io.env,
    effective: async () => await (await host()).effective(),
    explain: async (key) => await (await host()).explain(key),
    set: async (key, value, layer) => await (await host()).set(key, value, layer).finally(forget),
    change: async (changes, layer) => await (await host()).change(changes, layer).finally(forget),
    tryChange: async (changes, layer) => await (await host()).tryChange(changes, layer),
    unset: async (key, layer) => await (await host()).unset(key, layer).finally(forget),
    problems: async () => {
      const config = await loaded();
      const options = { home: io.env["HOME"] ?? "/" };
      return [...(await problemsOf(config)), ...(await failedPermissionTests(config, io.known(), options))];
    },
    schema: async () => await (await host()).schema(),
    paths: async () => await (await host()).paths(),
    trust: async (action) => await (await host()).trust(action),
    writeStarter: async () => await (await host()).writeStarter(),
  };
}
