/**
 * Which session answers a server's question: the one whose request it came with, else the only one with a request running on that
 * server, else the only one there is. Nobody else is asked. Every question is answered, if only with words.
 */
import { codeOf, GantryError, messageOf } from "../contract/errors.ts";
import type { McpAskKind, McpAsks } from "../contract/mcp.ts";
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
  request: number | undefined;
  session: string;
  stop: AbortController;
}

/** For people: they may have gone for a coffee, but not for ever. */
const longestMs = 15 * 60_000;
const mostOfServer = 8;

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
    this.#stop((ask) => ask.request === request, "the request of the question has ended");
  }

  lost(link: object): void {
    this.#stop((ask) => ask.link === link, "the server is gone");
  }

  async #ask(link: object, ask: AskFrame): Promise<Json> {
    const { server, request, id } = ask;
    const session = this.#sessionFor(ask);
    if (session === undefined)
      throw new GantryError("USER_UNAVAILABLE", "it cannot be told which session of the client is to be asked");
    if ([...this.#open].filter((other) => other.server === server).length >= mostOfServer)
      throw new GantryError("QUEUE_FULL", `${mostOfServer} questions of this server wait for their answers already`);
    const stop = new AbortController();
    const open: OpenAsk = { link, id, server, request, session: session.id, stop };
    const timer = setTimeout(() => stop.abort(new GantryError("USER_UNAVAILABLE", "nobody answered in time")), longestMs);
    this.#open.add(open);
    if (request !== undefined) this.#requests().hold(request);
    try {
      const reply = session.answer(ask.kind, ask.params as McpAsks[McpAskKind]["params"], { server, signal: stop.signal });
      return (await untilAborted(reply, stop.signal)) as unknown as Json;
    } finally {
      clearTimeout(timer);
      this.#open.delete(open);
      if (request !== undefined) this.#requests().release(request);
    }
  }

  #sessionFor({ server, request }: AskFrame): McpSession | undefined {
    const asking = request === undefined ? undefined : this.#requests().sessionOf(request);
    if (asking !== undefined) return this.#sessions.get(asking);
    const running = this.#requests().sessionsOn(server);
    if (running.length > 0) return running.length > 1 ? undefined : this.#sessions.get(running[0] ?? "");
    return this.#sessions.size === 1 ? [...this.#sessions.values()][0] : undefined;
  }

  #stop(which: (ask: OpenAsk) => boolean, why: string): void {
    for (const ask of this.#open) if (which(ask)) ask.stop.abort(new GantryError("TOOL_INTERRUPTED", why));
  }
}
