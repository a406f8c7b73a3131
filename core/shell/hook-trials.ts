/** What `hooks test` needs to run hooks outside any session: processes, HTTP, a model, all ended or idle when it is closed. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { askOnce } from "../ask-model.ts";
import { builtinLoaders } from "../builtins.ts";
import type { HookRunDeps } from "../config-hooks/run.ts";
import { GantryError } from "../contract/errors.ts";
import type { JsonObject } from "../contract/messages.ts";
import type { TrialTools } from "./hook-trial-tools.ts";
import type { HostOptions } from "./host-options.ts";

export interface HookTrials {
  deps: HookRunDeps;
  close(): Promise<void>;
}

export async function openHookTrials(options: HostOptions, loaded: LoadedConfig): Promise<HookTrials> {
  const { env } = options.io;
  const [{ createProcesses }, { postHook }] = await Promise.all([
    import("../../workers/processes.ts"),
    import("../../workers/hook-http.ts"),
  ]);
  const processes = await createProcesses({ env });
  let tools: TrialTools | undefined;
  const deps: HookRunDeps = {
    async mcpTool(call, asked) {
      tools ??= (await import("./hook-trial-tools.ts")).createTrialTools(options, loaded);
      return await tools.call(call, asked);
    },
    command: processes.runHook,
    http: postHook,
    ask: async (prompt, { model, signal }) => await askModel(prompt, { model, signal, options, loaded }),
    project: loaded.project,
    configEnv: loaded.config.env,
    env,
  };
  const close = async (): Promise<void> => {
    await tools?.close();
    await processes.close();
  };
  return { deps, close };
}

async function askModel(
  prompt: string,
  about: { model: string | undefined; signal: AbortSignal; options: HostOptions; loaded: LoadedConfig },
): ReturnType<HookRunDeps["ask"]> {
  const { options, loaded, signal } = about;
  const full = about.model ?? loaded.config.model;
  const [providerName = "", ...rest] = full.split("/");
  const plugin = options.io.manifests().find(({ contributes }) => contributes.providers.includes(providerName));
  const module = plugin === undefined ? undefined : await builtinLoaders[plugin.name]?.();
  const provider = module?.default.providers?.find(({ name }) => name === providerName);
  if (provider === undefined || rest.length === 0) {
    throw new GantryError("MODEL_INVALID", `${full} is no model of this build; a model is provider/name`);
  }
  const settings = (loaded.config.providers as { [name: string]: JsonObject | undefined })[providerName] ?? {};
  const asked = { name: rest.join("/"), provider, options: { env: options.io.env, settings, cwd: options.cwd, owner: {} } };
  return await askOnce(asked, prompt, signal);
}
