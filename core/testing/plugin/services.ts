/** What a session offers to a call, played: the user answers what the test says, the model plays a script. */
import { GantryError } from "../../contract/errors.ts";
import type { SessionEvent } from "../../contract/events.ts";
import type { CoreEffects, SessionShells } from "../../contract/execution.ts";
import type { Usage } from "../../contract/messages.ts";
import { createScript, type ScriptPlayer } from "../script.ts";
import type { StartPluginOptions } from "./plugin-under-test.ts";

export interface PlayedServices {
  core: CoreEffects;
  notices: string[];
}

type Played = Pick<StartPluginOptions, "script" | "answers" | "events">;

/** SCRIPT_INVALID. */
export function playServices({ script, answers, events = [] }: Played, shells: SessionShells): PlayedServices {
  const notices: string[] = [];
  const player = script === undefined ? undefined : createScript(Array.isArray(script) ? { steps: script } : script);
  return {
    notices,
    core: {
      shells,
      lastRead: async () => undefined,
      askUser: answers === undefined ? undefined : async (questions) => [...(await answers(questions))],
      ...(player === undefined ? {} : { askModel: (prompt, options) => askPlayer(player, prompt, options) }),
      notify: async (text) => void notices.push(text),
      events: async ({ sessionId, limit }) => ownEvents(events, sessionId).slice(-limit),
    },
  };
}

async function askPlayer(
  player: ScriptPlayer,
  prompt: string,
  { system = "", signal }: { system?: string; signal: AbortSignal },
): Promise<{ text: string; usage: Usage }> {
  signal.throwIfAborted();
  const answer = player.next({ system, messages: [{ role: "user", content: [{ type: "text", text: prompt }] }] });
  if (answer.delayMs > 0 || answer.hang) await elapsed(answer.hang ? undefined : answer.delayMs, signal);
  if (answer.fail !== undefined)
    throw new GantryError("PROVIDER_OVERLOADED", answer.fail.message ?? `the script fails: ${JSON.stringify(answer.fail)}`);
  return { text: answer.say ?? "", usage: answer.usage };
}

/** Rejects when the signal is aborted; without a time, only then. */
async function elapsed(ms: number | undefined, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function ownEvents(events: readonly SessionEvent[], sessionId: string | undefined): readonly SessionEvent[] {
  if (sessionId === undefined || sessionId === testSession) return events;
  throw new GantryError("SESSION_NOT_FOUND", `there is no session ${sessionId}; the only one is ${testSession}`);
}

/** The session that calls and moments of a test belong to. */
export const testSession = "20260101T000000-test22";
