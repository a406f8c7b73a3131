/** A model's provider: what it is asked, what it streams back. Types only. */
import type { Answer, JsonObject, Message } from "./messages.ts";
import type { PluginContext } from "./tool-context.ts";

export interface ToolSpec {
  name: string;
  description: string;
  inputSchema: JsonObject;
}

/** All a provider needs for one answer. `model` is the name behind the provider's own. */
export interface ModelRequest {
  model: string;
  system: string;
  messages: readonly Message[];
  tools: readonly ToolSpec[];
  maxOutputTokens?: number;
}

export type ModelEvent =
  | { type: "text"; text: string }
  | { type: "thinking"; text: string }
  | { type: "tool_start"; callId: string; name: string }
  | { type: "tool_input"; callId: string; json: string }
  /** Exactly one, last. */
  | { type: "answer"; answer: Answer };

export interface ProviderDefinition {
  /** The part of a model name before the first `/`. */
  name: string;
  /**
   * Streams one answer. Throws GantryError with a PROVIDER_* code, CONTEXT_TOO_LARGE or SCRIPT_*; `detail` holds
   * `{status?, retryAfterMs?, retryable}`. Never retries by itself. Ends promptly when `signal` is aborted, by throwing.
   */
  stream(request: ModelRequest, options: ProviderOptions): AsyncIterable<ModelEvent>;
  /** Tokens that fit a request of this model, input and output together. */
  contextWindow(model: string, settings: Readonly<JsonObject>): number;
}

export interface ProviderOptions {
  /** The provider's means beside the request; a community plugin's credentials come by `ctx.secrets`. */
  ctx?: PluginContext;
  signal: AbortSignal;
  /** The environment the provider may read its credentials from. */
  env: Readonly<Record<string, string | undefined>>;
  /** `providers.<name>` of the config. */
  settings: Readonly<JsonObject>;
  /** Where relative names (a script's path) start. */
  cwd: string;
  /** The runtime that asks, by identity: what a provider keeps between requests belongs to it. Default: the process. */
  owner?: object;
}
