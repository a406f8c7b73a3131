/**
 * MCP servers as the core knows them: what the config says, the state each is in, what it offers, what it may ask: types,
 * and the words for states. The protocol itself is spoken in plugins/mcp/thread, in a thread of its own; mcp-frames.ts is what
 * crosses to it.
 */
import type { ConfigSource } from "./host.ts";
import type { Json, JsonObject } from "./messages.ts";

/** One server as a run uses it: every `${VAR}` is expanded, every default is filled in. */
export interface McpServerSpec {
  /** As written: a key of the config's map. Tools are named `mcp__<name>__<tool>`, other letters than A-Za-z0-9_- as `_`. */
  name: string;
  transport: McpTransport;
  /** Values of the user's variables that it was filled in with, but for those that are plainly none: never shown or logged. */
  secrets?: readonly string[];
  /** From start to the end of the first lists. */
  startTimeoutMs: number;
  /** Of one request; progress does not prolong it. */
  callTimeoutMs: number;
  /** Globs of the server's own tool names; without `allow` all that `deny` does not name. */
  tools: { allow?: readonly string[]; deny: readonly string[] };
  /** Its tools are never deferred, and the first model request waits for them. */
  alwaysLoad: boolean;
  /** A run ends with MCP_REQUIRED where it cannot be used. */
  required: boolean;
  sampling: { answer: "ask" | "allow" | "deny"; tokensPerSession: number };
  layer: ConfigSource["layer"];
  /** `file:line`, a variable, or a flag. */
  source: string;
}

export type McpTransport =
  | { kind: "stdio"; command: string; args: readonly string[]; env: Readonly<Record<string, string>>; cwd: string }
  | { kind: "http" | "sse"; url: string; headers: Readonly<Record<string, string>>; oauth: McpOAuth };

/** All of it optional: what is absent is discovered, registered or asked of the user. */
export interface McpOAuth {
  /** `authorization_code` is the user's own login; the others log in by themselves. Default: authorization_code. */
  grant?: "authorization_code" | "client_credentials" | "private_key_jwt" | "cross_app_access";
  clientId?: string;
  clientSecret?: string;
  /** URL of a client metadata document, used as the client id where the authorization server takes one. */
  clientMetadataUrl?: string;
  /** Of the loopback callback; default: any free one. */
  callbackPort?: number;
  scopes?: readonly string[];
  /** PEM text and algorithm, for private_key_jwt. */
  privateKey?: string;
  signingAlgorithm?: string;
  /** For cross_app_access: the identity provider's id token, its client, and its token endpoint. */
  idToken?: string;
  idpClientId?: string;
  idpTokenUrl?: string;
  idpIssuer?: string;
}

/** `waiting`: configured by the project, which is not trusted. */
export type McpState = "idle" | "starting" | "ready" | "needs-login" | "failed" | "disabled" | "waiting" | "stopped";

/** As commands and the line session show it. */
export const mcpStateWords = {
  idle: "not started",
  starting: "starting",
  ready: "ready",
  "needs-login": "needs login",
  failed: "failed",
  disabled: "disabled",
  waiting: "waits for trust",
  stopped: "stopped",
} as const satisfies Record<McpState, string>;

/** What is known of one server; holds no secret: nothing of args, env, headers or the query of a URL. */
export interface McpServerFacts {
  name: string;
  state: McpState;
  /** Why it is failed or needs a login: a code of the error table, and a sentence. */
  code?: string;
  why?: string;
  /** Last lines of a child's stderr: cleaned, at most 20 of at most 500 characters. */
  stderr: string[];
  kind: McpTransport["kind"];
  /** The program's name or the URL without its query. */
  what: string;
  server?: { name: string; version: string; title?: string };
  protocolVersion?: string;
  /** Its own words on how to use it, at most 2,000 characters. */
  instructions?: string;
  /** Names of what it announced: `tools`, `resources.subscribe`, `prompts`, `logging`, `completions`. */
  capabilities: string[];
  counts: { tools: number; prompts: number; resources: number; templates: number };
  /** How often it was started again. */
  restarts: number;
  /** Of a child. */
  pid?: number;
  /** Tools left out or changed, floods held back, answers refused: one sentence each, at most 50. */
  problems: string[];
  /** Milliseconds from start to ready. */
  startMs?: number;
}

/** What a server offers now, as bounded by the thread: at most 1,000 of each, tools of 2 Mi characters in all, others of 1 Mi. */
export interface McpCatalog {
  tools: McpTool[];
  prompts: McpPrompt[];
  resources: McpResource[];
  templates: McpTemplate[];
}

/** `name` is the server's own; texts are cleaned and cut, schemas are objects of at most 64 KiB and 32 levels, as providers take them. */
export interface McpTool {
  name: string;
  title?: string;
  description: string;
  inputSchema: JsonObject;
  hasOutputSchema: boolean;
  annotations: { readOnlyHint?: boolean; destructiveHint?: boolean; idempotentHint?: boolean; openWorldHint?: boolean };
}

export interface McpPrompt {
  name: string;
  title?: string;
  description: string;
  arguments: { name: string; description: string; required: boolean }[];
}

export interface McpResource {
  uri: string;
  name: string;
  title?: string;
  description: string;
  mimeType?: string;
  size?: number;
}

export interface McpTemplate {
  uriTemplate: string;
  name: string;
  title?: string;
  description: string;
  mimeType?: string;
}

export interface McpContents {
  uri: string;
  mimeType?: string;
  text?: string;
  /** Base64 of an image; of all else it is empty, and `bytes` says how much there is. */
  blob?: string;
  bytes?: number;
}

export type McpContent =
  | { type: "text"; text: string }
  /** `bytes`: of data that is left out, because it is no image or too large; `data` is empty then. */
  | { type: "image" | "audio"; data: string; mimeType: string; bytes?: number }
  | { type: "resource"; resource: McpContents }
  | { type: "resource_link"; uri: string; name: string; title?: string; description?: string; mimeType?: string };

/**
 * What may be asked of a server: parameters and reply of each. A server's message is at most 16 MiB (MCP_TOO_LARGE); of it cross
 * at most 1,000 parts, 4 Mi characters of text and 5 MiB of images, and what is left out is said in the text.
 */
export interface McpMethods {
  /**
   * The reply's structuredContent fits the tool's output schema, else MCP_RESULT_INVALID; it is there where its JSON has at most
   * 256 KiB. Where the server gave no text, the content has its JSON as one.
   */
  callTool: {
    params: { name: string; arguments: JsonObject };
    reply: { content: McpContent[]; structuredContent?: JsonObject; isError: boolean };
  };
  readResource: { params: { uri: string }; reply: { contents: McpContents[] } };
  subscribe: { params: { uri: string }; reply: JsonObject };
  unsubscribe: { params: { uri: string }; reply: JsonObject };
  getPrompt: {
    params: { name: string; arguments: Record<string, string> };
    reply: { description: string; messages: { role: "user" | "assistant"; content: McpContent }[] };
  };
  complete: {
    params: {
      ref: { type: "ref/prompt"; name: string } | { type: "ref/resource"; uri: string };
      argument: { name: string; value: string };
      context?: { arguments: Record<string, string> };
    };
    reply: { values: string[]; total?: number; hasMore?: boolean };
  };
  /** Logs in by the user's browser, or by a pasted code where `paste`; asks come as openUrl and pasteCode. MCP_LOGIN_FAILED. */
  login: { params: { paste: boolean }; reply: JsonObject };
  /** Forgets tokens and registration. */
  logout: { params: JsonObject; reply: { removed: boolean } };
}

export type McpMethod = keyof McpMethods;

/** What a server may ask of the user and of the session, and what it is answered. `problem`: why it can be asked of nobody. */
export interface McpAsks {
  elicitForm: {
    params: { message: string; schema: JsonObject; problem?: string };
    reply: { action: "accept" | "decline" | "cancel"; content?: Record<string, Json> };
  };
  elicitUrl: {
    params: { message: string; url: string; elicitationId: string; problem?: string };
    reply: { action: "accept" | "decline" | "cancel" };
  };
  /** Messages hold text and images; `reply` is the session's model's. MCP_SAMPLING_DENIED. */
  sample: {
    params: {
      messages: { role: "user" | "assistant"; content: McpContent }[];
      systemPrompt?: string;
      maxTokens: number;
      stopSequences?: string[];
      problem?: string;
    };
    reply: { model: string; text: string; stopReason: "endTurn" | "maxTokens" };
  };
  /** Of a login. Opens the user's browser, or prints the URL. */
  openUrl: { params: { url: string }; reply: { opened: boolean } };
  /** Of a login without a callback: the code or the whole address that the browser ended at. */
  pasteCode: { params: { url: string }; reply: { text: string } };
}

export type McpAskKind = keyof McpAsks;
