/** A provider in a guest: its answers are streamed with credit, and its context windows are asked for before a session goes by them. */
import { GantryError } from "../contract/errors.ts";
import type { CallTarget } from "../contract/frames.ts";
import type { GuestCall } from "../contract/guest.ts";
import type { Json, JsonObject } from "../contract/messages.ts";
import type { ModelEvent, ProviderDefinition, ProviderOptions } from "../contract/plugin.ts";
import type { CallGuest, RemoteParts } from "./remote-plugin.ts";

/** A provider whose windows are asked of its guest before a session goes by them. */
export interface RemoteProvider extends ProviderDefinition {
  learnWindow(model: string, settings: Readonly<JsonObject>): Promise<void>;
}

export function isRemote(provider: ProviderDefinition): provider is RemoteProvider {
  return "learnWindow" in provider;
}

/** Loaded with the first answer. */
async function* streamOf(name: string, items: AsyncIterable<Json>): AsyncGenerator<ModelEvent> {
  const { modelEventsOf } = await import("./model-events.ts");
  yield* modelEventsOf(name, items);
}

export function remoteProvider(name: string, call: CallGuest, parts: RemoteParts): RemoteProvider {
  const { plugin, home, guests, live } = parts;
  const windows = new Map<string, number>();
  let requests = 0;
  const callOf = async (
    target: CallTarget,
    input: Json,
    options: Pick<ProviderOptions, "signal" | "cwd">,
  ): Promise<GuestCall> => {
    if (!live.isOn(plugin))
      throw new GantryError("PLUGIN_STOPPED", `the plugin ${plugin.name} is switched off or gone since this session began`);
    const { reach, core, ...place } = await parts.momentOf({ sessionId: undefined, cwd: options.cwd });
    const services = { reach, home, ...(core === undefined ? {} : { core }) };
    return {
      target,
      input,
      context: { callId: `model_${name}_${++requests}`, ...place },
      services,
      signal: options.signal,
      timeoutMs: "own",
    };
  };
  async function* items(request: Json, options: ProviderOptions): AsyncGenerator<Json> {
    const started = await callOf({ part: "stream", provider: name }, request, options);
    yield* (await guests()).stream(plugin.name, started);
  }
  return {
    name,
    stream: (request, options) =>
      streamOf(name, items({ request: request as unknown as Json, settings: options.settings }, options)),
    contextWindow: (model) => windows.get(model) ?? smallestWindow,
    async learnWindow(model, settings) {
      if (windows.has(model)) return;
      const started = await callOf(
        { part: "contextWindow", provider: name },
        { model, settings },
        { signal: noCancel, cwd: "/" },
      );
      const tokens = await call({ ...started, timeoutMs: windowMs });
      if (typeof tokens !== "number" || !Number.isFinite(tokens) || tokens < 1)
        throw new GantryError(
          "PLUGIN_INVALID",
          `the provider ${name} names no context window for ${model}: ${JSON.stringify(tokens)}`,
        );
      windows.set(model, tokens);
    },
  };
}

/** For a model that was never asked about. */
const smallestWindow = 8_192;
const noCancel = new AbortController().signal;
const windowMs = 10_000;
