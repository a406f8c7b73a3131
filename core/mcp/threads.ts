/**
 * The threads of a runtime's servers: one for all, started again with back-off when it dies. One that keeps dying is split, a
 * thread for each server, so that whichever kills it fails alone.
 */
import type { McpServerSpec } from "../contract/mcp.ts";
import type { FromMcp, ToMcp } from "../contract/mcp-frames.ts";
import { createRestarts, type RestartBounds, type Restarts } from "./restart.ts";
import { ThreadLink, type ThreadParts } from "./thread-link.ts";

export interface ThreadsParts extends ThreadParts {
  restarts?: Partial<RestartBounds> | undefined;
  /** Whether a server of a thread that died is to be opened in the next one. */
  isWanted(server: string): boolean;
  onFrame(frame: FromMcp, link: object): void;
  /** Its servers are started again, but where `isFinal`. */
  onGone(servers: readonly string[], options: { link: object; why: string; isFinal: boolean }): void;
}

interface Group {
  servers: Map<string, McpServerSpec>;
  restarts: Restarts;
  link?: ThreadLink | undefined;
  timer?: NodeJS.Timeout;
  /** What the last life of it left behind is gone. */
  settled?: Promise<void>;
}

interface End {
  link: ThreadLink;
  why: string;
  settled: Promise<void>;
}

const bounds: RestartBounds = { firstMs: 200, longestMs: 10_000, most: 4, calmMs: 60_000 };
const splitAfter = 2;

export class Threads {
  readonly #parts: ThreadsParts;
  #groups: Group[] = [];
  /** Of a thread that was split: none of them ever shares one again. */
  readonly #apart = new Set<string>();
  /** Last ends of what is not started again. */
  readonly #ending = new Set<Promise<void>>();
  #isOver = false;

  constructor(parts: ThreadsParts) {
    this.#parts = parts;
  }

  open(spec: McpServerSpec): void {
    const shared = this.#apart.has(spec.name) ? undefined : this.#groups.find(({ servers }) => !this.#isApart(servers));
    const group = this.#groupOf(spec.name) ?? shared ?? this.#newGroup([]);
    if (!this.#groups.includes(group)) this.#groups.push(group);
    group.servers.set(spec.name, spec);
    if (group.link !== undefined) group.link.open(spec);
    else if (group.settled === undefined) this.#start(group);
  }

  /** To the thread of this server; nothing happens while it has none. */
  send(server: string, frame: ToMcp): void {
    this.#groupOf(server)?.link?.send(frame);
  }

  /** A thread that is not up yet needs nothing: what it begins with is of then. */
  sendAll(frame: ToMcp): void {
    for (const { link } of this.#groups) link?.send(frame);
  }

  async end(politeMs: number): Promise<void> {
    this.#isOver = true;
    for (const { timer } of this.#groups) clearTimeout(timer);
    const ends = this.#groups.map(async ({ link, settled }) => await (link?.end(politeMs) ?? settled));
    await Promise.all([...ends, ...this.#ending]);
  }

  #newGroup(specs: readonly McpServerSpec[]): Group {
    return {
      servers: new Map(specs.map((spec) => [spec.name, spec])),
      restarts: createRestarts({ ...bounds, ...this.#parts.restarts }),
    };
  }

  #groupOf(server: string): Group | undefined {
    return this.#groups.find(({ servers }) => servers.has(server));
  }

  #isApart(servers: Group["servers"]): boolean {
    return [...servers.keys()].some((name) => this.#apart.has(name));
  }

  #start(group: Group): void {
    if (this.#isOver || group.link !== undefined || !this.#groups.includes(group)) return;
    group.restarts.started();
    const link: ThreadLink = new ThreadLink(this.#parts, {
      onFrame: (frame) => this.#parts.onFrame(frame, link),
      onGone: (why, settled) => this.#gone(group, { link, why, settled }),
    });
    group.link = link;
    for (const spec of group.servers.values()) if (this.#parts.isWanted(spec.name)) link.open(spec);
  }

  /** What the last life left behind is gone first: two of one server may not share what they write to. */
  #startLater(group: Group, waitMs: number, settled: Promise<void>): void {
    group.settled = settled;
    void settled.then(() => {
      if (!this.#isOver) group.timer = setTimeout(() => this.#start(group), waitMs);
    });
  }

  #gone(group: Group, { link, why, settled }: End): void {
    group.link = undefined;
    const names = [...group.servers.keys()];
    const waitMs = group.restarts.ended();
    const isSplit = group.servers.size > 1 && group.restarts.count >= splitAfter;
    const isFinal = waitMs === undefined && !isSplit;
    if (isFinal || isSplit) this.#groups = this.#groups.filter((other) => other !== group);
    if (isFinal) this.#ending.add(settled);
    else if (isSplit) this.#split(group, settled);
    else this.#startLater(group, waitMs ?? 0, settled);
    this.#parts.onGone(names, { link, why, isFinal });
  }

  #split({ servers }: Group, settled: Promise<void>): void {
    for (const spec of servers.values()) {
      this.#apart.add(spec.name);
      if (!this.#parts.isWanted(spec.name)) continue;
      const alone = this.#newGroup([spec]);
      this.#groups.push(alone);
      this.#startLater(alone, 0, settled);
    }
  }
}
