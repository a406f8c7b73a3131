/**
 * The MCP servers of one runtime, shared by its sessions. Nothing is started before `start`; what servers do reaches the core only
 * as frames of their thread. A server, and a thread, that fails is told and ends the requests that wait for it, and no more.
 */
import type { McpConfig } from "../../config/loaded.ts";
import { mcpChildEnv, mcpNetEnv } from "../../workers/mcp-child-env.ts";
import type { Processes } from "../../workers/processes.ts";
import { GantryError } from "../contract/errors.ts";
import type { McpCatalog, McpMethod, McpServerSpec, McpState } from "../contract/mcp.ts";
import type { FromMcp, McpBounds, McpThreadData, ReplyOf } from "../contract/mcp-frames.ts";
import type { Json } from "../contract/messages.ts";
import { printable } from "../contract/printable.ts";
import type { Registry } from "../registry.ts";
import { AskRouting } from "./ask-routing.ts";
import { createFacts, type Facts, redactedFacts } from "./facts.ts";
import type { Mcp, McpRequestOptions } from "./mcp.ts";
import { registerOwnTools } from "./own-source.ts";
import { Requests } from "./requests.ts";
import type { RestartBounds } from "./restart.ts";
import { createSources, type Sources } from "./sources.ts";
import { countSubscriptions } from "./subscriptions.ts";
import { Threads, type ThreadsParts } from "./threads.ts";
import { isComing, unknownServer, unusable } from "./usable-server.ts";
import { waitUntil } from "./wait-until.ts";

export interface McpOptions {
  version: string;
  config: McpConfig;
  /** File URLs, as they are now. */
  roots(): readonly string[];
  /** The core's own environment; workers/mcp-child-env.ts says what of it servers see. */
  env: Readonly<Record<string, string | undefined>>;
  tokenFolder: string;
  useKeychain: boolean;
  /** The thread's bundle, absolute. */
  filename: string;
  processes(): Promise<Processes>;
  registry: Registry;
  /** Files that the project's server written at `source` starts and that are no longer what was trusted. */
  changedScripts?(source: string): readonly string[];
  /** Takes secrets out of what servers say to people: their states, errors, log lines and progress. */
  redact?(text: string): string;
  bounds?: Partial<McpBounds>;
  /** Of the thread. */
  restarts?: Partial<RestartBounds>;
  beatMs?: number;
}

const bounds: McpBounds = {
  maxMessageBytes: 16 * 1024 * 1024,
  maxMessagesPerSecond: 2_000,
  stderrBytes: 64 * 1024,
  endMs: 300,
  pingEveryMs: 30_000,
  retryMs: 500,
  retryMaxMs: 30_000,
  maxRetries: 5,
};
/** Of the end of all; each server's own takes at most thrice endMs. */
const politeMs = 2_000;
/** Of the end of all where none is ready: most end within 5 ms at their first signal, and a search for what did not costs 30. */
const startingMs = 20;
/** Beyond the thread's own bound, which says why. */
const startGraceMs = 2_000;

/** Starts nothing. */
export function createMcp(options: McpOptions): Mcp {
  const servers = new Servers(options);
  const subscriptions = countSubscriptions(
    async (server, method, params, how) => await servers.request(server, method, params as Json, how),
  );
  const mcp: Mcp = {
    specs: options.config.servers,
    facts: () => servers.facts.all(),
    catalog: (server) => servers.facts.catalog(server),
    start: (names) => servers.start(names),
    settled: async (wanted) => await servers.settled(wanted),
    request: subscriptions.request,
    get generation() {
      return servers.facts.generation;
    },
    onChange: (listener) => servers.facts.onChange(listener),
    attach: (session) => {
      const undo = servers.asks.attach(session);
      return () => {
        undo();
        subscriptions.forget(session.id);
      };
    },
    rootsMayDiffer: () => servers.rootsMayDiffer(),
    close: () => servers.close(),
  };
  const names = mcp.specs.map(({ name }) => name);
  if (names.length > 0) registerOwnTools({ registry: options.registry, servers: names, mcp: () => mcp });
  return mcp;
}

class Servers {
  readonly facts: Facts;
  readonly asks: AskRouting;
  readonly #specs: readonly McpServerSpec[];
  readonly #names: readonly string[];
  readonly #requests: Requests;
  readonly #threads: Threads;
  readonly #sources: Sources;
  readonly #redact: (text: string) => string;
  readonly #changedScripts: McpOptions["changedScripts"];
  readonly #roots: McpOptions["roots"];
  #knownRoots: string;
  #closed: Promise<void> | undefined;

  constructor(options: McpOptions) {
    this.#specs = options.config.servers;
    this.#names = this.#specs.map(({ name }) => name);
    this.#changedScripts = options.changedScripts;
    this.#roots = options.roots;
    this.#knownRoots = this.#roots().join("\n");
    this.#redact = options.redact ?? ((text) => text);
    this.facts = createFacts(options.config);
    this.asks = new AskRouting(() => this.#requests);
    this.#requests = new Requests({
      send: (server, frame) => this.#threads.send(server, frame),
      onEnded: (id) => this.asks.requestEnded(id),
      redact: this.#redact,
    });
    this.#threads = new Threads({
      ...threadParts(options),
      // A server that is failed stays so, whatever becomes of its thread.
      isWanted: (server) => this.facts.find(server)?.state !== "failed",
      onFrame: (frame, link) => this.#take(frame, link),
      onGone: (servers, end) => this.#gone(servers, end),
    });
    this.#sources = createSources({
      registry: options.registry,
      request: async (server, method, params, how) => await this.request(server, method, params as Json, how),
    });
  }

  /** Who names a server wants it tried again. */
  start(names?: readonly string[]): void {
    if (names === undefined) this.#startThose(this.#names, (state) => state === "idle");
    else this.#startThose(names, (state) => state !== "starting" && state !== "ready");
  }

  async settled({ servers = this.#names, boundMs, signal }: Parameters<Mcp["settled"]>[0]): Promise<void> {
    this.#startThose(servers, (state) => state === "idle");
    const isSettled = (): boolean => servers.every((name) => this.facts.find(name)?.state !== "starting");
    await waitUntil(isSettled, { onChange: (listener) => this.facts.onChange(listener), boundMs, signal });
  }

  async request<M extends McpMethod>(
    server: string,
    method: M,
    params: Json,
    { signal, timeoutMs, sessionId, onProgress }: McpRequestOptions,
  ): Promise<ReplyOf<M>> {
    const spec = await this.#usable(server, method, signal);
    if (this.#closed !== undefined)
      throw new GantryError("MCP_DISCONNECTED", `Gantry is closing; the MCP server ${server} is asked nothing more`);
    const call = { server, method, params, timeoutMs: timeoutMs ?? spec.callTimeoutMs, signal, sessionId, onProgress };
    return (await this.#requests.call(call)) as unknown as ReplyOf<M>;
  }

  rootsMayDiffer(): void {
    const roots = [...this.#roots()];
    if (roots.join("\n") === this.#knownRoots) return;
    this.#knownRoots = roots.join("\n");
    this.#threads.sendAll({ type: "roots", roots });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const isAnyReady = this.facts.all().some(({ state }) => state === "ready");
    this.#requests.lost(this.#names, "Gantry is closing");
    // Who is still starting has nothing to lose, and a run of 100 ms is not to wait for it.
    await this.#threads.end(isAnyReady ? politeMs : startingMs);
    for (const name of this.#names) if (this.facts.find(name)?.state !== "idle") this.facts.change(name, { state: "stopped" });
  }

  #startThose(names: readonly string[], isWanted: (state: McpState) => boolean): void {
    if (this.#closed !== undefined) return;
    for (const spec of this.#specs) {
      if (!names.includes(spec.name) || !isWanted(this.facts.find(spec.name)?.state ?? "idle")) continue;
      this.facts.change(spec.name, { state: "starting" });
      this.#threads.open(spec);
    }
  }

  /** A login is asked for because the server is not ready. */
  async #usable(name: string, method: McpMethod, signal: AbortSignal): Promise<McpServerSpec> {
    const facts = this.facts.find(name);
    const spec = this.#specs.find((each) => each.name === name);
    if (facts === undefined) {
      const names = this.facts.all().map((each) => each.name);
      throw unknownServer(name, names);
    }
    if (spec === undefined) throw unusable(facts);
    if (isComing(facts)) await this.settled({ servers: [name], boundMs: spec.startTimeoutMs + startGraceMs, signal });
    signal.throwIfAborted();
    const now = this.facts.find(name) ?? facts;
    if (now.state !== "ready" && method !== "login" && method !== "logout") throw unusable(now);
    return spec;
  }

  #take(frame: FromMcp, link: object): void {
    if (frame.type === "facts") this.#takeFacts(frame);
    else if (frame.type === "catalog") this.#takeCatalog(frame);
    else if (frame.type === "result" || frame.type === "progress") this.#requests.take(frame);
    else if (frame.type === "ask") this.asks.take(link, frame, (answer) => this.#threads.send(frame.server, answer));
    else if (frame.type === "permit")
      this.#threads.send(frame.server, { type: "permit", id: frame.id, ...this.#refusal(frame) });
    else if (frame.type === "unask") this.asks.unask(link, frame.id);
    else if (frame.type === "updated") this.facts.tell({ kind: "updated", server: frame.server, uri: frame.uri });
    else if (frame.type === "log") {
      const { server, level, text } = frame;
      this.facts.tell({ kind: "log", server, level, text: this.#redact(text) });
    }
  }

  /** Trust in a project's server is trust in the files that it names as they were then, at its first start and at each other. */
  #refusal({ server }: { server: string }): { why?: string } {
    const source = this.#specs.find(({ name }) => name === server)?.source;
    const [changed] = (source === undefined ? undefined : this.#changedScripts?.(source)) ?? [];
    if (changed === undefined) return {};
    const todo = "look at it, run gantry trust grant, and begin anew";
    return { why: `${printable(changed)} is not what it was when the project was trusted; ${todo}` };
  }

  /** Tools of one that is down stay for its restart; of one that is not started again they go. */
  #takeFacts({ facts }: Extract<FromMcp, { type: "facts" }>): void {
    const { name, state } = facts;
    if (state !== "ready" && state !== "starting") this.#dropTools(name);
    this.facts.told(redactedFacts(facts, this.#redact));
  }

  #takeCatalog({ server, json }: Extract<FromMcp, { type: "catalog" }>): void {
    const spec = this.#specs.find(({ name }) => name === server);
    if (spec === undefined) return;
    const catalog = JSON.parse(json) as Partial<McpCatalog>;
    this.facts.changeCatalog(server, catalog, catalog.tools && this.#sources.put(spec, catalog.tools));
  }

  #dropTools(server: string): void {
    if (this.facts.catalog(server) === undefined) return;
    this.#sources.remove(server);
    this.facts.dropCatalog(server);
  }

  #gone(servers: readonly string[], { link, why, isFinal }: Parameters<ThreadsParts["onGone"]>[1]): void {
    this.asks.lost(link);
    this.#requests.lost(servers, `the thread that speaks to it ended: ${why}`);
    for (const server of servers) {
      if (this.facts.find(server)?.state === "failed") continue;
      if (isFinal) {
        this.#dropTools(server);
        this.facts.change(server, { state: "failed", code: "MCP_START_FAILED", why: `its thread keeps ending: ${why}` });
      } else this.facts.restarting(server, `its thread ended and is started again: ${why}`);
    }
  }
}

function threadParts(options: McpOptions): Omit<ThreadsParts, "isWanted" | "onFrame" | "onGone"> {
  const { version, env, filename, roots, processes, tokenFolder, useKeychain, restarts, beatMs } = options;
  const data: McpThreadData = {
    ...{ version, childEnv: mcpChildEnv(env), netEnv: mcpNetEnv(env), tokenFolder, useKeychain },
    bounds: { ...bounds, ...options.bounds },
  };
  return { filename, roots, processes, restarts, beatMs, data };
}
