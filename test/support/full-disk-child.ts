/** Writes one session until the disk takes no more, frees the disk on request, and goes on: `full-disk-child.ts STATE_HOME [BALLAST]`. */
import { rmSync, writeSync } from "node:fs";
import { createStore } from "../../core/session/store.ts";
import { openFacts } from "./session-events.ts";

const [stateHome = "", ballast] = process.argv.slice(2);
const { log } = await createStore({ stateHome, project: "/projects/sample" }).create(openFacts);
const text = "x".repeat(1_000);

let durable = 0;
let failure: unknown;
for (let note = 0; note < 100_000 && failure === undefined; note++) {
  log.append("note", { text });
  try {
    await log.flush();
    durable = log.count;
  } catch (error) {
    failure = error;
  }
}
const { code, message } = failure as { code: string; message: string };
let later = "still full";
if (ballast !== undefined) rmSync(ballast);
try {
  log.append("note", { text: "after" });
  await log.close();
  later = "written";
} catch (error) {
  later = (error as { code: string }).code;
}
writeSync(1, JSON.stringify({ id: log.id, path: log.path, code, message, durable, count: log.count, later }));
