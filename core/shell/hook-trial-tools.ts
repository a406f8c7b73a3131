/** Calls of MCP servers' tools for `hooks test`: a session of its own, in which no hook of the config fires. Made with the first call. */
import type { LoadedConfig } from "../../config/loaded.ts";
import type { SessionEvent } from "../contract/events.ts";
import type { HookToolAnswer, HookToolCall } from "../contract/hook-run.ts";
import { mcpToolName } from "../contract/mcp-names.ts";
import type { Session } from "../open-session.ts";
import { createRuntime, type FrontEnd, type Runtime } from "../runtime.ts";
import { version } from "../version.ts";
import type { HostOptions } from "./host-options.ts";
import { canAsk, type ShellIo } from "./io.ts";

export interface TrialTools {
  call(call: HookToolCall, options: { signal: AbortSignal }): Promise<HookToolAnswer>;
  close(): Promise<void>;
}

interface Opened {
  runtime: Runtime;
  session: Session;
}

export function createTrialTools({ io, cwd, signal: ending }: HostOptions, loaded: LoadedConfig): TrialTools {
  const texts = new Map<string, string>();
  let opening: Promise<Opened> | undefined;

  async function open(): Promise<Opened> {
    const front: FrontEnd = { onEvent: (event) => keep(event, texts), ...(await questions(io)) };
    const config = { ...loaded, hookList: [], heldHooks: [] };
    const runtime = await createRuntime({ version, cwd, env: io.env, config, manifests: io.manifests(), front });
    try {
      return { runtime, session: await runtime.openSession({ signal: ending }) };
    } catch (error) {
      await runtime.close("error");
      throw error;
    }
  }

  return {
    async call({ server, tool, input }, { signal }) {
      opening ??= open();
      const { session } = await opening;
      const { callId, outcome } = await session.callTool(mcpToolName(server, tool).name, input, { signal });
      return { text: texts.get(callId) ?? "", isError: outcome !== "ok" };
    },
    async close() {
      await (await opening?.catch(() => undefined))?.runtime.close();
    },
  };
}

function keep(event: SessionEvent, texts: Map<string, string>): void {
  if (event.type === "tool.failed") texts.set(event.data.callId, event.data.message);
  if (event.type !== "tool.result") return;
  const words = event.data.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  texts.set(event.data.callId, words.join("\n"));
}

async function questions(io: ShellIo): Promise<Pick<FrontEnd, "ask" | "askMcp">> {
  if (!canAsk(io)) return {};
  const { createSessionView, mcpAsker } = await import("./session-view.ts");
  const view = await createSessionView({ io, quiet: true, verbose: false, draw: false, interactive: true });
  return {
    ask: async (question, options) => await (await view.asker()).approve(question, options),
    askMcp: mcpAsker(view.asker),
  };
}
