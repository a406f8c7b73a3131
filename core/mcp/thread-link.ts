/** One life of one thread and of the children that it starts: launched once, gone once, ended by whoever holds it. */

import type { McpThread } from "../../workers/mcp-thread.ts";
import type { Processes } from "../../workers/processes.ts";
import type { ThreadChildren } from "../../workers/thread-children.ts";
import { messageOf } from "../contract/errors.ts";
import type { McpServerSpec } from "../contract/mcp.ts";
import type { FromMcp, McpThreadData, ToMcp } from "../contract/mcp-frames.ts";

export interface ThreadParts {
  /** The thread's bundle, absolute. */
  filename: string;
  /** Whole but for the mark that each thread adds to the environment of its children. */
  data: McpThreadData;
  /** File URLs, as they are now. */
  roots(): readonly string[];
  processes(): Promise<Processes>;
  /** Between beats. */
  beatMs?: number | undefined;
}

export interface LinkEvents {
  onFrame(frame: FromMcp): void;
  /** The thread has ended by itself, or could not start. `settled`: what it started is gone too. */
  onGone(why: string, settled: Promise<void>): void;
}

interface Live {
  thread: McpThread;
  children: ThreadChildren;
}

/** Of children whose thread is gone: their pipes are closed, and most end by themselves. */
const orphanGraceMs = 200;

export class ThreadLink {
  readonly #parts: ThreadParts;
  readonly #events: LinkEvents;
  readonly #waiting: McpServerSpec[] = [];
  readonly #ended = Promise.withResolvers<void>();
  #live: Live | undefined;
  #isOver = false;
  /** Without any there is nothing to look for at the end; one that is only being started counts. */
  #mayHaveChildren = false;
  #hasEndedAll = false;
  #isUp = false;

  constructor(parts: ThreadParts, events: LinkEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#launch().catch((error: unknown) => this.#gone(`it could not be started: ${messageOf(error)}`));
  }

  open(spec: McpServerSpec): void {
    if (this.#live === undefined) this.#waiting.push(spec);
    else this.#sendOpen(spec, this.#live);
  }

  /** Nothing happens before there is a thread. */
  send(frame: ToMcp): void {
    this.#live?.thread.send(frame);
  }

  /** At most `politeMs` for servers to end by themselves, then surely; resolves when all are gone, but what they hid. */
  async end(politeMs: number): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    // What is still being loaded starts nothing any more.
    if (this.#live === undefined) return;
    const { thread, children } = this.#live;
    if (this.#isUp) {
      thread.send({ type: "end" });
      await within(politeMs, this.#ended.promise);
    }
    await thread.terminate();
    if (!this.#mayHaveChildren) children.forget();
    else if (this.#hasEndedAll) children.over();
    else await children.end(0);
  }

  async #launch(): Promise<void> {
    const { filename, data, processes, beatMs } = this.#parts;
    const [table, { startMcpThread }] = await Promise.all([processes(), import("../../workers/mcp-thread.ts")]);
    if (this.#isOver) return;
    const children = table.threadChildren({ onReaper: (fd) => this.send({ type: "reaper", fd }) });
    const thread = startMcpThread({
      ...{ filename, data: { ...data, childEnv: { ...data.childEnv, ...children.env } } },
      onFrame: (frame) => this.#take(frame),
      onGone: (why) => this.#gone(why),
      ...(beatMs === undefined ? {} : { beatMs }),
    });
    this.#live = { thread, children };
    for (const spec of this.#waiting) this.#sendOpen(spec, this.#live);
  }

  #sendOpen(spec: McpServerSpec, { thread, children }: Live): void {
    const reaperFd = children.reaperFd();
    const fd = reaperFd === undefined ? {} : { reaperFd };
    thread.send({ type: "open", spec, roots: [...this.#parts.roots()], ...fd });
  }

  #take(frame: FromMcp): void {
    this.#isUp = true;
    if (frame.type === "facts" && frame.facts.kind === "stdio") this.#mayHaveChildren = true;
    if (frame.type === "group") this.#live?.children.group(frame.group, frame);
    else if (frame.type === "ended") {
      this.#hasEndedAll = true;
      this.#ended.resolve();
    } else if (!this.#isOver) this.#events.onFrame(frame);
  }

  #gone(why: string): void {
    this.#ended.resolve();
    if (this.#isOver) return;
    this.#isOver = true;
    const ending = this.#live?.children.end(orphanGraceMs) ?? Promise.resolve();
    this.#events.onGone(
      why,
      ending.catch(() => undefined),
    );
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
