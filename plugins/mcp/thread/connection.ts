/** One connection to one server, from initialize to its end; made anew when the server is started again. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { jsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/types.js";
import type { McpAskKind, McpAsks, McpServerSpec } from "../../../core/contract/mcp.ts";
import { boundCancels } from "./cancel-notices.ts";
import { createOffer, type Offer } from "./catalog.ts";
import { type AskUser, answerServer, askUrl } from "./client-answers.ts";
import { faultOf } from "./fault-of.ts";
import { initialize, readFirst, watchVersion } from "./initialize.ts";
import { countErrors, type Introduction, introduce } from "./introduction.ts";
import type { Link } from "./link.ts";
import { boundParts } from "./message-parts.ts";
import type { MethodParts } from "./methods.ts";
import { listenToNews, type NewsOptions } from "./news.ts";
import { startPings } from "./pings.ts";
import type { Problems } from "./problems.ts";
import { createRequests, type Requests } from "./requests.ts";
import { createSubscriptions, type Subscriptions } from "./subscriptions.ts";
import { type Completions, createCompletions } from "./url-needed.ts";

export interface ConnectionParts {
  spec: McpServerSpec;
  version: string;
  link: Link;
  pingEveryMs: number;
  problems: Problems;
  roots(): readonly string[];
  /** `request`: the core's, where it can be told. */
  ask<K extends McpAskKind>(
    kind: K,
    params: McpAsks[K]["params"],
    about: { signal: AbortSignal; request: number | undefined },
  ): Promise<McpAsks[K]["reply"]>;
  onCatalog(): void;
  onUpdated(uri: string): void;
  onLog(level: string, text: string): void;
}

export interface Connection {
  readonly link: Link;
  readonly introduction: Introduction;
  readonly offer: Offer;
  readonly requests: Requests;
  tellRoots(): void;
  /** Polite and bounded. */
  close(): Promise<void>;
}

const urlWaitMs = 60_000;
/** The thread checks results itself, with bounds; the SDK's own validator is not even made. */
const noValidator: jsonSchemaValidator = {
  getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }),
};
const capabilities = { roots: { listChanged: true }, sampling: {}, elicitation: { form: { applyDefaults: true }, url: {} } };

/** Fault. `signal` is the start's: what it ends is told as its reason. */
export async function connect(parts: ConnectionParts, signal: AbortSignal): Promise<Connection> {
  const { spec, link, problems } = parts;
  const client = new Client({ name: "gantry", version: parts.version }, { capabilities, jsonSchemaValidator: noValidator });
  const offer = createOffer({ client, spec, onProblem: problems.add });
  countErrors(client, problems);
  try {
    return await connectClient({ ...parts, client, offer }, signal);
  } catch (error) {
    const fault = faultOf(error, { server: spec.name, method: "initialize" });
    link.lose(fault);
    await client.close().catch(() => undefined);
    throw fault;
  }
}

interface ClientParts extends ConnectionParts {
  client: Client;
  offer: Offer;
}

async function connectClient(parts: ClientParts, signal: AbortSignal): Promise<Connection> {
  const { client, offer, link } = parts;
  const { name: server } = parts.spec;
  const firstRoots = parts.roots().join("\n");
  const completions = createCompletions();
  let requests: Requests | undefined;
  answerServer(client, { roots: parts.roots, ask: asking(parts, () => requests) });
  const protocolVersion = watchVersion(link);
  boundParts(link.transport, server);
  boundCancels(link.transport);
  await initialize(client, { link, server, signal });
  const askUrls = urlAsker(parts, completions, () => requests);
  const subscriptions = createSubscriptions();
  requests = subscriptions.follow(createRequests({ client, link, server, checkOf: offer.checkOf, askUrls }));
  const stopPings = startPings({ client, link, server, everyMs: parts.pingEveryMs, isBusy: () => requests?.isBusy === true });
  const ending = new AbortController();
  const news = listenToNews(client, newsOptions({ ...parts, completions, subscriptions }, ending.signal));
  const stop = (): void => {
    stopPings();
    news.stop();
    ending.abort();
  };
  void link.lost.then(stop);
  await readFirst(client, offer, { link, server, signal });
  const tellRoots = (): void => void client.sendRootsListChanged().catch(() => undefined);
  // New ones are told to connections that are made: this one was not when they came.
  if (parts.roots().join("\n") !== firstRoots) tellRoots();
  return {
    ...{ link, offer, requests, tellRoots, introduction: introduce(client, protocolVersion()) },
    async close() {
      stop();
      await link.end();
      await client.close().catch(() => undefined);
    },
  };
}

interface NewsParts extends ClientParts {
  completions: Completions;
  subscriptions: Subscriptions;
}

function newsOptions(parts: NewsParts, ending: AbortSignal): NewsOptions {
  const { offer, spec, onCatalog, onUpdated, onLog, completions, subscriptions } = parts;
  return {
    ...{ onUpdated, onLog, onCompleted: completions.completed, isWatched: subscriptions.has },
    async refresh(kinds) {
      await offer.read(kinds, AbortSignal.any([ending, AbortSignal.timeout(spec.startTimeoutMs)]));
      onCatalog();
    },
  };
}

/** The addresses of a call that was refused for want of them (-32042), one after another. */
function urlAsker(parts: ClientParts, completions: Completions, requests: () => Requests | undefined): MethodParts["askUrls"] {
  return async (questions, id, signal) => {
    for (const question of questions) {
      const about = { signal, request: id };
      const { action } = await askUrl(question, (asked) => heldAsk(requests(), id, () => parts.ask("elicitUrl", asked, about)));
      if (action !== "accept") return false;
    }
    await completions.wait(
      questions.map(({ elicitationId }) => elicitationId),
      urlWaitMs,
      signal,
    );
    return true;
  };
}

/** The request of the core that a question belongs to: by its progress token, or by the stream it came in. */
function asking(parts: ConnectionParts, requests: () => Requests | undefined): AskUser {
  return (kind, params, about) => {
    const token = about.meta?.["progressToken"];
    const messageId = typeof token === "number" || typeof token === "string" ? token : parts.link.during?.();
    const request = requests()?.coreId(messageId);
    return heldAsk(requests(), request, () => parts.ask(kind, params, { signal: about.signal, request }));
  };
}

/** The user's time to answer is not the server's. */
async function heldAsk<T>(requests: Requests | undefined, id: number | undefined, ask: () => Promise<T>): Promise<T> {
  const release = requests?.hold(id);
  try {
    return await ask();
  } finally {
    release?.();
  }
}
