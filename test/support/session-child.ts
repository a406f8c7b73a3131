/**
 * A real process that writes sessions, for the fault tests: `node session-child.ts new|resume|hold STATE_HOME`. After each flush
 * it announces on stdout how many events are now promised to be on disk.
 */
import { writeSync } from "node:fs";
import { createStore, type OpenedSession } from "../../core/session/store.ts";
import { addTurn, openFacts } from "./session-events.ts";

const [mode, stateHome = ""] = process.argv.slice(2);
const store = createStore({ stateHome, project: "/projects/sample" });

function announce(name: string, value: string | number): void {
  writeSync(1, `${name} ${value}\n`);
}

async function flush({ log }: OpenedSession): Promise<void> {
  await log.flush();
  announce("durable", log.count);
}

async function write(session: OpenedSession, turns: number): Promise<void> {
  announce("id", session.log.id);
  await flush(session);
  for (let turn = 1; turn <= turns; turn++) {
    await addTurn(session, turn, () => flush(session));
  }
}

if (mode === "hold") {
  const session = await store.resume("last");
  announce("holds", session.log.id);
  process.stdin.once("data", () => void session.log.close());
} else {
  const session = mode === "resume" ? await store.resume("last") : await store.create(openFacts);
  await write(session, 1);
  await session.log.close();
  announce("closed", session.log.count);
}
