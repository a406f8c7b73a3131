/** From a model's name to one that can be asked, and to what it costs. */
import { isRemote } from "./community/remote-provider.ts";
import { GantryError } from "./contract/errors.ts";
import type { JsonObject, Usage } from "./contract/messages.ts";
import type { ProviderDefinition } from "./contract/plugin.ts";
import type { SessionDeps } from "./open-session.ts";
import type { ActiveModel } from "./turn/turn.ts";

type Activating = Pick<SessionDeps, "registry" | "env" | "config" | "cwd" | "owner">;

/** MODEL_INVALID when the name is not provider/name, or no plugin offers the provider. */
export async function activateModel(full: string, deps: Activating): Promise<ActiveModel> {
  const { env, config, cwd, owner } = deps;
  const { providerName, provider } = await findProvider(full, deps);
  const settings = (config.config.providers as { [name: string]: JsonObject | undefined })[providerName] ?? {};
  const name = full.slice(providerName.length + 1);
  if (isRemote(provider)) await provider.learnWindow(name, settings);
  return { full, name, provider, options: { env, settings, cwd, owner } };
}

/** MODEL_INVALID. */
export async function findProvider(
  full: string,
  { registry, config }: Pick<SessionDeps, "registry" | "config">,
): Promise<{ providerName: string; provider: ProviderDefinition }> {
  const slash = full.indexOf("/");
  if (slash < 1 || slash === full.length - 1) {
    throw new GantryError(
      "MODEL_INVALID",
      `${full} is not a model name: it must be provider/name, such as ${config.config.model}`,
    );
  }
  const providerName = full.slice(0, slash);
  return { providerName, provider: await registry.provider(providerName) };
}

/** The price data is loaded with the first question. */
export async function priceOf(model: string, usage: Usage): Promise<number | undefined> {
  return (await import("./turn/cost.ts")).costUsd(model, usage);
}
