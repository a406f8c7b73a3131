/** One moment, as a session fires it: its rewriters, then its judges, then its observers, through the same table of hooks. */
import { type HookPayloads, type HookPoint, hookTable, type RewritePoint } from "../../contract/hooks.ts";
import type { JsonObject } from "../../contract/messages.ts";
import type { Heard, HookFired, Hooks } from "../../hooks.ts";
import type { HookAnswer } from "./plugin-under-test.ts";
import { testSession } from "./services.ts";

export interface Firing {
  hooks: Hooks;
  /** Everything that was fired so far, in order. */
  fired: readonly HookFired[];
  workspace: string;
}

export async function fireHook<P extends HookPoint>(
  point: P,
  given: Partial<HookPayloads[P]>,
  { hooks, fired, workspace }: Firing,
): Promise<HookAnswer> {
  const { kinds } = hookTable[point];
  const from = fired.length;
  const first = { sessionId: testSession, callId: "call_1", cwd: workspace, input: {}, ...given } as HookPayloads[P];
  const heard: Heard[] = [];
  const has = (kind: string): boolean => (kinds as readonly string[]).includes(kind);
  let payload = first;
  if (has("rewrite")) {
    const rewritten = await hooks.rewrite(point as RewritePoint, payload as HookPayloads[RewritePoint]);
    payload = rewritten.payload as HookPayloads[P];
    heard.push(rewritten.heard);
  }
  const ruling = has("judge") ? await hooks.judge(point, payload) : undefined;
  if (ruling !== undefined) heard.push(ruling.heard);
  if (has("observe")) heard.push(await hooks.observe(point, payload));
  return {
    verdict: ruling?.verdict ?? "allow",
    ...(ruling?.reason === undefined ? {} : { reason: ruling.reason }),
    ...(ruling === undefined || ruling.by === "" ? {} : { by: ruling.by }),
    payload: payload as unknown as JsonObject,
    context: heard.flatMap(({ context }) => context.map(({ text }) => text)),
    fired: fired
      .slice(from)
      .map(({ tap, outcome, message }) => ({ tap, outcome, ...(message === undefined ? {} : { message }) })),
  };
}
