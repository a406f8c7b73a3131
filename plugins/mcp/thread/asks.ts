/** What servers ask of the user and of the session: each is answered, taken back, or ends with its time; few at once of one server. */
import type { McpAskKind, McpAsks } from "../../../core/contract/mcp.ts";
import type { FromMcp, ToMcp } from "../../../core/contract/mcp-frames.ts";

const maxAsksOfServer = 8;
const askMs = 10 * 60 * 1000;

/** An ask that ended without an answer, with words that the server is told. */
export class AskRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface AskOptions {
  server: string;
  request?: number | undefined;
  signal: AbortSignal;
}

export interface Asks {
  /** AskRefused. */
  ask<K extends McpAskKind>(kind: K, params: McpAsks[K]["params"], options: AskOptions): Promise<McpAsks[K]["reply"]>;
  answer(frame: ToMcp & { type: "answer" }): void;
}

interface Pending {
  server: string;
  settle(frame: ToMcp & { type: "answer" }): void;
}

export function createAsks(post: (frame: FromMcp) => void): Asks {
  const pending = new Map<number, Pending>();
  let lastId = 0;

  const countOf = (server: string): number => [...pending.values()].filter((one) => one.server === server).length;

  async function ask<K extends McpAskKind>(
    kind: K,
    params: McpAsks[K]["params"],
    options: AskOptions,
  ): Promise<McpAsks[K]["reply"]> {
    const { server, request, signal } = options;
    if (countOf(server) >= maxAsksOfServer) throw new AskRefused("MCP_FLOOD", `${maxAsksOfServer} questions wait already.`);
    if (signal.aborted) throw new AskRefused("TOOL_INTERRUPTED", "The question was taken back.");
    const id = ++lastId;
    const answered = Promise.withResolvers<ToMcp & { type: "answer" }>();
    const takeBack = (code: string, why: string): void => {
      post({ type: "unask", id });
      answered.reject(new AskRefused(code, why));
    };
    const late = setTimeout(() => takeBack("MCP_TIMEOUT", `Nobody answered within ${askMs / 60_000} minutes.`), askMs);
    const aborted = (): void => takeBack("TOOL_INTERRUPTED", "The question was taken back.");
    signal.addEventListener("abort", aborted, { once: true });
    pending.set(id, { server, settle: answered.resolve });
    try {
      // The frame's union of kinds does not follow from K; the parameters above are the kind's own.
      post({ type: "ask", id, server, ...(request === undefined ? {} : { request }), kind, params } as FromMcp);
      const frame = await answered.promise;
      if (!frame.ok) throw new AskRefused(frame.code, frame.message);
      return frame.value as unknown as McpAsks[K]["reply"];
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", aborted);
      pending.delete(id);
    }
  }

  return { ask, answer: (frame) => pending.get(frame.id)?.settle(frame) };
}
