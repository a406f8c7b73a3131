/**
 * THE error table: one row per code. `audience` is who the message speaks to, `exit` the code a one-shot run ends with
 * when the error ends it, `hint` the next thing to do. Errors for the model never end a run: their exit is 0.
 */

export type Audience = "user" | "model" | "developer";

interface ErrorRow {
  audience: Audience;
  exit: number;
  hint: string;
}

const rows = {
  // Usage and config: nothing was started.
  USAGE_INVALID: { audience: "user", exit: 2, hint: "Run the command with --help for its arguments and flags." },
  COMMAND_UNKNOWN: { audience: "user", exit: 2, hint: "Run gantry --help for the commands of this build." },
  CONFIG_INVALID: { audience: "user", exit: 2, hint: "Mend the lines named above; gantry config validate checks them." },
  CONFIG_NOT_FOUND: { audience: "user", exit: 2, hint: "Check the path given with --config." },
  CONFIG_KEY_UNKNOWN: { audience: "user", exit: 2, hint: "gantry config schema lists every key." },
  CONFIG_LOCKED: { audience: "user", exit: 2, hint: "The key is set by the managed config of this machine; ask who runs it." },
  RULE_INVALID: { audience: "user", exit: 2, hint: "A rule is Tool or Tool(specifier); docs/permissions.md has the forms." },
  PERMISSION_TEST_FAILED: {
    audience: "user",
    exit: 1,
    hint: "gantry permissions explain CALL shows who decides and what would change it.",
  },
  HOOK_INVALID: { audience: "user", exit: 2, hint: "docs/hooks.md has the events, their matchers and the fields of a hook." },
  HOOK_EVENT_UNKNOWN: { audience: "user", exit: 2, hint: "docs/hooks.md has the table of events." },
  MODEL_INVALID: { audience: "user", exit: 2, hint: "A model is provider/name, for instance anthropic/claude-sonnet-5." },
  SCRIPT_INVALID: { audience: "user", exit: 2, hint: "docs/testing.md describes the script format." },
  ROOT_BYPASS_REFUSED: {
    audience: "user",
    exit: 2,
    hint: "Use another mode, run as another user, or add --allow-root-bypass inside a sandbox of yours.",
  },
  TRUST_REQUIRED: {
    audience: "user",
    exit: 3,
    hint: "Look at the parts listed; then run gantry trust grant, or add --trust for one run.",
  },

  SANDBOX_UNAVAILABLE: {
    audience: "user",
    exit: 7,
    hint: "gantry doctor shows what is missing; sandbox.shell auto runs without where none works, off never uses one.",
  },

  // Sessions.
  SESSION_NOT_FOUND: { audience: "user", exit: 1, hint: "gantry sessions list shows the sessions of this project." },
  SESSION_AMBIGUOUS: { audience: "user", exit: 1, hint: "Give more characters of the id." },
  SESSION_LOCKED: { audience: "user", exit: 1, hint: "Wait for the other process, or start a new session." },
  SESSION_BROKEN: {
    audience: "user",
    exit: 1,
    hint: "gantry sessions verify ID names the line; the log itself is never changed.",
  },
  LOG_WRITE_FAILED: {
    audience: "user",
    exit: 1,
    hint: "Free some space or mend the folder, then resume: nothing that was shown is lost.",
  },
  OUTPUT_FAILED: {
    audience: "user",
    exit: 1,
    hint: "Free some space or send the output elsewhere; the session, if there was one, is kept.",
  },
  QUEUE_FULL: { audience: "developer", exit: 1, hint: "Wait for earlier inputs to end before sending more." },

  // Providers.
  PROVIDER_AUTH: { audience: "user", exit: 5, hint: "Set ANTHROPIC_API_KEY (or the provider's own variable) to a valid key." },
  PROVIDER_UNREACHABLE: { audience: "user", exit: 6, hint: "Check the network and the base URL; the session can be resumed." },
  PROVIDER_RATE_LIMITED: { audience: "user", exit: 6, hint: "Wait and resume the session; the provider limits your rate." },
  PROVIDER_OVERLOADED: { audience: "user", exit: 6, hint: "The provider is overloaded; resume the session later." },
  PROVIDER_STREAM_CUT: {
    audience: "user",
    exit: 6,
    hint: "The connection broke while the model answered; resume the session.",
  },
  PROVIDER_REJECTED: { audience: "user", exit: 1, hint: "The provider refused the request; its message says why." },
  CONTEXT_TOO_LARGE: {
    audience: "user",
    exit: 1,
    hint: "The conversation no longer fits the model's window. Start a new session; compaction is not in this build.",
  },
  SCRIPT_EXHAUSTED: { audience: "user", exit: 1, hint: "The script has no entry left for this request; add one." },
  SCRIPT_EXPECTATION_FAILED: {
    audience: "user",
    exit: 1,
    hint: "The request was not what the script expects; see the message.",
  },

  // Limits.
  LIMIT_TURNS: { audience: "user", exit: 4, hint: "Raise --max-turns and resume the session." },
  LIMIT_COST: { audience: "user", exit: 4, hint: "Raise --max-cost and resume the session." },
  LIMIT_TIME: { audience: "user", exit: 4, hint: "Raise --timeout and resume the session." },
  FAILURE_REPEATED: {
    audience: "user",
    exit: 4,
    hint: "The model repeated one failing call; resume with a hint of what to do instead.",
  },
  PRICE_UNKNOWN: { audience: "user", exit: 2, hint: "Leave out --max-cost, or use a model the price data knows." },
  INPUT_REJECTED: { audience: "user", exit: 1, hint: "A hook refused the input; its reason is in the message." },
  ANSWER_REFUSED: { audience: "user", exit: 1, hint: "The model refused; put the task another way." },
  ANSWER_CUT: { audience: "user", exit: 1, hint: "The answer hit the model's token limit; ask it to go on." },
  INTERRUPTED: { audience: "user", exit: 130, hint: 'The session is kept. To go on: gantry run --continue "go on"' },

  // Tool calls: answered to the model.
  TOOL_UNKNOWN: { audience: "model", exit: 0, hint: "Use one of the tools offered." },
  TOOL_INPUT_INVALID: { audience: "model", exit: 0, hint: "Send the call again with an input that fits the schema." },
  TOOL_INPUT_MALFORMED: { audience: "model", exit: 0, hint: "Send the call again with one JSON object as input." },
  TOOL_INPUT_CUT: { audience: "model", exit: 0, hint: "The answer hit its token limit inside this call; send a smaller one." },
  TOOL_FAILED: { audience: "model", exit: 0, hint: "Read the message; try another way." },
  TOOL_TIMEOUT: { audience: "model", exit: 0, hint: "Do less in one call, or give a longer timeout where the tool takes one." },
  TOOL_CRASHED: { audience: "model", exit: 0, hint: "The tool's thread ended; the call may or may not have taken effect." },
  TOOL_INTERRUPTED: { audience: "model", exit: 0, hint: "The call may or may not have happened; look before you repeat it." },
  TURN_STOPPED: { audience: "model", exit: 0, hint: "The call was not made. Do not repeat it; wait for the user." },
  APPROVAL_DENIED: { audience: "model", exit: 0, hint: "Do not repeat the call; choose another way or ask the user." },
  APPROVAL_UNAVAILABLE: {
    audience: "model",
    exit: 3,
    hint: "Nobody was there to approve; allow it by rule, mode or --approve.",
  },

  // Effects: what a tool met in the world.
  PERMISSION_DENIED: {
    audience: "model",
    exit: 0,
    hint: "The plugin was not granted this; gantry doctor --json shows its grants.",
  },
  PATH_OUTSIDE: { audience: "model", exit: 0, hint: "Use a path inside the workspace." },
  PATH_DENIED: {
    audience: "model",
    exit: 0,
    hint: "The file is kept from reads; ask the user for an allow rule that names it.",
  },
  FILE_NOT_FOUND: { audience: "model", exit: 0, hint: "Check the path; near names are in the message." },
  FILE_NOT_REGULAR: { audience: "model", exit: 0, hint: "Only regular files can be read or written." },
  FILE_TOO_LARGE: { audience: "model", exit: 0, hint: "Read it in parts with offset and limit, or search it with Grep." },
  FILE_NOT_READ: { audience: "model", exit: 0, hint: "Read the file first." },
  FILE_CHANGED: { audience: "model", exit: 0, hint: "Read the file again, then repeat the change on what is there now." },
  FILE_WRITE_FAILED: { audience: "model", exit: 0, hint: "The file is as it was; see the message." },
  EDIT_NOT_FOUND: { audience: "model", exit: 0, hint: "Copy old_string exactly from the file, without line numbers." },
  EDIT_NOT_UNIQUE: { audience: "model", exit: 0, hint: "Give more of the surrounding text, or set replace_all." },
  PATTERN_INVALID: { audience: "model", exit: 0, hint: "Mend the pattern; the message says where it fails." },
  SEARCH_TIMEOUT: { audience: "model", exit: 0, hint: "Search a smaller folder or with a simpler pattern." },
  RUN_UNKNOWN: { audience: "model", exit: 0, hint: "List the background runs first." },
  RUN_LIMIT: { audience: "model", exit: 0, hint: "Stop a background run first." },
  USER_UNAVAILABLE: { audience: "model", exit: 0, hint: "Nobody can answer; decide yourself and say so." },

  // Ours.
  PLUGIN_INVALID: { audience: "developer", exit: 1, hint: "Mend the plugin's manifest or module." },
  NAME_TAKEN: { audience: "developer", exit: 1, hint: "Two plugins offer one name; rename one of them." },
  PAIR_LAW_BROKEN: {
    audience: "developer",
    exit: 1,
    hint: "Please report this: a request was stopped before it could harm the session.",
  },
  INTERNAL: { audience: "developer", exit: 1, hint: "Please report this with GANTRY_DEBUG=1 set." },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof rows;

export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = rows;

/** An error with a row in the table. `detail` is data for programs: shown with --json, never needed to read the message. */
export class GantryError extends Error {
  readonly code: ErrorCode;
  readonly detail: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; detail?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GantryError";
    this.code = code;
    this.detail = options.detail;
  }
}

/** Whether `error` carries this code. Looks at the field, not the class: an error that crossed a thread has lost its class. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}

/** The code of any of our errors, or undefined for someone else's. */
export function codeOf(error: unknown): ErrorCode | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" && Object.hasOwn(rows, error.code) ? (error.code as ErrorCode) : undefined;
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error as it is told: to a user, in JSON, in an outcome. */
export interface ErrorFacts {
  code: ErrorCode;
  message: string;
  hint: string;
  /** For programs. */
  detail?: unknown;
}

/** The same for whatever was thrown: someone else's error is INTERNAL, with its own message. */
export function describeError(error: unknown): ErrorFacts {
  const code = codeOf(error) ?? "INTERNAL";
  const detail = error instanceof Object && "detail" in error ? error.detail : undefined;
  const facts = { code, message: messageOf(error), hint: errorTable[code].hint };
  return detail === undefined ? facts : { ...facts, detail };
}
