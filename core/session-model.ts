/** From a model's name to one that can be asked, and to what it costs. */
import { isRemote } from "./community/remote-provider.ts";
import { GantryError } from "./contract/errors.ts";
import type { JsonObject, Usage } from "./contract/messages.ts";
import type { SessionDeps } from "./open-session.ts";
import type { ActiveModel } from "./turn/turn.ts";

/** MODEL_INVALID when the name is not provider/name, or no plugin offers the provider. */
export async function activateModel(full: string, { registry, env, config, cwd, owner }: SessionDeps): Promise<ActiveModel> {
  const slash = full.indexOf("/");
  if (slash < 1 || slash === full.length - 1) {
    throw new GantryError(
      "MODEL_INVALID",
      `${full} is not a model name: it must be provider/name, such as ${config.config.model}`,
    );
  }
  const providerName = full.slice(0, slash);
  const provider = await registry.provider(providerName);
  const settings = (config.config.providers as { [name: string]: JsonObject | undefined })[providerName] ?? {};
  if (isRemote(provider)) await provider.learnWindow(full.slice(slash + 1), settings);
  return { full, name: full.slice(slash + 1), provider, options: { env, settings, cwd, owner } };
}

/** The price data is loaded with the first question. */
export async function priceOf(model: string, usage: Usage): Promise<number | undefined> {
  return (await import("./turn/cost.ts")).costUsd(model, usage);
}
