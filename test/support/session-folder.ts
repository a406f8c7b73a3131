/** A state home of its own for each test, removed afterwards; and stores on it. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";
import { createStore, type OpenedSession, type SessionStore } from "../../core/session/store.ts";
import { openFacts } from "./session-events.ts";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function newStateHome(): string {
  const folder = mkdtempSync(join(tmpdir(), "gantry-sessions-"));
  folders.push(folder);
  return folder;
}

export function newStore(project = "/projects/sample"): SessionStore & { stateHome: string } {
  const stateHome = newStateHome();
  return { stateHome, ...createStore({ stateHome, project }) };
}

/** A session with this done in it, flushed and closed; its log's path. */
export async function writeSession(
  store: SessionStore,
  act: (session: OpenedSession) => void | Promise<void> = () => {},
): Promise<{ id: string; path: string }> {
  const session = await store.create(openFacts);
  await act(session);
  await session.log.close();
  return { id: session.log.id, path: session.log.path };
}

/** Names beside a log, its own included. */
export function beside(path: string): string[] {
  return readdirSync(dirname(path)).sort();
}
