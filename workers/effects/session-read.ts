/** session.read: what a session last knew of a file, and its events. Performed in the core, from the session's own state and log. */
import { GantryError } from "../../core/contract/errors.ts";
import type { SessionEvent } from "../../core/contract/events.ts";
import type { CoreEffects } from "../../core/contract/execution.ts";
import type { SessionEffects } from "../../core/contract/plugin.ts";
import { coversSession } from "../../core/permission/grants.ts";

export interface SessionReadRequest {
  path: string;
}

export interface EventsRequest {
  /** Absent: the own one. */
  sessionId?: string;
  limit?: number;
}

interface EventsEnv {
  coreEffects: Pick<CoreEffects, "events"> | undefined;
}

export const mostEvents = 10_000;
const usualEvents = 1_000;
/** Of the events handed over; the newest are kept. */
const mostChars = 8 * 1024 * 1024;

export function covers(
  scope: "own" | "all",
  request: SessionReadRequest | EventsRequest,
  { sessionId }: { sessionId?: string | undefined } = {},
): boolean {
  const other = "sessionId" in request ? request.sessionId : undefined;
  return coversSession(scope, { isOwn: other === undefined || other === sessionId });
}

export function describe(request: SessionReadRequest | EventsRequest): string {
  if ("path" in request) return `know what this session has read of ${request.path}`;
  return `read the events of ${request.sessionId === undefined ? "this session" : `session ${request.sessionId}`}`;
}

export async function perform(
  { path }: SessionReadRequest,
  { coreEffects }: { coreEffects: Pick<CoreEffects, "lastRead"> },
): ReturnType<SessionEffects["lastRead"]> {
  return coreEffects.lastRead(path);
}

/** SESSION_NOT_FOUND where there is no session; SESSION_* of another one. */
export async function performEvents(
  { sessionId, limit = usualEvents }: EventsRequest,
  env: EventsEnv,
): Promise<SessionEvent[]> {
  const { coreEffects } = env;
  if (coreEffects?.events === undefined)
    throw new GantryError("SESSION_NOT_FOUND", "There is no session here whose events could be read.");
  const events = await coreEffects.events({
    ...(sessionId !== undefined && { sessionId }),
    limit: Math.min(limit, mostEvents),
  });
  return newest(events);
}

function newest(events: readonly SessionEvent[]): SessionEvent[] {
  let chars = 0;
  let from = events.length;
  while (from > 0) {
    chars += JSON.stringify(events[from - 1]).length;
    if (chars > mostChars) break;
    from--;
  }
  return events.slice(from);
}
