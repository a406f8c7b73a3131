/** One step of a scenario: the model is loaded, the command is started, interrupted where it says so, and everything is checked. */
import type { ModelRequestSeen, ModelServer } from "gantry/testing";
import { callsOf } from "./calls.ts";
import { type Child, type ChildEnd, startChild } from "./child.ts";
import { checkAlways } from "./expect-always.ts";
import { checkCalls } from "./expect-calls.ts";
import { checkAbsent, checkEvents } from "./expect-events.ts";
import { checkFiles } from "./expect-files.ts";
import { checkJson } from "./expect-json.ts";
import { checkRequests } from "./expect-requests.ts";
import { checkText } from "./expect-text.ts";
import { boundedCheck } from "./expression.ts";
import type { Failure } from "./failure.ts";
import { type Interrupt, type Place, type Step, stepTimeout } from "./format.ts";
import { eventsSince, type LogMark, markLogs, seesEvent, sessionsFolder } from "./log-events.ts";
import type { PlayedStep } from "./seen.ts";
import type { Workspace } from "./workspace.ts";

/** The model of one scenario: whoever waits for a request is told of it before it is answered. */
export interface SceneModel {
  server: ModelServer;
  onRequest(listener: ((count: number) => void) | undefined): void;
}

export interface StepParts {
  program: readonly string[];
  model: SceneModel;
  workspace: Workspace;
  signal: AbortSignal;
}

export async function playStep(
  step: Step,
  { place, ...parts }: StepParts & { place: Place },
): Promise<PlayedStep & { failures: Failure[] }> {
  const { server } = parts.model;
  const env = { ...parts.workspace.env(server.url), ...step.env };
  const logs = sessionsFolder(env);
  const [mark, before] = [await markLogs(logs), { requests: server.requests.length, problems: server.problems.length }];
  server.plays(step.model ?? []);
  const { end, failures } = await runCommand(step, { ...parts, env, logs, mark, place });
  const requests = server.requests.slice(before.requests);
  const events = await eventsSince(mark, logs);
  const problems = server.problems.slice(before.problems).map(({ code, message }) => ({ code, message }));
  const model = { requests, problems, remaining: server.remaining };
  const seconds = step.timeoutSeconds ?? stepTimeout.usual;
  const always = checkAlways(step, { end, model, seconds, hasLog: events.length > 0, place });
  const own = await checkExpectations(step, { end, events, requests, workspace: parts.workspace, place: [...place, "expect"] });
  return { end, events, requests, failures: [...failures, ...always, ...own] };
}

interface CommandParts extends StepParts {
  env: Readonly<Record<string, string>>;
  logs: string;
  mark: LogMark;
  place: Place;
}

async function runCommand(step: Step, parts: CommandParts): Promise<{ end: ChildEnd; failures: Failure[] }> {
  const child = startChild([...parts.program, ...step.gantry], {
    cwd: parts.workspace.folder,
    env: parts.env,
    stdin: step.stdin ?? "",
    timeoutMs: (step.timeoutSeconds ?? stepTimeout.usual) * 1_000,
    signal: parts.signal,
  });
  const { interrupt } = step;
  if (interrupt === undefined) return { end: await child.ended, failures: [] };
  const over = new AbortController();
  const moment = momentOf(interrupt.after, { ...parts, child, over: over.signal }).then((came) => {
    if (came) child.kill(interrupt.signal);
    return came;
  });
  const end = await child.ended;
  over.abort();
  if (await moment) return { end, failures: [] };
  const what = "the moment of the interrupt should come before the command ends";
  return {
    end,
    failures: [
      { place: [...parts.place, "interrupt", "after"], what, wanted: JSON.stringify(interrupt.after), found: "it ended first" },
    ],
  };
}

/** Whether it came before `over`. */
async function momentOf(
  after: Interrupt["after"],
  { child, over, ...parts }: CommandParts & { child: Child; over: AbortSignal },
): Promise<boolean> {
  if (after.stdout !== undefined) return await child.sees("stdout", after.stdout);
  if (after.stderr !== undefined) return await child.sees("stderr", after.stderr);
  if (after.event !== undefined) return await seesEvent(after.event, parts.mark, parts.logs, over);
  return await new Promise((resolve) => {
    over.addEventListener("abort", () => resolve(false), { once: true });
    parts.model.onRequest((count) => {
      if (count === after.request) resolve(true);
    });
  });
}

async function checkExpectations(
  step: Step,
  { end, events, requests, workspace, place }: PlayedStep & { workspace: Workspace; place: Place },
): Promise<Failure[]> {
  const { expect = {} } = step;
  const seen: readonly ModelRequestSeen[] = requests;
  const check = (key: keyof typeof expect, checkAt: (at: Place) => Failure[]): Failure[] =>
    boundedCheck([...place, key], () => checkAt([...place, key]));
  return [
    ...check("stdout", (at) => checkText(expect.stdout, { text: end.stdout, subject: "stdout", place: at })),
    ...check("stderr", (at) => checkText(expect.stderr, { text: end.stderr, subject: "stderr", place: at })),
    ...check("json", (at) => checkJson(expect.json, end.stdout, at)),
    ...check("requests", (at) => checkRequests(expect.requests, seen, at)),
    ...check("calls", (at) => checkCalls(expect.calls, callsOf(events, seen), at)),
    ...check("events", (at) => checkEvents(expect.events, events, at)),
    ...check("absent", (at) => checkAbsent(expect.absent, events, at)),
    ...(await checkFiles(expect.files, { folder: workspace.folder, home: workspace.home, place: [...place, "files"] })),
  ];
}
