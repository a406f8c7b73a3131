/** What a hook reads: the public format's JSON of an event, from what a tap of ours is given. */
import { isAbsolute, join } from "node:path";
import type { ErrorCode } from "../../contract/errors.ts";
import type { ElicitFacts, HookPayloads, HookPoint } from "../../contract/hooks.ts";
import type { ConfigSource } from "../../contract/host.ts";
import type { InputContent, Json, JsonObject, ResultContent } from "../../contract/messages.ts";
import type { Mode } from "../../contract/modes.ts";
import { type PublicEvent, publicEventTable } from "../../contract/public-events.ts";
import { toolResponse } from "./tool-response.ts";

/** What hooks are told of a session. */
export interface HookSession {
  /** The session's log file. */
  transcriptPath: string;
  cwd: string;
  mode: Mode;
  model: string;
}

export interface InputPlace {
  event: PublicEvent;
  sessionId: string;
  /** Absent when the session is not open yet, or no more. */
  session: HookSession | undefined;
  project: string;
  home: string;
}

type Place = InputPlace & { cwd: string };
type Fields = { [P in HookPoint]?: (payload: HookPayloads[P], place: Place) => JsonObject | JsonObject[] };

/** Points that a public event is served by, and its own fields there. */
const fields = {
  "session.open": ({ source, model }) => ({ source, model }),
  "session.close": () => ({ reason: "other" }),
  "input.receive": ({ content }) => ({ prompt: textOf(content) }),
  "tool.call": callFields,
  "tool.approve": callFields,
  // The format has no tool_use_id here.
  "tool.ask": (call, place) => toolFields(call, place),
  "tool.denied": (call, place) => ({ ...callFields(call, place), reason: call.reason }),
  "tool.result": (call, place) => ({
    ...callFields(call, place),
    ...{ tool_response: toolResponse(call), duration_ms: call.durationMs },
  }),
  "tool.failure": (call, place) => ({
    ...callFields(call, place),
    ...{ error: call.message, is_interrupt: call.code === "TOOL_INTERRUPTED", duration_ms: call.durationMs },
  }),
  "tool.batch": ({ calls, results, sessionId }, place) => ({
    tool_calls: calls.map(({ name, input, callId }) => ({
      ...callFields({ sessionId, callId, tool: name, input, cwd: place.cwd }, place),
      tool_response: textOf(results.find((result) => result.callId === callId)?.content ?? []),
    })),
  }),
  "turn.stop": ({ continued, answer }) => ({
    ...{ stop_hook_active: continued > 0, last_assistant_message: textOf(answer.content) },
  }),
  "turn.fail": ({ code, message }) => ({ error: failureWord(code), error_details: `${code}: ${message}` }),
  notify: ({ kind, message }) => ({ message, title: "Gantry", notification_type: kind }),
  "config.change": ({ files, layers }) => files.map((file_path, index) => ({ source: settingsName(layers[index]), file_path })),
  "instructions.load": ({ file }, { project }) => ({
    ...{ file_path: file, memory_type: isAbsolute(file) && !isIn(project, file) ? "User" : "Project" },
    ...{ load_reason: "session_start" },
  }),
  "cwd.change": ({ from, to }) => ({ old_cwd: from, new_cwd: to }),
  "mcp.elicit": elicitFields,
  "mcp.elicited": ({ action, content, ...facts }) => ({
    ...{ ...elicitFields(facts), action },
    ...(content === undefined ? {} : { content }),
  }),
} as const satisfies Fields;

/** Points that public events are served by: a tap of any other has no input to give. */
export type ServedPoint = keyof typeof fields;

/** One input; of `config.change` one for each file. */
export function hookInputs<P extends ServedPoint>(point: P, payload: HookPayloads[P], place: InputPlace): JsonObject[] {
  const { event, sessionId, session, project } = place;
  const cwd = "cwd" in payload ? payload.cwd : (session?.cwd ?? project);
  const base: JsonObject = {
    session_id: sessionId,
    transcript_path: session?.transcriptPath ?? "",
    cwd,
    hook_event_name: event,
    ...(session === undefined ? {} : { permission_mode: session.mode }),
  };
  const read = fields[point] as (given: HookPayloads[P], at: Place) => JsonObject | JsonObject[];
  const own = read(payload, { ...place, cwd });
  return (Array.isArray(own) ? own : [own]).map((each) => ({ ...base, ...each }));
}

/** What of an input a matcher of the event is compared with. */
export function matchedValue(event: PublicEvent, input: JsonObject): string | undefined {
  const { matches } = publicEventTable[event];
  if (matches === "nothing") return undefined;
  const value = input[matches === "tool" ? "tool_name" : matches.field];
  return typeof value === "string" ? value : undefined;
}

function elicitFields({ server, mode, message, url, elicitationId, schema }: ElicitFacts): JsonObject {
  return {
    ...{ mcp_server_name: server, message, mode },
    ...(url === undefined ? {} : { url }),
    ...(elicitationId === undefined ? {} : { elicitation_id: elicitationId }),
    ...(schema === undefined ? {} : { requested_schema: schema }),
  };
}

interface Call {
  sessionId: string;
  callId: string;
  tool: string;
  input: JsonObject;
  cwd: string;
}

function toolFields({ tool, input }: Call, place: Place): JsonObject {
  return { tool_name: tool, tool_input: withAbsolutePaths(input, place) };
}

function callFields(call: Call, place: Place): JsonObject {
  return { ...toolFields(call, place), tool_use_id: call.callId };
}

/** The format promises it, and guards compare prefixes. */
function withAbsolutePaths(input: JsonObject, { cwd, home }: Place): JsonObject {
  const changed: JsonObject = {};
  for (const key of ["file_path", "notebook_path"]) {
    const path = input[key];
    if (typeof path === "string") changed[key] = absolute(path, cwd, home);
  }
  return { ...input, ...changed };
}

function absolute(path: string, cwd: string, home: string): string {
  if (path === "~" || path.startsWith("~/")) return join(home, path.slice(1));
  return isAbsolute(path) ? join(path) : join(cwd, path);
}

const failureWords: Partial<Record<ErrorCode, string>> = {
  PROVIDER_RATE_LIMITED: "rate_limit",
  PROVIDER_OVERLOADED: "overloaded",
  PROVIDER_AUTH: "authentication_failed",
  PROVIDER_REJECTED: "invalid_request",
  CONTEXT_TOO_LARGE: "invalid_request",
  PROVIDER_UNREACHABLE: "server_error",
  PROVIDER_STREAM_CUT: "server_error",
  ANSWER_CUT: "max_output_tokens",
};

/** The format's word for an error of ours; ours stands in the details. */
function failureWord(code: string): string {
  return failureWords[code as ErrorCode] ?? "unknown";
}

function isIn(folder: string, file: string): boolean {
  return file.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function settingsName(layer: ConfigSource["layer"] | undefined): Json {
  if (layer === "project" || layer === "local") return `${layer}_settings`;
  return layer === "managed" ? "policy_settings" : "user_settings";
}

/** Images and calls are left out: hooks are given text. */
function textOf(content: readonly (InputContent | ResultContent | { type: string })[]): string {
  return content.flatMap((block) => (block.type === "text" && "text" in block ? [block.text] : [])).join("\n");
}
