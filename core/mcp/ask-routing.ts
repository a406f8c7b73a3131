/**
 * Which session answers a server's question: the one whose request it came with, else the only one with a request running on that
 * server. Without such a request nobody is asked. A question lives as long as the requests that it may belong to. Every question
 * is answered, if only with words.
 */
import { codeOf, GantryError, messageOf } from "../contract/errors.ts";
import type { McpAskKind, McpAsks, McpMethod } from "../contract/mcp.ts";
import type { FromMcp, ToMcp } from "../contract/mcp-frames.ts";
import type { Json } from "../contract/messages.ts";
import { untilAborted } from "../contract/until-aborted.ts";
import type { McpSession } from "./mcp.ts";
import type { Requests } from "./requests.ts";

type AskFrame = Extract<FromMcp, { type: "ask" }>;
type Answer = (frame: Extract<ToMcp, { type: "answer" }>) => void;

interface OpenAsk {
  /** The thread that it came from, whose id this is. */
  link: object;
  id: number;
  server: string;
  /** Those that it may belong to and that have not ended; with the last of them it ends. */
  requests: Set<number>;
  session: string;
  stop: AbortController;
}

/** For people: they may have gone for a coffee, but not for ever. */
const longestMs = 15 * 60_000;
const mostOfServer = 8;
/** Not of a turn: somebody types, or nobody knows of them. */
const silent: readonly McpMethod[] = ["complete"];

interface Asked {
  session: McpSession;
  /** Oldest first. */
  requests: [number, ...number[]];
}

export class AskRouting {
  readonly #requests: () => Requests;
  readonly #sessions = new Map<string, McpSession>();
  readonly #open = new Set<OpenAsk>();

  constructor(requests: () => Requests) {
    this.#requests = requests;
  }

  attach(session: McpSession): () => void {
    this.#sessions.set(session.id, session);
    return () => {
      if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
      this.#stop((ask) => ask.session === session.id, "the session that was asked has ended");
    };
  }

  take(link: object, ask: AskFrame, answer: Answer): void {
    const { id } = ask;
    const refuse = (error: unknown): void =>
      answer({ type: "answer", id, ok: false, code: codeOf(error) ?? "INTERNAL", message: messageOf(error) });
    // A reply that cannot be sent is refused too.
    this.#ask(link, ask)
      .then((value) => answer({ type: "answer", id, ok: true, value }))
      .catch(refuse);
  }

  /** The server took its question back. */
  unask(link: object, id: number): void {
    this.#stop((ask) => ask.link === link && ask.id === id, "the server took its question back");
  }

  requestEnded(request: number): void {
    const isLast = ({ requests }: OpenAsk): boolean => requests.delete(request) && requests.size === 0;
    this.#stop(isLast, "the request of the question has ended");
    for (const session of this.#sessions.values()) session.callEnded?.(request);
  }

  lost(link: object): void {
    this.#stop((ask) => ask.link === link, "the server is gone");
  }

  async #ask(link: object, ask: AskFrame): Promise<Json> {
    const { server, id } = ask;
    const { session, requests } = this.#asked(ask);
    if ([...this.#open].filter((other) => other.server === server).length >= mostOfServer)
      throw new GantryError("QUEUE_FULL", `${mostOfServer} questions of this server wait for their answers already`);
    const stop = new AbortController();
    const open: OpenAsk = { link, id, server, requests: new Set(requests), session: session.id, stop };
    const timer = setTimeout(() => stop.abort(new GantryError("USER_UNAVAILABLE", "nobody answered in time")), longestMs);
    this.#open.add(open);
    // Where it cannot be told whose question it is, nobody's clock runs.
    const held = ask.request === undefined ? this.#requests().runningOn(server) : [{ id: ask.request }];
    for (const one of held) this.#requests().hold(one.id);
    try {
      const about = { server, signal: stop.signal, call: requests[0] };
      const reply = session.answer(ask.kind, ask.params as McpAsks[McpAskKind]["params"], about);
      return (await untilAborted(reply, stop.signal)) as unknown as Json;
    } finally {
      clearTimeout(timer);
      this.#open.delete(open);
      for (const one of held) this.#requests().release(one.id);
    }
  }

  #asked({ server, request }: AskFrame): Asked {
    const running = this.#requests()
      .runningOn(server)
      .filter(({ id, method }) => (request === undefined || id === request) && !silent.includes(method));
    const named = [...new Set(running.flatMap(({ sessionId = [] }) => sessionId))];
    const only = this.#sessions.size === 1 ? [...this.#sessions.keys()] : [];
    const [id, ...others] = named.length > 0 ? named : only;
    const session = id === undefined || others.length > 0 ? undefined : this.#sessions.get(id);
    const [first, ...more] = running.flatMap((one) => ((one.sessionId ?? id) === id ? [one.id] : []));
    if (first === undefined)
      throw new GantryError("USER_UNAVAILABLE", "nothing is asked while no request of a session runs on the server");
    if (session === undefined)
      throw new GantryError("USER_UNAVAILABLE", "it cannot be told which session of the client is to be asked");
    return { session, requests: [first, ...more] };
  }

  #stop(which: (ask: OpenAsk) => boolean, why: string): void {
    for (const ask of this.#open) if (which(ask)) ask.stop.abort(new GantryError("TOOL_INTERRUPTED", why));
  }
}
