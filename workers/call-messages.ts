/**
 * What crosses between the core and a tool's thread. A call is one piscina task and one MessagePort: the task brings the
 * input, its reply the outcome; the port carries progress, requests for effects the core performs, their replies, and cancel.
 */
import type { MessagePort } from "node:worker_threads";
import { codeOf, type ErrorCode, GantryError, messageOf } from "../core/contract/errors.ts";
import type { Reach, ToolOutcome } from "../core/contract/execution.ts";
import type { Json, JsonObject } from "../core/contract/messages.ts";
import type { Grants } from "../core/contract/permissions.ts";
import type { SpawnFileOptions } from "./effects/effect.ts";
import type { ProcessRequest } from "./effects/process-run.ts";
import type { SessionReadRequest } from "./effects/session-read.ts";
import type { UserAskRequest } from "./effects/user-ask.ts";

export interface CallTask {
  plugin: string;
  tool: string;
  /** Whether the tool's own schema says more than the core has checked. */
  refines: boolean;
  callId: string;
  input: JsonObject;
  cwd: string;
  /** `hidden` as JSON: the same for all calls of a session, so a thread parses and compiles it once. */
  reach: Omit<Reach, "hidden"> & { hidden: string };
  home: string;
  grants: Grants;
  /** The plugin's section of the config, parsed. */
  options: JsonObject;
  port: MessagePort;
}

/** A task as the thread works on it. */
export type UnpackedTask = Omit<CallTask, "reach"> & { reach: Reach };

export type TaskReply = { ok: true; outcome: ToolOutcome } | { ok: false; error: CrossedError };

/** An effect that the core performs. `spawn.file` is no kind of its own: fs.search uses it after its own grant was asked. */
export type CoreRequest =
  | { kind: "process.run"; request: ProcessRequest }
  | { kind: "user.ask"; request: UserAskRequest }
  | { kind: "session.read"; request: SessionReadRequest }
  /** By the broker, as for a guest. */
  | { kind: "effect"; method: string; args: readonly Json[] }
  | { kind: "spawn.file"; file: string; args: readonly string[]; options: SpawnFileOptions };

export type FromThread =
  | { type: "progress"; text: string }
  | { type: "log"; text: string }
  /** The bytes of a file effect's reply, moved and not copied. */
  | { type: "bytes"; bytes: Uint8Array }
  | { type: "request"; id: number; body: CoreRequest };

export type ToThread =
  | { type: "cancel" }
  | { type: "reply"; id: number; ok: true; value: unknown }
  | { type: "reply"; id: number; ok: false; error: CrossedError };

/** An error as it crosses: no class, no stack. `code` is always a row of the table. */
export interface CrossedError {
  code: ErrorCode;
  message: string;
  detail?: Record<string, unknown>;
}

/** Makes an error ready to cross. Whatever has no code of ours becomes TOOL_FAILED with its message. */
export function crossing(error: unknown): CrossedError {
  const code = codeOf(error) ?? "TOOL_FAILED";
  const detail = error instanceof GantryError ? cloneable(error.detail) : undefined;
  return { code, message: messageOf(error), ...(detail && { detail }) };
}

/** The error as the near side throws it. */
export function crossed({ code, message, detail }: CrossedError): GantryError {
  return new GantryError(code, message, detail && { detail });
}

/** A detail that cannot be cloned would take the whole reply down with it; the message says enough without it. */
function cloneable(detail: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (detail === undefined) return undefined;
  try {
    return structuredClone(detail);
  } catch {
    return undefined;
  }
}
