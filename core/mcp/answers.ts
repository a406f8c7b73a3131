/**
 * What MCP servers ask while calls of one session run: forms and addresses for the user, requests for the session's model.
 * Each is judged, asked or refused, and recorded; a server is answered in any case.
 */

import type { AskedMessages } from "../ask-model.ts";
import { GantryError } from "../contract/errors.ts";
import type { EventData } from "../contract/events.ts";
import type { McpAskKind, McpAsks, McpServerSpec } from "../contract/mcp.ts";
import type { Answer } from "../contract/messages.ts";
import type { Mode } from "../contract/modes.ts";
import type { Heard, Hooks } from "../hooks.ts";
import type { Redactor } from "../turn/redact.ts";
import { createTallies, type Tally } from "./ask-tally.ts";
import { answerForm } from "./elicit-form.ts";
import { answerUrl } from "./elicit-url.ts";
import type { McpSession } from "./mcp.ts";
import type { McpAsker } from "./questions.ts";
import { createSampling } from "./sample.ts";

export interface McpSessionParts {
  sessionId: string;
  specs: readonly McpServerSpec[];
  /** Undefined: nobody can be asked. */
  asker: McpAsker | undefined;
  approve: "always" | "never" | "prompt";
  mode(): Mode;
  /** The session's model, by its whole name, and one question to it; its tokens are counted by whoever records. */
  model(): string;
  ask(
    asked: AskedMessages,
    options: { signal: AbortSignal },
  ): Promise<Pick<Answer, "usage" | "stop" | "model"> & { text: string }>;
  hooks: Pick<Hooks, "judge">;
  hear(heard: Heard): void;
  /** Rises from turn to turn. */
  turn(): number;
  /** Tells hooks that the user is wanted. */
  notify(kind: "question", message: string): void;
  redactor(): Pick<Redactor, "text">;
  record(type: "mcp.ask", data: EventData["mcp.ask"]): void;
  /** Opens an address; false where none can be opened. */
  open(url: string): Promise<boolean>;
}

/** Who asks, until when, and what the question leaves behind. */
export interface About {
  server: string;
  signal: AbortSignal;
  tally: Tally;
}

export function createMcpSession(parts: McpSessionParts): McpSession {
  const sampling = createSampling(parts);
  const tallies = createTallies(parts);
  const answers: { [K in McpAskKind]: (params: McpAsks[K]["params"], about: About) => Promise<McpAsks[K]["reply"]> } = {
    elicitForm: (params, about) => answerForm(params, about, parts),
    elicitUrl: (params, about) => answerUrl(params, about, parts),
    sample: (params, about) => sampling.answer(params, about),
    openUrl: (_params, { server }) => Promise.reject(loginElsewhere(server)),
    pasteCode: (_params, { server }) => Promise.reject(loginElsewhere(server)),
  };
  return {
    id: parts.sessionId,
    async answer(kind, params, { server, signal, call }) {
      signal.throwIfAborted();
      return await answers[kind](params, { server, signal, tally: tallies.of(server, kind, call) });
    },
    callEnded: tallies.ended,
  };
}

function loginElsewhere(server: string): GantryError {
  return new GantryError("MCP_NEEDS_LOGIN", `no session opens a login; gantry mcp login ${server} does`);
}
