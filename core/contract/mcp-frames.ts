/**
 * What crosses between the core and the MCP thread: structured clones over the thread's own port. The thread reads bytes of
 * servers and the core does not; what the thread hands over is bounded and plain. Types only.
 */

import type { McpAskKind, McpAsks, McpMethod, McpMethods, McpServerFacts, McpServerSpec } from "./mcp.ts";
import type { Json } from "./messages.ts";

/** `workerData` of the thread. */
export interface McpThreadData {
  version: string;
  /** Whole environment of each child before its own `env`: chosen names of the core's, and the mark that the reaper looks for. */
  childEnv: Readonly<Record<string, string>>;
  /** Proxies and certificates for HTTP servers, from the core's environment. */
  netEnv: Readonly<Record<string, string>>;
  /** Folder of the tokens' files, 0700; made when the first is written. */
  tokenFolder: string;
  /** Whether the keychain is tried before the files. */
  useKeychain: boolean;
  bounds: McpBounds;
}

export interface McpBounds {
  /** Of one message of a server. */
  maxMessageBytes: number;
  maxMessagesPerSecond: number;
  /** How long a server may go on sending more than that; 10 s where absent. */
  floodMs?: number;
  stderrBytes: number;
  /** Polite part of a child's end: its input is closed, then SIGTERM, then SIGKILL to the group, each after this time. */
  endMs: number;
  /** Between pings of a server that is silent; 0: none. */
  pingEveryMs: number;
  /** First and longest wait before a server is started or connected again, and how often in a row. */
  retryMs: number;
  retryMaxMs: number;
  maxRetries: number;
}

export type ToMcp =
  /** `reaperFd`: a descriptor of this process that a child registers its group by, as workers/reaper.ts has it. */
  | { type: "open"; spec: McpServerSpec; roots: string[]; reaperFd?: number }
  /** The polite end of one; `facts` says when it is over. */
  | { type: "close"; server: string }
  | { type: "request"; id: number; server: string; method: McpMethod; params: Json; timeoutMs: number }
  | { type: "cancel"; id: number; reason: string }
  | { type: "answer"; id: number; ok: true; value: Json }
  | { type: "answer"; id: number; ok: false; code: string; message: string }
  /** `why`: it may not be started. */
  | { type: "permit"; id: number; why?: string }
  /** File URLs. */
  | { type: "roots"; roots: string[] }
  /** The reaper is another: children register by this descriptor from now on. */
  | { type: "reaper"; fd: number }
  | { type: "beat"; id: number }
  /** The end of all; `ended` follows. */
  | { type: "end" };

export type FromMcp =
  | { type: "up" }
  | { type: "facts"; facts: McpServerFacts }
  /**
   * Lists that have changed, each whole; all of them before a server is ready for the first time. `json` is of a
   * Partial<McpCatalog>: a clone of many small objects takes the core ten times as long as their text.
   */
  | { type: "catalog"; server: string; json: string }
  | { type: "result"; id: number; ok: true; value: Json }
  | { type: "result"; id: number; ok: false; code: string; message: string; detail?: Json }
  | { type: "progress"; id: number; text: string }
  /** At most 60 lines in a minute and server; what is more is counted in one. */
  | { type: "log"; server: string; level: string; text: string }
  /** `request`: the id of the core's request during which it came, where that can be told. */
  | ({ type: "ask"; id: number; server: string; request?: number } & AskOf)
  | { type: "unask"; id: number }
  /** A program that the project's config names is about to be started, the first time or again: may it? */
  | { type: "permit"; id: number; server: string }
  /** A resource that was subscribed to has changed. */
  | { type: "updated"; server: string; uri: string }
  | { type: "group"; group: number; isRunning: boolean }
  | { type: "beat"; id: number }
  | { type: "ended" };

type AskOf = { [K in McpAskKind]: { kind: K; params: McpAsks[K]["params"] } }[McpAskKind];

export type ParamsOf<M extends McpMethod> = McpMethods[M]["params"];
export type ReplyOf<M extends McpMethod> = McpMethods[M]["reply"];
