/** Who answers, for one session, what MCP servers ask while its calls run. What answers is loaded with the first question. */
import { askMessages } from "./ask-model.ts";
import type { Usage } from "./contract/messages.ts";
import type { Heard } from "./hooks.ts";
import type { Mcp, McpSession } from "./mcp/mcp.ts";
import type { SessionDeps } from "./open-session.ts";
import type { Mode } from "./permission/modes.ts";
import type { Recorder } from "./session/session.ts";
import type { ActiveModel } from "./turn/turn.ts";

export interface AnswerParts {
  sessionId: string;
  deps: SessionDeps;
  mode(): Mode;
  /** As it is now. */
  model(): ActiveModel;
  hear(heard: Heard): void;
  /** Rises from turn to turn. */
  turn(): number;
  notify(kind: "question", message: string): void;
  /** Tokens of the session's model that a server used. */
  count(usage: Usage): void;
  record: Recorder["record"];
}

export function lazyAnswers(mcp: Mcp, parts: AnswerParts): McpSession {
  let loading: Promise<McpSession> | undefined;
  let loaded: McpSession | undefined;
  return {
    id: parts.sessionId,
    async answer(kind, params, about) {
      loading ??= load(mcp, parts);
      loaded = await loading;
      return await loaded.answer(kind, params, about);
    },
    callEnded: (call) => loaded?.callEnded?.(call),
  };
}

async function load(
  mcp: Mcp,
  { sessionId, deps, mode, model, hear, turn, notify, count, record }: AnswerParts,
): Promise<McpSession> {
  const [{ createMcpSession }, { openUrl }] = await Promise.all([import("./mcp/answers.ts"), import("../workers/open-url.ts")]);
  return createMcpSession({
    ...{ sessionId, specs: mcp.specs, mode, hear, turn, notify, hooks: deps.hooks, redactor: deps.redactor },
    asker: deps.front?.askMcp,
    approve: deps.approve ?? "prompt",
    model: () => model().full,
    ask: async (asked, { signal }) => await askMessages(model(), asked, signal),
    record(type, data) {
      record(type, data);
      if (data.usage !== undefined) count(data.usage);
    },
    open: async (url) => await openUrl(url, deps.env),
  });
}
