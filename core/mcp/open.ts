/** The servers of a loaded config, for a runtime. Loaded only where one is configured; nothing is started by it. */
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { LoadedConfig } from "../../config/loaded.ts";
import { distFolder } from "../dist-folder.ts";
import type { LazyWorkers } from "../lazy-workers.ts";
import type { Registry } from "../registry.ts";
import { createRedactor } from "../turn/redact.ts";
import type { Mcp } from "./mcp.ts";
import { createMcp } from "./servers.ts";
import { secretsOfSpecs } from "./spec-secrets.ts";

export interface OpenMcpParts {
  config: LoadedConfig;
  /** By default `config`. */
  inForce?(): LoadedConfig;
  version: string;
  env: Readonly<Record<string, string | undefined>>;
  registry: Registry;
  workers: Pick<LazyWorkers, "processes">;
  /** Values to be kept out of logs and results. */
  keepSecret(values: readonly string[]): void;
  /** By default the shapes of credentials, and the servers' own. */
  redact?: ((text: string) => string) | undefined;
}

export function openMcp({ config, version, env, registry, workers, keepSecret, ...parts }: OpenMcpParts): Mcp {
  const own = secretsOfSpecs(config.mcp.servers);
  keepSecret(own);
  const redact = parts.redact ?? createRedactor([env, config.config.env], own).text;
  const ownHome = env["GANTRY_HOME"] ?? "";
  return createMcp({
    ...{ version, env, registry, redact, config: config.mcp, processes: workers.processes },
    changedScripts: config.changedScripts,
    roots: () => rootsOf(parts.inForce?.() ?? config),
    tokenFolder: path.join(config.paths.dataHome, "mcp-tokens"),
    // Who keeps all of Gantry in one folder means what it remembers too.
    useKeychain: ownHome === "",
    filename: path.join(distFolder, "mcp-thread.cjs"),
  });
}

function rootsOf({ project, config }: LoadedConfig): string[] {
  const folders = [project, ...config.permissions.additionalDirectories];
  return folders.map((folder) => pathToFileURL(path.resolve(project, folder)).href);
}
