/**
 * One streamed answer over the official SDK: request → raw events → our events → answer. The SDK is used at its leanest
 * (base client, Messages resource, no retries, no tracing), with a fetch of our own.
 */
import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import { Messages } from "@anthropic-ai/sdk/resources/messages/messages";
import type { Message, ModelEvent, ModelRequest, ProviderOptions } from "gantry/plugin";
import { createAnswerBuilder } from "./answer.ts";
import { type BodyWriter, createBodyWriter } from "./body.ts";
import { type Credentials, credentialsOf } from "./credentials.ts";
import { notAStream, streamCut, toProviderError } from "./errors.ts";
import { createLeanFetch, namesProxy } from "./lean-fetch.ts";

interface Connection {
  messages: Messages;
  host: string;
  /** For messages. */
  baseUrl: string;
  secret: string;
  usesProxy: boolean;
  /** One for each conversation, known by its list of messages. */
  writerOf(messages: readonly Message[]): BodyWriter;
}

/** PROVIDER_*, CONTEXT_TOO_LARGE; on abort the signal's reason. */
export async function* streamAnswer(request: ModelRequest, options: ProviderOptions): AsyncGenerator<ModelEvent> {
  const { signal, settings } = options;
  signal.throwIfAborted();
  const connection = connectionFor(options);
  const builder = createAnswerBuilder(request.model);
  const place = { ...connection, model: request.model, isStreaming: false };
  try {
    // The SDK takes bytes as they are; what it reads of the params itself is the model and whether to stream.
    const params = { model: request.model, max_tokens: 1, messages: [], stream: true as const };
    const body = connection.writerOf(request.messages).write(request, settings);
    const headers = { "content-type": "application/json" };
    const { data: events, response } = await connection.messages.create(params, { signal, body, headers }).withResponse();
    const contentType = response.headers.get("content-type");
    if (isPage(contentType)) {
      events.controller.abort();
      throw notAStream(place, response.status, contentType);
    }
    place.isStreaming = true;
    let hasEvents = false;
    for await (const event of events) {
      hasEvents = true;
      const shown = builder.add(event);
      if (shown !== undefined) yield shown;
    }
    signal.throwIfAborted();
    if (!hasEvents) throw notAStream(place, response.status, contentType);
  } catch (error) {
    signal.throwIfAborted();
    // A complete answer stays one, however its connection ends.
    if (!builder.isComplete) throw toProviderError(error, place);
  }
  // The SDK ends an aborted stream without an error.
  signal.throwIfAborted();
  if (!builder.isComplete) throw streamCut(place, "the stream ended before the answer did");
  yield { type: "answer", answer: builder.answer() };
}

/** A page or a JSON text may go on for long and hold no event; of other types a gateway may send events. */
function isPage(contentType: string | null): boolean {
  return /^\s*(text\/html|application\/json)\b/i.test(contentType ?? "");
}

/** By owner, so that two runtimes share no socket; a connection lives as long as its owner and keeps no process alive. */
const connections = new WeakMap<object, Map<string, Connection>>();
const wholeProcess = {};

function connectionFor(options: ProviderOptions): Connection {
  const credentials = credentialsOf(options);
  const owner = options.owner ?? wholeProcess;
  const owned = connections.get(owner) ?? new Map<string, Connection>();
  connections.set(owner, owned);
  const key = `${credentials.baseUrl}\n${credentials.kind}\n${credentials.secret}`;
  const connection = owned.get(key) ?? connect(credentials, options.env);
  owned.set(key, connection);
  return connection;
}

function connect(credentials: Credentials, env: ProviderOptions["env"]): Connection {
  const { baseUrl, secret, host } = credentials;
  const isKey = credentials.kind === "key";
  const client = new BaseAnthropic({
    baseURL: baseUrl,
    // Given to the constructor in any case, so that it does not look for others in files and variables.
    ...(isKey ? { apiKey: secret } : { authToken: secret }),
    // A key goes where the API and every gateway in front of it look for it; the SDK sends it as a bearer token.
    ...(isKey ? { defaultHeaders: { "x-api-key": secret, authorization: null } } : {}),
    maxRetries: 0,
    // Its own log prints bodies.
    logLevel: "off",
    openTelemetry: false,
    fetch: createLeanFetch({ env }) as unknown as typeof globalThis.fetch,
  });
  const writers = new WeakMap<readonly Message[], BodyWriter>();
  const writerOf = (messages: readonly Message[]): BodyWriter => {
    const writer = writers.get(messages) ?? createBodyWriter();
    writers.set(messages, writer);
    return writer;
  };
  return { messages: new Messages(client), host, baseUrl: shownUrl(baseUrl), secret, usesProxy: namesProxy(env), writerOf };
}

function shownUrl(baseUrl: string): string {
  const { origin, pathname } = new URL(baseUrl);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}
