/** `gantry run`: one input, one turn, one exit code. */
import { describeError, GantryError } from "../contract/errors.ts";
import type { EventOf } from "../contract/events.ts";
import type { CommandInput } from "../contract/plugin.ts";
import type { Session } from "../open-session.ts";
import type { FrontEnd, Runtime } from "../runtime.ts";
import type { TurnOutcome } from "../turn/ending.ts";
import { usageError } from "./command-line.ts";
import { errorLines, errorText, exitOf } from "./envelope.ts";
import { canAsk, type ShellIo } from "./io.ts";
import { errorOf, exitOfOutcome, type RunFacts, runErrorObject, runObject, streamJson } from "./output.ts";
import { type PromptSource, readPrompt } from "./prompt-input.ts";
import { readSessionFlags, type SessionFlags } from "./session-flags.ts";
import { createSessionView, mcpAsker, type SessionView } from "./session-view.ts";
import { listenForStop, type StopRequests } from "./signals.ts";
import { start, workingFolder } from "./start.ts";
import { serverLine, summaryLine } from "./tool-lines.ts";

type Format = "text" | "json" | "stream-json";

interface RunPlan {
  format: Format;
  deltas: boolean;
  prompt: string | undefined;
  /** stdin brings answers to questions, not the prompt. */
  answersOnStdin: boolean;
  cwd: string;
  flags: SessionFlags;
}

/** Resolves with the exit code, when the session is closed and all output is out. */
export async function run(input: CommandInput, io: ShellIo): Promise<number> {
  const format = (input.flags["output"] ?? "text") as Format;
  let cancel: () => void = () => undefined;
  const stop = listenForStop(io.signals, { onStop: () => cancel(), exitNow: io.exitNow });
  let view: SessionView | undefined;
  let exit: number;
  try {
    const plan = await planRun(input, io, format);
    view = await createSessionView({
      io,
      quiet: plan.flags.quiet,
      verbose: plan.flags.verbose,
      draw: format === "text",
      interactive: !plan.answersOnStdin,
      onGone: () => cancel(),
    });
    exit = await drive(plan, { io, view, stop, onCancel: (act) => (cancel = act) });
  } catch (error) {
    exit = await reportEarlyEnd(error, format, { io, view, stop });
  }
  await view?.flush();
  stop.close();
  const failure = view?.out.failure;
  return failure ? await (await import("./lost-output.ts")).reportLostOutput(failure, exit, io) : exit;
}

async function planRun(input: CommandInput, io: ShellIo, format: Format): Promise<RunPlan> {
  const deltas = input.flags["include-deltas"] === true;
  if (deltas && format !== "stream-json") throw usageError(["--include-deltas goes with --output stream-json."], "run");
  const cwdFlag = input.flags["cwd"];
  const cwd = await workingFolder(io, typeof cwdFlag === "string" ? cwdFlag : undefined);
  const flags = readSessionFlags(input.flags, "run", cwd);
  const prompt = input.args["prompt"];
  const answersOnStdin = flags.approve === "prompt" && io.stdin.isTTY !== true && prompt !== undefined && prompt !== "-";
  return { format, deltas, prompt, answersOnStdin, cwd, flags };
}

interface RunParts {
  io: ShellIo;
  view: SessionView;
  stop: StopRequests;
  onCancel(act: () => void): void;
}

async function drive(plan: RunPlan, parts: RunParts): Promise<number> {
  const { io, view, stop } = parts;
  const front = frontEnd(plan, parts);
  const canTrust = canAsk(io);
  const [prompt, started] = await Promise.allSettled([
    promptOf(plan, parts),
    start({
      io,
      cwd: plan.cwd,
      flags: plan.flags,
      front,
      wantCost: plan.format === "json" || view.isTerminal,
      signal: stop.signal,
      ...(canTrust ? { askTrust: async (status) => (await view.asker()).trust(status, { signal: stop.signal }) } : {}),
      ...(canTrust ? { askPlugin: async (plan) => (await view.asker()).consent(plan, { signal: stop.signal }) } : {}),
    }),
  ]);
  if (started.status === "rejected") throw started.reason;
  const { runtime } = started.value;
  let ended: EndedRun;
  try {
    if (prompt.status === "rejected") throw prompt.reason;
    ended = await oneTurn(prompt.value, runtime, plan, parts);
  } finally {
    await runtime.close("done", { signal: stop.signal });
  }
  return printEnd(ended, plan, parts);
}

function promptOf(plan: RunPlan, { io, view, stop }: RunParts): Promise<PromptSource> {
  const { prompt, answersOnStdin } = plan;
  if (prompt !== undefined && answersOnStdin && prompt.trim() !== "")
    return Promise.resolve({ text: prompt, source: "prompt" });
  return readPrompt(prompt, {
    stdin: () => io.stdin,
    fd: io.stdinFd,
    signal: stop.signal,
    say: (text) => view.front.say(text),
  });
}

function frontEnd(plan: RunPlan, { io, view }: RunParts): FrontEnd {
  const shown = view.front;
  const stream = plan.format === "stream-json" ? streamJson(view.out, { deltas: plan.deltas }) : undefined;
  const onDelta = plan.deltas ? stream?.onDelta : shown.onDelta;
  const somebodyIsThere = !plan.answersOnStdin && canAsk(io);
  return {
    onEvent(event) {
      stream?.onEvent(event);
      shown.onEvent(event);
      if (event.type === "mcp.server" && !plan.flags.quiet) sayServer(event, plan, view);
    },
    ...(onDelta ? { onDelta } : {}),
    onWait: shown.onWait,
    onPluginLog: shown.onPluginLog,
    ...(plan.answersOnStdin || somebodyIsThere
      ? { ask: async (question, options) => (await view.asker()).approve(question, options) }
      : {}),
    // Lines of a pipe were written for the approvals that were foreseen: no other question must use one up.
    ...(somebodyIsThere ? { askUser: async (questions, options) => (await view.asker()).questions(questions, options) } : {}),
    ...(somebodyIsThere ? { askMcp: mcpAsker(view.asker) } : {}),
  };
}

function sayServer(event: EventOf<"mcp.server">, { flags }: RunPlan, { front, style }: SessionView): void {
  const line = serverLine(event, { style, all: flags.verbose });
  if (line !== undefined) front.say(line);
}

interface EndedRun {
  session: Session;
  servers: RunFacts["servers"];
  outcome: TurnOutcome;
  exit: number;
}

async function oneTurn({ text, source }: PromptSource, runtime: Runtime, plan: RunPlan, parts: RunParts): Promise<EndedRun> {
  const { view, stop } = parts;
  if (stop.exit !== undefined) throw new GantryError("INTERRUPTED", "stopped before the session began");
  const resume = plan.flags.resume === undefined ? {} : { resume: plan.flags.resume };
  const session = await runtime.openSession({ ...resume, signal: stop.signal });
  for (const note of session.recovery) view.front.say(note);
  parts.onCancel(() => session.cancel());
  const sent = session.send([{ type: "text", text }], source);
  // The signal may have come while the session was being opened.
  if (stop.signal.aborted) session.cancel();
  const outcome = await sent;
  const exit = exitOfOutcome(outcome, stop.exit ?? (view.out.gone ? 130 : undefined));
  // One that came during the turn has ended the turn; the hooks of the end have their time all the same.
  const late = stop.exit === undefined;
  const servers = runtime.mcp?.facts().map(({ name, state, code, why }) => ({
    ...{ name, state },
    ...(code === undefined ? {} : { code }),
    ...(why === undefined ? {} : { why }),
  }));
  const reason = outcome.stop === "interrupted" ? "interrupted" : outcome.error ? "error" : "done";
  await session.close(reason, late ? { signal: stop.signal } : {});
  return { session, servers, outcome, exit: late ? (stop.exit ?? exit) : exit };
}

/** After the session is closed: what is printed here is the last word, and one object is one object. */
function printEnd({ session, servers, outcome, exit }: EndedRun, plan: RunPlan, { view }: RunParts): number {
  view.front.clear();
  const text = outcome.text.replace(/\n$/, "");
  if (plan.format === "json")
    view.out.write(runObject({ sessionId: session.id, turns: session.state.turns, outcome, exit, servers }));
  if (plan.format === "text" && !view.isTerminal && text !== "") view.out.write(`${text}\n`);
  const error = errorOf(outcome);
  if (error && exit !== 0 && plan.format !== "json" && outcome.stop !== "interrupted")
    view.talk.write(errorLines(error, view.style));
  if (outcome.stop === "interrupted") view.front.say(`The session is kept. To go on: gantry run --resume ${session.id} "…"`);
  else if (view.isTerminal && !plan.flags.quiet) {
    const facts = { model: session.model, sessionId: session.id };
    view.front.say(summaryLine(outcome, facts, { style: view.style, columns: view.columns() }));
  }
  return exit;
}

/** Whatever ended the run before its turn did. */
async function reportEarlyEnd(
  error: unknown,
  format: Format,
  { io, view, stop }: { io: ShellIo; view: SessionView | undefined; stop: StopRequests },
): Promise<number> {
  const facts = describeError(error);
  const { createWriter } = await import("./writer.ts");
  const { createStyle, describeTerminal } = await import("./style.ts");
  const out = view?.out ?? createWriter(io.stdout);
  const talk = view?.talk ?? createWriter(io.stderr);
  const style = view?.style ?? createStyle(describeTerminal(io.stderr, io.env).color);
  view?.front.clear();
  if (format === "json") out.write(runErrorObject(facts));
  if (format === "stream-json") out.write(`${JSON.stringify({ type: "error", data: facts })}\n`);
  if (format !== "json") talk.write(errorText(error, style, io.env));
  await Promise.all([out.flush(), talk.flush()]);
  return stop.exit ?? exitOf(facts);
}
