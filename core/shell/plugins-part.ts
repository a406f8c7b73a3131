/** host.plugins of one command, with what stands behind it: programs, guests to describe bundles, the kit. Nothing starts before it is used. */
import path from "node:path";
import { problemLine } from "../../config/load.ts";
import type { LoadedConfig } from "../../config/loaded.ts";
import { ownersOf } from "../community/clashes.ts";
import { lazyDescribe, lazyRun } from "../community/prepare.ts";
import { GantryError } from "../contract/errors.ts";
import type { PluginsHost } from "../contract/host.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { HostOptions } from "./host-options.ts";
import { canAsk, type ShellIo } from "./io.ts";
import { pluginSources } from "./plugin-sources.ts";
import { createPluginsHost } from "./plugins-host.ts";

export async function openPluginsHost(options: HostOptions, loaded: LoadedConfig): Promise<PluginsHost> {
  const { io, cwd, signal, warn = () => undefined } = options;
  const { env } = io;
  const { require: _require, ...limits } = loaded.config.isolation;
  return createPluginsHost({
    ...{ cwd, limits, builtins: io.manifests(), entries: loaded.pluginEntries },
    place: { dataHome: loaded.paths.dataHome, project: loaded.project },
    sources: pluginSources({ env, signal, run: lazyRun(env), describe: lazyDescribe(env, loaded.config.isolation) }),
    boundary: async () => await (await import("../../workers/guests/os-boundary.ts")).osBoundary(),
    kit: {
      async create(name, folder) {
        refuseTaken(name, io.manifests());
        return await (await import("../plugin-kit/create.ts")).createPlugin({ name, folder: path.resolve(cwd, folder) });
      },
      test: async (folder, options) =>
        await (await import("../plugin-kit/test.ts")).testPlugin({
          folder: path.resolve(cwd, folder),
          env,
          signal,
          ...options,
        }),
    },
    warn: (problem) => warn(problemLine(problem)),
    ...(canAsk(io) ? { ask: askOn(io, signal) } : {}),
  });
}

/** Its starter's command begins with its name: one that somebody has could not be installed. */
function refuseTaken(name: string, manifests: readonly PluginManifest[]): void {
  const owners = ownersOf(manifests);
  const owner = owners.find(`plugin ${name}`) ?? owners.find(`command ${name}`);
  if (owner === undefined) return;
  throw new GantryError("NAME_TAKEN", `${name} is a name of ${owner}; call this plugin otherwise, as my-${name}`);
}

function askOn(io: ShellIo, signal: AbortSignal): NonNullable<PluginsHost["ask"]> {
  return async (question, choices) => {
    const { createSessionView } = await import("./session-view.ts");
    const view = await createSessionView({ io, quiet: true, verbose: false, draw: false, interactive: true });
    const options = choices.map((label) => ({ label }));
    const [answer] = await (await view.asker()).questions([{ question, options }], { signal });
    return answer?.answers[0] ?? "";
  };
}
