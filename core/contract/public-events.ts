/**
 * THE table of public hook events: one row for each of the 33 names that hooks in a config may carry. A row names the
 * points of the hook table it is served by, or says why Gantry has no such moment. Source of names, matchers, handler
 * types and timeouts: the public documentation of the format (see docs/hooks.md).
 */
import type { HookPoint } from "./hooks.ts";

export type HandlerType = "command" | "http" | "mcp_tool" | "prompt" | "agent";

/** What a matcher of the event is compared with: a tool's name, a field of the input, or nothing. */
type Matched = "tool" | "nothing" | { field: string; values?: readonly string[] };

interface PublicEventRow {
  points: readonly HookPoint[];
  matches: Matched;
  types: readonly HandlerType[];
  /** Its hooks can stop something: one that could not decide blocks, unless `onFailure` is `continue`. */
  guard: boolean;
  /** Seconds that a command or http handler may take by default. */
  timeoutSeconds: number;
  /** Why no point serves it. */
  absent?: string;
}

const all = ["command", "http", "mcp_tool", "prompt", "agent"] as const;
const plain = ["command", "http", "mcp_tool"] as const;
const atStart = ["command", "mcp_tool"] as const;

const tool = { matches: "tool", types: all, timeoutSeconds: 600 } as const;
const turn = { matches: "nothing", types: all, timeoutSeconds: 600 } as const;
const told = { matches: "nothing", types: plain, guard: false, timeoutSeconds: 600 } as const;

function absent(why: string): PublicEventRow {
  return { ...told, points: [], absent: why };
}

const rows = {
  PreToolUse: { ...tool, points: ["tool.call", "tool.approve"], guard: true },
  PermissionRequest: { ...tool, points: ["tool.ask"], guard: true },
  PostToolUse: { ...tool, points: ["tool.result"], guard: false },
  PostToolUseFailure: { ...tool, points: ["tool.failure"], guard: false },
  PostToolBatch: { ...turn, points: ["tool.batch"], guard: true },
  PermissionDenied: { ...tool, points: ["tool.denied"], guard: false },
  UserPromptSubmit: { ...turn, points: ["input.receive"], guard: true, timeoutSeconds: 30 },
  UserPromptExpansion: absent("no command expands into a prompt in this build"),
  SessionStart: {
    points: ["session.open"],
    matches: { field: "source", values: ["startup", "resume"] },
    types: atStart,
    guard: false,
    timeoutSeconds: 600,
  },
  SessionEnd: { ...told, points: ["session.close"], matches: { field: "reason", values: ["other"] }, timeoutSeconds: 1.5 },
  Setup: absent("Gantry has no set-up of its own to run"),
  // A judge that fails passes here: a broken Stop hook must not keep a turn from ending.
  Stop: { ...turn, points: ["turn.stop"], guard: false },
  StopFailure: {
    ...told,
    points: ["turn.fail"],
    matches: {
      field: "error",
      values: [
        ...["rate_limit", "overloaded", "authentication_failed", "invalid_request"],
        ...["server_error", "max_output_tokens", "unknown"],
      ],
    },
  },
  SubagentStart: absent("this build has no subagents"),
  SubagentStop: absent("this build has no subagents"),
  PreCompact: absent("this build has no compaction"),
  PostCompact: absent("this build has no compaction"),
  PreModelSwitch: absent("the input of this event is not documented in public"),
  PostModelSwitch: absent("the input of this event is not documented in public"),
  Notification: {
    ...told,
    points: ["notify"],
    matches: { field: "notification_type", values: ["permission_prompt", "question", "notice"] },
  },
  MessageDisplay: absent("text is shown as it arrives, not message by message"),
  TeammateIdle: absent("Gantry has no teammates"),
  TaskCreated: absent("Gantry keeps no tasks beside the model's own list"),
  TaskCompleted: absent("Gantry keeps no tasks beside the model's own list"),
  Elicitation: { ...told, points: ["mcp.elicit"], matches: { field: "mcp_server_name" }, guard: true },
  ElicitationResult: { ...told, points: ["mcp.elicited"], matches: { field: "mcp_server_name" }, guard: true },
  ConfigChange: {
    ...told,
    points: ["config.change"],
    matches: { field: "source", values: ["user_settings", "project_settings", "local_settings", "policy_settings"] },
    guard: true,
  },
  InstructionsLoaded: {
    ...told,
    points: ["instructions.load"],
    matches: { field: "load_reason", values: ["session_start"] },
  },
  CwdChanged: { ...told, points: ["cwd.change"] },
  FileChanged: absent("this build watches no files"),
  DirectoryAdded: absent("folders are added when a run starts, not during it"),
  WorktreeCreate: absent("Gantry makes no worktrees"),
  WorktreeRemove: absent("Gantry makes no worktrees"),
} as const satisfies Record<string, PublicEventRow>;

export type PublicEvent = keyof typeof rows;
export const publicEventTable: Readonly<Record<PublicEvent, PublicEventRow>> = rows;
export const publicEvents = Object.keys(rows) as PublicEvent[];

/** The public events that a point serves. */
export function eventsOf(point: HookPoint): PublicEvent[] {
  return publicEvents.filter((event) => publicEventTable[event].points.includes(point));
}
