/** Runs of one client: each is one turn of a session of its own, opened for it and closed behind it, as `gantry run` does. */
import { GantryError } from "../contract/errors.ts";
import type { SessionEvent } from "../contract/events.ts";
import type { ServedCall, ServedClient, ServedRun, ServedRunRequest } from "../contract/serve.ts";
import type { Session } from "../open-session.ts";
import type { FrontEnd, Runtime } from "../runtime.ts";
import type { TurnOutcome } from "../turn/ending.ts";
import { errorOf } from "./output.ts";
import { clipLine, sanitizeLine } from "./sanitize.ts";
import { asksOf, noteOf } from "./serve-host-front.ts";
import { subjectOf } from "./tool-lines.ts";

export interface ServedRuns {
  run(request: ServedRunRequest, call: ServedCall): Promise<ServedRun>;
  close(): Promise<void>;
}

/** Shared by all clients: each run asks a model, and pays for it. */
export interface RunSlots {
  taken: number;
  readonly most: number;
}

interface RunsOptions {
  client: ServedClient;
  runtime: Runtime;
  slots: RunSlots;
}

export function createServedRuns({ client, runtime, slots }: RunsOptions): ServedRuns {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();

  async function oneRun({ prompt, sessionId, model, maxTurns }: ServedRunRequest, call: ServedCall): Promise<ServedRun> {
    const signal = AbortSignal.any([call.signal, closing.signal]);
    signal.throwIfAborted();
    const session = await runtime.openSession({
      ...(sessionId === undefined ? {} : { resume: wholeId(sessionId) }),
      ...(model === undefined ? {} : { model }),
      ...(maxTurns === undefined ? {} : { maxTurns }),
      ...{ front: frontOf(client, call, runtime), openedFor: client.name, signal },
    });
    for (const text of session.recovery) client.onNote({ level: "warning", text });
    return await oneTurn(session, prompt, signal);
  }

  return {
    async run(request, call) {
      if (slots.taken >= slots.most)
        throw new GantryError("QUEUE_FULL", `${slots.most} runs are going on; wait for the end of one`);
      slots.taken++;
      const own = oneRun(request, call).finally(() => {
        slots.taken--;
        running.delete(own);
      });
      running.add(own);
      return await own;
    },
    async close() {
      closing.abort(new GantryError("INTERRUPTED", "the client has gone"));
      await Promise.allSettled(running);
    },
  };
}

async function oneTurn(session: Session, prompt: string, signal: AbortSignal): Promise<ServedRun> {
  const cancel = (): void => session.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  let outcome: TurnOutcome | undefined;
  try {
    const sent = session.send([{ type: "text", text: prompt }], "api");
    if (signal.aborted) cancel();
    outcome = await sent;
    return resultOf(session, outcome);
  } finally {
    signal.removeEventListener("abort", cancel);
    await session.close(outcome?.stop === "interrupted" ? "interrupted" : outcome?.error ? "error" : "done");
  }
}

function resultOf(session: Session, outcome: TurnOutcome): ServedRun {
  const error = errorOf(outcome);
  const { text, steps, usage, stop } = outcome;
  return {
    ...{ sessionId: session.id, text, turns: session.state.turns, steps, usage },
    costUsd: outcome.costUsd ?? null,
    stopReason: outcome.unapproved > 0 && !outcome.error && stop !== "interrupted" ? "denied" : stop,
    ...(error ? { error: { code: error.code, message: error.message, hint: error.hint } } : {}),
  };
}

const longestProgress = 300;
const idForm = /^\d{8}T\d{6}-[a-z0-9]+$/;

/** A client goes on with a session that it was told of; it does not go looking for others. */
function wholeId(id: string): string {
  if (idForm.test(id)) return id;
  throw new GantryError("SESSION_NOT_FOUND", `${JSON.stringify(id)} is not the id of a session, as an earlier run returned it`);
}

function frontOf(client: ServedClient, call: ServedCall, runtime: Runtime): FrontEnd {
  const find = (name: string) => runtime.tools().find((tool) => tool.name === name);
  return {
    onEvent(event) {
      const line = progressLine(event, find);
      if (line !== undefined) call.onProgress(line);
      const note = noteOf(event);
      if (note) client.onNote(note);
    },
    ...asksOf(client, () => call),
    ...(client.canAsk ? { askUser: async (questions, options) => await call.askUser(questions, options) } : {}),
  };
}

/** One line for each request to the model, and for each call. */
function progressLine(event: SessionEvent, find: Parameters<typeof subjectOf>[1]): string | undefined {
  if (event.type === "step.start") return `step ${event.data.step}: asking ${sanitizeLine(event.data.model)}`;
  if (event.type === "tool.call")
    return clipLine(`${event.data.name} ${subjectOf(event.data, find)}`.trimEnd(), longestProgress);
  if (event.type === "step.retry") return `${event.data.code}: trying again in ${(event.data.delayMs / 1_000).toFixed(1)} s`;
  return undefined;
}
