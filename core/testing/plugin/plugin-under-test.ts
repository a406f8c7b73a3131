/** What a test of a plugin may ask of it and see. Types only; start.ts makes it. */
import type { FileStamp, SessionEvent } from "../../contract/events.ts";
import type { GuestFacts } from "../../contract/guest.ts";
import type { HookPayloads, HookPoint, Verdict } from "../../contract/hooks.ts";
import type { PluginManifest } from "../../contract/manifest.ts";
import type { Json, JsonObject, ResultContent } from "../../contract/messages.ts";
import type { Grants, PermissionKind } from "../../contract/permissions.ts";
import type { ModelEvent, ModelRequest, UserAnswer, UserQuestion } from "../../contract/plugin.ts";

export interface StartPluginOptions {
  /** The plugin's folder, as `plugins install` takes it; it is bundled and evaluated in a guest as there. */
  folder: string;
  /** What it holds; default: all that it asks for. `{}`: nothing. */
  grants?: Grants;
  /** Files of the workspace, by their paths in it. */
  files?: Readonly<Record<string, string | Uint8Array>>;
  /** As in the config's `plugins` entry; checked by the plugin's own schema. */
  options?: Readonly<Record<string, unknown>>;
  /** What the model answers to `model.ask`: a scripted model's file as a value, or its list of steps. Without it there is no model. */
  script?: unknown;
  /** What the user answers to `user.ask`. Without it nobody can be asked. */
  answers?(questions: readonly UserQuestion[]): readonly UserAnswer[] | Promise<readonly UserAnswer[]>;
  /** Values for `secret.read`, by name. Nothing of the environment is given. */
  secrets?: Readonly<Record<string, string>>;
  /** What `session.read` sees of the own session. */
  events?: readonly SessionEvent[];
  /** Bounds of the guest that are to differ from the product's. */
  limits?: Partial<Readonly<Record<"rssMiB" | "heapMiB" | "cpuSeconds" | "callTimeoutMs" | "idleSeconds", number>>>;
  signal?: AbortSignal;
}

/** What the model is told of a call. `isError` with a code of the table when the call failed. */
export interface ToolAnswer {
  text: string;
  content: ResultContent[];
  isError: boolean;
  code?: string;
  data?: JsonObject;
  files?: FileStamp[];
  /** Lines of progress, in their order. */
  progress: string[];
}

/** What all taps of a point made of it, as in a session: rewriters first, then judges, each in its order. */
export interface HookAnswer {
  /** Of the judges: the strictest; `allow` when none was stricter. */
  verdict: Verdict;
  reason?: string;
  /** The tap whose verdict stands, as `plugin:tap`. */
  by?: string;
  /** As rewriters left it. */
  payload: JsonObject;
  /** For the model, beside it. */
  context: string[];
  fired: { tap: string; outcome: string; message?: string }[];
}

export interface CommandAnswer {
  stdout: string;
  stderr: string;
  exit: number;
  /** With --json: what was printed, parsed. */
  json?: { ok: boolean; kind: string; data: JsonObject; warnings: string[]; error?: { code: string; message: string } };
}

/** One effect that was performed for the plugin, whatever came of it. */
export interface PerformedEffect {
  kind: PermissionKind;
  /** As in the request: `fs.read`, `net.fetch`, `storage.set`. */
  method: string;
  args: readonly Json[];
  /** When it was performed and failed. */
  error?: { code: string; message: string };
}

/** One effect that was refused: by a grant, by the tool's declared effect, by the reach of its call, or by a bound. */
export interface Denial {
  /** Absent for a method that does not exist. */
  kind?: PermissionKind;
  method: string;
  code: string;
  message: string;
}

export interface PluginUnderTest {
  readonly name: string;
  /** Made from the bundle in a guest, as by `plugins install`. */
  readonly manifest: PluginManifest;
  /** Absolute and real; removed by `close`. */
  readonly workspace: string;
  /** Through the input's schema and the plugin's guest. Never rejects for what the plugin did: a failure is an answer. TOOL_UNKNOWN. */
  callTool(name: string, input: Readonly<Record<string, unknown>>, options?: { signal?: AbortSignal }): Promise<ToolAnswer>;
  /** Fires a moment with this payload; sessionId, callId and cwd are filled in. */
  fireHook<P extends HookPoint>(point: P, payload: Partial<HookPayloads[P]>): Promise<HookAnswer>;
  /** One command line without the word `gantry`: parsed and printed as from a shell. */
  runCommand(argv: readonly string[], options?: { signal?: AbortSignal }): Promise<CommandAnswer>;
  /** One request to a provider of the plugin. */
  streamModel(provider: string, request: Partial<ModelRequest>, options?: { signal?: AbortSignal }): AsyncIterable<ModelEvent>;
  /** In the order they were performed. */
  readonly effects: readonly PerformedEffect[];
  readonly denials: readonly Denial[];
  /** What `ctx.log` and `console` wrote, as `level: text`: the last 200 lines. */
  readonly logs: readonly string[];
  /** What a user would be told of it besides: crashes, refusals, warnings, as `what CODE: message`. */
  readonly news: readonly string[];
  /** What `ctx.user.notify` showed. */
  readonly notices: readonly string[];
  /** What is in its storage now. */
  storage(): Promise<Record<string, Json>>;
  /** A file of the workspace. */
  read(file: string): Promise<string>;
  write(file: string, content: string | Uint8Array): Promise<void>;
  /** From now on; requests of calls that run are checked against it too. */
  setGrants(grants: Grants): void;
  /** State, process, memory, calls, crashes, refusals. */
  facts(): GuestFacts;
  /** Ends the guest's process as the kernel would; the next call starts another after its back-off. */
  kill(): Promise<void>;
  /** Ends guest and children, removes the workspace. */
  close(): Promise<void>;
}
