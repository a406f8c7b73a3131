/** What crosses between the core and a thread for one file effect of a guest. Types only. */
import type { MessagePort } from "node:worker_threads";
import type { Reach } from "../core/contract/execution.ts";
import type { FrameBytes } from "../core/contract/frames.ts";
import type { Json } from "../core/contract/messages.ts";
import type { ListQuery, SearchQuery } from "../core/contract/plugin.ts";
import type { CrossedError } from "./call-messages.ts";
import type { ReadRequest } from "./effects/fs-read.ts";

/** Checked by its shape, and covered by what it spells. */
export type FileRequest =
  | { kind: "fs.read"; request: ReadRequest }
  | { kind: "fs.write"; request: { path: string; content: string | FrameBytes; expect: string | null } }
  | { kind: "fs.list"; request: ListQuery }
  | { kind: "fs.search"; request: SearchQuery };

/** One file effect of a guest; the thread asks its scopes again about what is really there. */
export interface FileEffect {
  plugin: string;
  asked: FileRequest;
  scopes: readonly string[];
  cwd: string;
  home: string;
  /** Folders below which nothing is reached, whatever the scopes say. */
  closed: readonly string[];
  /** Of the call; the thread adds where absolute scopes begin. */
  reach: Reach;
}

/** Performs it in a thread. An effect's codes; TOOL_TIMEOUT, TOOL_CRASHED; the signal's reason when it is aborted. */
export type PerformFileEffect = (effect: FileEffect, options: { signal: AbortSignal; timeoutMs: number }) => Promise<Json>;

export interface FileEffectTask extends Omit<FileEffect, "reach"> {
  reach: Omit<Reach, "hidden"> & { hidden: string };
  port: MessagePort;
}

/** `bytesCome`: the value's field `bytes` is a message on the port, posted before this reply. */
export type FileEffectReply = { ok: true; value: Json; bytesCome?: true } | { ok: false; error: CrossedError };
