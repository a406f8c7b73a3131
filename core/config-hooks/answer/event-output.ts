/** What each live event's hooks may say: one row per event, by the public documentation of the format. */
import type { PublicEvent } from "../../contract/public-events.ts";

export type OutputField =
  | "permissionDecision"
  | "permissionDecisionReason"
  | "updatedInput"
  | "additionalContext"
  | "decision"
  | "updatedToolOutput"
  | "updatedMCPToolOutput"
  | "action"
  | "content";

interface OutputRow {
  /** A block (exit 2, `decision: "block"`): stops what waits, is shown to the model, to the user, or nobody. */
  block: "deny" | "model" | "user" | "nobody";
  /** `decision: "block"` belongs to the event. */
  decision: boolean;
  fields: readonly OutputField[];
  /** Fields of the format that this build has no use for. */
  absent?: readonly string[];
  /** Plain text on stdout is context for the model. */
  plainContext?: true;
}

const told = { block: "user", decision: false, fields: [] } as const;
const unheard = { block: "nobody", decision: false, fields: [] } as const;

const rows: Partial<Record<PublicEvent, OutputRow>> = {
  PreToolUse: {
    block: "deny",
    decision: true,
    fields: ["permissionDecision", "permissionDecisionReason", "updatedInput", "additionalContext"],
  },
  // The format does not honour exit 2 here; ours does, as a guard that says no must not be passed over.
  PermissionRequest: { block: "deny", decision: false, fields: ["decision"] },
  PostToolUse: {
    block: "model",
    decision: true,
    fields: ["additionalContext", "updatedToolOutput", "updatedMCPToolOutput"],
    absent: ["classifierContext"],
  },
  PostToolUseFailure: { block: "model", decision: true, fields: ["additionalContext"] },
  PostToolBatch: { block: "deny", decision: true, fields: ["additionalContext"] },
  PermissionDenied: { ...unheard, absent: ["retry"] },
  UserPromptSubmit: {
    block: "deny",
    decision: true,
    fields: ["additionalContext"],
    absent: ["sessionTitle", "suppressOriginalPrompt"],
    plainContext: true,
  },
  SessionStart: {
    ...told,
    fields: ["additionalContext"],
    absent: ["initialUserMessage", "sessionTitle", "watchPaths", "reloadSkills"],
    plainContext: true,
  },
  SessionEnd: told,
  Stop: { block: "deny", decision: true, fields: ["additionalContext"] },
  StopFailure: unheard,
  Notification: { ...unheard, fields: ["additionalContext"] },
  ConfigChange: { block: "deny", decision: true, fields: [] },
  Elicitation: { block: "deny", decision: false, fields: ["action", "content"] },
  ElicitationResult: { block: "deny", decision: false, fields: ["action", "content"] },
  InstructionsLoaded: unheard,
  CwdChanged: { ...told, absent: ["watchPaths"] },
};

export function outputRow(event: PublicEvent): OutputRow {
  return rows[event] ?? told;
}
