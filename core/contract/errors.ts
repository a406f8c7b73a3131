/**
 * THE error table: one row per code. `audience` is who the message speaks to, `exit` the code a one-shot run ends with
 * when the error ends it, `hint` the next thing to do. Errors for the model never end a run: their exit is 0.
 */
import type { ExitCode } from "./exit-codes.ts";

export type Audience = "user" | "model" | "developer";

interface ErrorRow {
  audience: Audience;
  exit: ExitCode;
  hint: string;
}

const rows = {
  // Usage and config: nothing was started.
  USAGE_INVALID: { audience: "user", exit: 2, hint: "Run the command with --help for its arguments and flags." },
  COMMAND_UNKNOWN: { audience: "user", exit: 2, hint: "Run gantry --help for the commands of this build." },
  CONFIG_INVALID: { audience: "user", exit: 2, hint: "Mend the lines named above; gantry config validate checks them." },
  CONFIG_NOT_FOUND: { audience: "user", exit: 2, hint: "Check the path given with --config or --mcp-config." },
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
  IMPORT_INVALID: {
    audience: "user",
    exit: 2,
    hint: "Mend the file named above; without --write nothing is refused.",
  },
  INVENTORY_INVALID: { audience: "user", exit: 2, hint: "docs/parity.md has the format of an inventory." },
  AUDIT_FAILED: {
    audience: "user",
    exit: 1,
    hint: "Mend what is named, or excuse it with its reason in the file of --map; docs/parity.md has the format.",
  },
  SNAPSHOT_FAILED: {
    audience: "user",
    exit: 1,
    hint: "A snapshot needs a version that has parity manifest; run it yourself at the address to see what it says.",
  },
  SCENARIO_INVALID: { audience: "user", exit: 2, hint: "docs/scenarios.md has the format of a scenario." },
  SCENARIO_UNKNOWN: {
    audience: "user",
    exit: 2,
    hint: "gantry parity run --list shows the scenarios that ship; a path plays your own.",
  },
  SCENARIO_FAILED: {
    audience: "user",
    exit: 1,
    hint: "Each failure names the line that was not met; --keep keeps what the scenario left.",
  },
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

  PLUGIN_CONSENT_REQUIRED: {
    audience: "user",
    exit: 3,
    hint: "gantry plugins install looks at what they ask for; gantry plugins disable NAME goes on without one.",
  },
  PLUGIN_REQUIRED: {
    audience: "user",
    exit: 7,
    hint: "gantry plugins inspect NAME says what is wrong with it; required: false in the config goes on without it.",
  },

  // MCP servers.
  MCP_SERVER_UNKNOWN: { audience: "user", exit: 2, hint: "gantry mcp list shows the servers that are configured, and where." },
  MCP_REQUIRED: {
    audience: "user",
    exit: 7,
    hint: "gantry mcp list --check says what is wrong with it; required: false in its entry goes on without it.",
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

  // Calls to MCP servers.
  MCP_START_FAILED: {
    audience: "model",
    exit: 1,
    hint: "gantry mcp inspect NAME says what the server printed; go on without it.",
  },
  MCP_START_TIMEOUT: {
    audience: "model",
    exit: 1,
    hint: "The server is still starting; try again later, or go on without it.",
  },
  MCP_HTTP_FAILED: { audience: "model", exit: 1, hint: "gantry mcp inspect NAME says more; what the network did may pass." },
  MCP_LOGIN_FAILED: { audience: "user", exit: 1, hint: "Mend what the message names; then gantry mcp login NAME again." },
  MCP_NEEDS_LOGIN: { audience: "model", exit: 1, hint: "The user has to log in: gantry mcp login NAME." },
  MCP_DISCONNECTED: {
    audience: "model",
    exit: 1,
    hint: "The server is started again; the call may or may not have happened: look before you repeat it.",
  },
  MCP_TIMEOUT: { audience: "model", exit: 1, hint: "Ask for less in one call; the server's timeout is a key of its entry." },
  MCP_CALL_FAILED: { audience: "model", exit: 1, hint: "The server refused the call; its message says why." },
  MCP_TOO_LARGE: { audience: "model", exit: 1, hint: "Ask for less in one call: one message has at most 16 MiB." },
  MCP_FLOOD: {
    audience: "model",
    exit: 1,
    hint: "More comes at once than is let through. Ask for less, or go on without the server.",
  },
  MCP_PROTOCOL: {
    audience: "model",
    exit: 1,
    hint: "The server does not speak MCP as it should: its author has to mend it. Go on without it.",
  },
  MCP_RESULT_INVALID: {
    audience: "model",
    exit: 1,
    hint: "The server's answer is not what it says it gives; the call may have happened all the same.",
  },

  // Effects: what a tool met in the world.
  PERMISSION_DENIED: {
    audience: "model",
    exit: 0,
    hint: "The plugin was not granted this; gantry plugins grants NAME shows what it holds, and gives more.",
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
  MCP_SAMPLING_DENIED: {
    audience: "model",
    exit: 0,
    hint: "mcpServers.<name>.sampling says who may use the session's model, and how much of it; --approve always answers yes.",
  },
  CALL_ENDED: { audience: "developer", exit: 0, hint: "Await every effect before the call returns." },
  REQUEST_INVALID: { audience: "developer", exit: 0, hint: "docs/plugins.md has the arguments of each effect." },
  EFFECT_TOO_STRONG: { audience: "developer", exit: 0, hint: "Declare the tool with the effect that its calls have." },
  EFFECT_LIMIT: { audience: "developer", exit: 0, hint: "Wait for earlier effects to end before asking for more." },
  HANDLE_UNKNOWN: { audience: "developer", exit: 0, hint: "A handle ends with its call, and when it was read to its end." },
  RUN_FAILED: { audience: "model", exit: 0, hint: "Check the program's name and the folder." },
  NET_DENIED: {
    audience: "model",
    exit: 0,
    hint: "Use a host that the plugin was granted, or ask the user to grant this one.",
  },
  NET_FAILED: { audience: "model", exit: 0, hint: "Check the URL; the message says what the network answered." },
  NET_TIMEOUT: { audience: "model", exit: 0, hint: "Try again later, or give the request more time." },
  NET_TOO_LARGE: { audience: "model", exit: 0, hint: "Ask for less, or raise maxBytes where the plugin allows it." },
  SECRET_UNKNOWN: {
    audience: "user",
    exit: 1,
    hint: "Set the variable of that name in the environment gantry is started with.",
  },
  MODEL_BUDGET: {
    audience: "model",
    exit: 0,
    hint: "The plugin's tokens for this session are used up; ask the user to grant more.",
  },
  MODEL_UNAVAILABLE: {
    audience: "model",
    exit: 0,
    hint: "Only parts of a plugin that run within a session can ask its model.",
  },
  STORAGE_FULL: { audience: "model", exit: 0, hint: "Delete some of the plugin's keys, or ask the user to grant more." },
  STORAGE_BROKEN: {
    audience: "user",
    exit: 1,
    hint: "What could not be read was kept beside the file; the plugin begins anew.",
  },
  STORAGE_BUSY: { audience: "model", exit: 0, hint: "Another process holds the plugin's storage; try again." },

  // Guests: what became of a plugin's process.
  GUEST_START_FAILED: { audience: "user", exit: 1, hint: "gantry doctor shows what guests need on this machine." },
  GUEST_HUNG: {
    audience: "model",
    exit: 0,
    hint: "The plugin was ended; the next call starts it again. It must not compute for seconds without an await.",
  },
  GUEST_CRASHED: {
    audience: "model",
    exit: 0,
    hint: "The next call starts the plugin again; what this one did may have happened.",
  },
  GUEST_PROTOCOL: {
    audience: "model",
    exit: 0,
    hint: "The plugin broke the rules of its channel and was ended; do not trust it, tell the user.",
  },
  GUEST_MEMORY: { audience: "model", exit: 0, hint: "Ask less of the plugin at once; isolation.limits raises its memory." },
  GUEST_CPU: { audience: "model", exit: 0, hint: "Ask less of the plugin at once; isolation.limits raises its CPU time." },
  GUEST_FLOOD: { audience: "model", exit: 0, hint: "The plugin sent too much at once and was ended; ask less of it." },
  GUEST_BUSY: { audience: "model", exit: 0, hint: "Wait for earlier calls of the plugin to end." },
  GUEST_LOGS: { audience: "model", exit: 0, hint: "The plugin logged too much and was ended; tell the user." },
  GUEST_BREAKER_OPEN: {
    audience: "model",
    exit: 0,
    hint: "Go on without the plugin; gantry plugins inspect NAME shows why it crashes.",
  },
  ISOLATION_UNAVAILABLE: {
    audience: "user",
    exit: 7,
    hint: "gantry doctor shows what is missing; isolation.require none runs plugins without the system's boundary.",
  },

  // Ours.
  PLUGIN_CHANGED: {
    audience: "user",
    exit: 1,
    hint: "gantry plugins verify names what differs; install the plugin again to have the right bytes.",
  },
  PLUGIN_STORE_FAILED: {
    audience: "user",
    exit: 1,
    hint: "Mend the file or folder named above, or free some space; what was installed before is as it was.",
  },
  PLUGIN_NOT_INSTALLED: { audience: "user", exit: 2, hint: "gantry plugins list shows what is installed." },
  GRANT_INVALID: { audience: "user", exit: 2, hint: "docs/plugins.md has the kinds and how a scope of each is written." },
  PLUGIN_TEST_FAILED: { audience: "developer", exit: 1, hint: "The output above says which test failed, and where." },
  PLUGIN_ROLLED_BACK: {
    audience: "user",
    exit: 1,
    hint: "The version before is in force again; gantry plugins inspect NAME shows what went wrong.",
  },
  PLUGIN_EXISTS: { audience: "user", exit: 2, hint: "Name another folder, or empty this one yourself." },
  PLUGIN_SPEC_INVALID: {
    audience: "user",
    exit: 2,
    hint: "A folder is ./x, a tarball x.tgz or https://…/x.tgz, a repository git+https://…#ref, a package name@version.",
  },
  PLUGIN_FETCH_FAILED: {
    audience: "user",
    exit: 1,
    hint: "The message says what git, npm or the network answered; nothing was installed.",
  },
  PLUGIN_BUILD_FAILED: {
    audience: "developer",
    exit: 1,
    hint: "Mend the places named. What needs Node.js modules or native code is an MCP server or a command hook, not a plugin.",
  },
  PLUGIN_TOO_LARGE: {
    audience: "developer",
    exit: 1,
    hint: "Leave out what is not needed, or import smaller parts of packages.",
  },
  PLUGIN_MANIFEST_DIFFERS: {
    audience: "developer",
    exit: 1,
    hint: "Make gantry.json say what the plugin contributes, or delete it: it is then written from the code.",
  },
  PLUGIN_INCOMPATIBLE: {
    audience: "user",
    exit: 1,
    hint: "Install a version of the plugin that is for this Gantry, or update Gantry.",
  },
  PLUGIN_STOPPED: {
    audience: "model",
    exit: 0,
    hint: "The plugin is gone for this session; go on without it, or ask the user.",
  },
  PLUGIN_INVALID: { audience: "developer", exit: 1, hint: "Mend the plugin's manifest or module." },
  PLUGIN_OPTIONS_INVALID: { audience: "user", exit: 2, hint: "Mend the plugin's options in the config at the paths named." },
  PLUGIN_UNDECLARED: {
    audience: "developer",
    exit: 1,
    hint: "The manifest and the module differ; gantry plugins validate DIR says where.",
  },
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
