/** The MCP servers of one runtime, as its sessions and commands use them. Types; servers.ts makes one. */
import type { McpAskKind, McpAsks, McpCatalog, McpMethod, McpServerFacts, McpServerSpec } from "../contract/mcp.ts";
import type { ParamsOf, ReplyOf } from "../contract/mcp-frames.ts";

export interface Mcp {
  readonly specs: readonly McpServerSpec[];
  /** Every configured server, in the config's order; those that wait for trust and the disabled ones too. */
  facts(): McpServerFacts[];
  catalog(server: string): McpCatalog | undefined;
  /** Starts the thread and every server that is idle (or the named ones); returns at once. */
  start(servers?: readonly string[]): void;
  /** Resolves when none of the servers (default: all) is starting any more, or at the bound. Starts them. */
  settled(options: { servers?: readonly string[]; boundMs: number; signal: AbortSignal }): Promise<void>;
  /** MCP_* codes; the server's name is in the message. Waits for a server that is starting. */
  request<M extends McpMethod>(server: string, method: M, params: ParamsOf<M>, options: McpRequestOptions): Promise<ReplyOf<M>>;
  /** Rises with each change of a state, a catalog or a problem. */
  readonly generation: number;
  onChange(listener: (change: McpChange) => void): () => void;
  /** Who answers what servers ask while a call of the session runs. Undo with what is handed back. */
  attach(session: McpSession): () => void;
  /** Where the roots are other than before, the servers are told. */
  rootsMayDiffer(): void;
  close(): Promise<void>;
}

export interface McpRequestOptions {
  signal: AbortSignal;
  timeoutMs?: number;
  /** The session that asks: questions of the server during this request are its. */
  sessionId?: string | undefined;
  onProgress?(text: string): void;
}

export type McpChange =
  | { kind: "facts"; facts: McpServerFacts; before: McpServerFacts["state"] }
  | { kind: "catalog"; server: string }
  | { kind: "log"; server: string; level: string; text: string }
  | { kind: "updated"; server: string; uri: string };

export interface McpSession {
  id: string;
  /**
   * Throws a code that the server is told in words. Aborted when the server takes its question back or the call ends. `call`:
   * the request that it is counted for.
   */
  answer<K extends McpAskKind>(
    kind: K,
    params: McpAsks[K]["params"],
    about: { server: string; signal: AbortSignal; call?: number },
  ): Promise<McpAsks[K]["reply"]>;
  /** No question of the call comes any more. */
  callEnded?(call: number): void;
}
