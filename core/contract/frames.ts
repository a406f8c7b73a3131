/**
 * Frames on a guest's channel: JSON arrays `[kind, …]`, each a UTF-8 text behind its length (u32, little-endian). Identity
 * is the channel, never a field; ids rise strictly on each side, and a reply names the other side's id. Anything that does
 * not fit its row here is a violation, and the guest is ended (GUEST_PROTOCOL).
 */
import type { ErrorCode } from "./errors.ts";
import type { Json } from "./messages.ts";

export const frameProtocol = 1;

/** Bytes of one frame; a value whose text is longer crosses in `part` frames of at most `maxPartChars` each. */
export const maxFrameBytes = 1024 * 1024;
export const maxPartChars = 256 * 1024;
/** Characters of one value in all its parts. */
export const maxValueChars = 24 * 1024 * 1024;
/** Stream items that may be on their way without a credit. */
export const streamCredit = 64;

/** An error as it crosses, in both directions: no class, no stack. From a guest the code is a row of the table, or TOOL_FAILED. */
export interface FrameError {
  code: ErrorCode;
  message: string;
  detail?: Json;
}

/** What of a plugin a call wants. Named as in its manifest; taps by their place in it. */
export type CallTarget =
  /** Input: the tool's, parsed once more by its own schema. Result: its ToolOutput. */
  | { part: "tool"; name: string }
  /** Input: CommandInput. Chunks: `{print}`, `{say}` or `{warn}`, one text each, in order. Result: CommandOutput. */
  | { part: "command"; id: string }
  /** Input: the point's payload. Result: its answer, null for undefined. */
  | { part: "tap"; place: number }
  /** Input: `{request, settings}`. Chunks: ModelEvent. Result: null. */
  | { part: "stream"; provider: string }
  /** Input: `{model, settings}`. Result: a number. */
  | { part: "contextWindow"; provider: string };

/** What a call's context holds that is data. `workspace` and `cwd` are absolute and real. */
export interface CallFrameContext {
  callId: string;
  cwd: string;
  workspace: string;
  sessionId?: string;
  json?: boolean;
  terminal?: { isTerminal: boolean; color: boolean; columns: number };
}

/**
 * Stands where a value was that has crossed in parts: their texts, joined, are its JSON. The parts follow their frame at
 * once, with its id, and no other frame comes between. A value that itself looks like this crosses in one part.
 */
export interface InParts {
  $parts: number;
}

/** Bytes as an argument of a request or a field of its reply. A key of this name in data of a plugin is refused. */
export interface FrameBytes {
  $bytes: string;
}

export type CoreFrame =
  /**
   * The source of the verified bundle; answered with result (Contributions) or error, without ack. `options` is what the
   * config says, parsed by the plugin's own schema; null where the plugin is only to be described, and then alone do
   * schemas stand in what it contributes.
   */
  | readonly ["load", number, { name: string; options: Json; source: string | InParts }]
  | readonly ["call", number, { target: CallTarget; input: Json | InParts; context: CallFrameContext }]
  | readonly ["cancel", number, string]
  /** The answer to a request, by the guest's id. */
  | readonly ["reply", number, true, Json | InParts]
  | readonly ["reply", number, false, FrameError]
  /** So many more items of the stream of a call. */
  | readonly ["credit", number, number]
  | readonly ["part", number, string];

export type GuestFrame =
  | readonly ["hello", { protocol: number; node: string; tier: string }]
  /** "I have it", of a call that outlives the turn it came in: in time, or the guest hangs; a call with an ack is only slow. */
  | readonly ["ack", number]
  | readonly ["progress", number, string]
  /** One item of a call's stream: an event of a provider, a piece of a command's output. Takes one credit. */
  | readonly ["chunk", number, Json]
  | readonly ["result", number, Json | InParts]
  | readonly ["error", number, FrameError]
  /** An effect, on behalf of a call that runs: own id, the call's id, method, arguments. */
  | readonly ["request", number, number, string, Json | InParts]
  | readonly ["part", number, string]
  | readonly ["log", "debug" | "info" | "warn" | "error", string]
  /** From the realm's own loop, every second. */
  | readonly ["ping", number];
