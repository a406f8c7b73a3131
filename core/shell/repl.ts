/**
 * The line session of bare `gantry`: read an input, run its turn, read the next. Ctrl-C stops the running turn and leaves the
 * session usable; a second one ends the process with 130. Ctrl-D ends it with 0.
 */

import { type LoadedConfig, paths } from "../../config/load.ts";
import { describeError } from "../contract/errors.ts";
import type { CommandInput } from "../contract/plugin.ts";
import { isPromptCall } from "../mcp/server-words.ts";
import type { Session } from "../open-session.ts";
import type { FrontEnd, Runtime } from "../runtime.ts";
import { errorLines, errorText, exitOf } from "./envelope.ts";
import { type History, openHistory } from "./history.ts";
import type { ShellIo } from "./io.ts";
import { createLineEditor, type LineEditor } from "./line-editor.ts";
import { errorOf } from "./output.ts";
import type { Completed } from "./repl-complete.ts";
import { createEnds, type Ends, type Interruptible } from "./repl-ends.ts";
import { createServerLines, type ServerLines } from "./repl-servers.ts";
import { readSessionFlags, type SessionFlags } from "./session-flags.ts";
import { createSessionView, mcpAsker, type SessionView } from "./session-view.ts";
import { isSlash, runSlash, slashCommands } from "./slash.ts";
import { start, workingFolder } from "./start.ts";
import { createStyle, describeTerminal } from "./style.ts";
import { summaryLine } from "./tool-lines.ts";

/** Resolves with the exit code. Needs a terminal on stdin and stdout. */
export async function lineSession(input: CommandInput, io: ShellIo): Promise<number> {
  const style = createStyle(describeTerminal(io.stderr, io.env).color);
  try {
    const cwdFlag = input.flags["cwd"];
    const cwd = await workingFolder(io, typeof cwdFlag === "string" ? cwdFlag : undefined);
    const flags = readSessionFlags(input.flags, "", cwd);
    return await open(cwd, flags, io);
  } catch (error) {
    io.stderr.write(errorText(error, style, io.env));
    return exitOf(describeError(error));
  }
}

/** What the parts of the loop share; `session` changes with /resume. */
interface Loop {
  io: ShellIo;
  view: SessionView;
  editor: LineEditor;
  history: History;
  runtime: Runtime;
  session: Session;
  flags: SessionFlags;
  inTurn: boolean;
  /** Ctrl-C came in this turn. */
  stopping: boolean;
  servers: ServerLines;
}

async function open(cwd: string, flags: SessionFlags, io: ShellIo): Promise<number> {
  const parts: { loop?: Loop; editor?: LineEditor } = {};
  const ends = createEnds(io, () => parts.loop && interruptible(parts.loop));
  const view = await createView(io, flags, { ends, editor: () => parts.editor });
  const history = await openHistory(paths(io.env).stateHome, view.front.say);
  const editor = createLineEditor({
    stdin: io.stdin,
    stdout: io.stdout,
    history: history.entries,
    onInterrupt: ends.interrupt,
    complete: async (line) => await complete(line, parts.loop),
  });
  parts.editor = editor;
  try {
    const { runtime, config } = await start({
      io,
      cwd,
      flags,
      wantCost: true,
      front: frontEnd(view, () => parts.loop),
      askTrust: async (status) => (await view.asker()).trust(status, { signal: ends.signal }),
      askPlugin: async (plan) => (await view.asker()).consent(plan, { signal: ends.signal }),
      signal: ends.signal,
    });
    try {
      const resume = flags.resume === undefined ? {} : { resume: flags.resume };
      const session = await runtime.openSession({ ...resume, signal: ends.signal });
      const servers = createServerLines({
        ...{ say: view.front.say, style: view.style, quiet: flags.quiet },
        isBusy: () => loop.inTurn,
      });
      const loop: Loop = { io, view, editor, history, runtime, session, flags, inTurn: false, stopping: false, servers };
      parts.loop = loop;
      greet(loop, config);
      return await Promise.race([readInputs(loop), ends.ended]);
    } finally {
      // A signal that has ended the session leaves the hooks of its end their time.
      await runtime.close("done", ends.signal.aborted ? {} : { signal: ends.signal });
    }
  } finally {
    editor.close();
    ends.close();
    await view.flush();
  }
}

async function createView(
  io: ShellIo,
  { quiet, verbose }: SessionFlags,
  { ends, editor }: { ends: Ends; editor(): LineEditor | undefined },
): Promise<SessionView> {
  let prompt = "";
  return await createSessionView({
    io,
    quiet,
    verbose,
    draw: true,
    interactive: true,
    onGone: () => ends.end(0),
    nextLine: async ({ signal }) => await editor()?.nextAnswer(prompt, signal),
    // The last line of a question is the editor's prompt: it redraws it while the answer is edited.
    splitPrompt: (text) => {
      const cut = text.lastIndexOf("\n") + 1;
      prompt = text.slice(cut);
      return text.slice(0, cut);
    },
  });
}

function frontEnd({ front, asker }: SessionView, loop: () => Loop | undefined): FrontEnd {
  return {
    onEvent(event) {
      front.onEvent(event);
      loop()?.servers.onEvent(event);
    },
    onWait: front.onWait,
    onPluginLog: front.onPluginLog,
    ...(front.onDelta ? { onDelta: front.onDelta } : {}),
    ask: async (question, options) => (await asker()).approve(question, options),
    askUser: async (questions, options) => (await asker()).questions(questions, options),
    askMcp: mcpAsker(asker),
  };
}

function interruptible(loop: Loop): Interruptible {
  return {
    inTurn: loop.inTurn,
    get stopping() {
      return loop.stopping;
    },
    set stopping(now) {
      loop.stopping = now;
    },
    cancel: () => loop.session.cancel(),
    say: (text) => loop.view.front.say(loop.view.style.yellow(text)),
    prompt: () => loop.view.out.write(promptOf(loop)),
  };
}

function greet({ view, session, flags }: Loop, config: LoadedConfig): void {
  const { style } = view;
  for (const note of session.recovery) view.front.say(note);
  if (flags.quiet) return;
  view.front.say(`${style.bold("gantry")} ${style.dim(`${session.model} · ${session.mode} · ${config.project}`)}`);
  view.front.say(
    style.dim(
      flags.resume === undefined ? "/help shows what can be typed." : `session ${session.id}, ${session.state.turns} turns`,
    ),
  );
}

function promptOf({ view }: Loop): string {
  return `${view.style.cyan("›")} `;
}

async function readInputs(loop: Loop): Promise<number> {
  while (true) {
    loop.servers.flush();
    await loop.view.flush();
    const input = await loop.editor.nextInput(promptOf(loop));
    if (input === undefined) {
      loop.view.out.write("\n");
      return 0;
    }
    if (input.trim() === "") continue;
    await loop.history.add(input);
    if (isSlash(input)) {
      if ((await runSlash(input, slashContext(loop))) === "exit") return 0;
    } else await runTurn(loop, input);
  }
}

function slashContext(loop: Loop): Parameters<typeof runSlash>[1] {
  return {
    session: loop.session,
    runtime: loop.runtime,
    style: loop.view.style,
    say: (text) => loop.view.front.say(text),
    async resume(reference) {
      const next = await loop.runtime.openSession({ resume: reference });
      await loop.session.close("done");
      loop.session = next;
      for (const note of next.recovery) loop.view.front.say(note);
      loop.view.front.say(`  session ${next.id}, ${next.state.turns} turns`);
    },
  };
}

/** A space before it makes a server's prompt a text like any other. */
function plainText(text: string): string {
  const bare = text.trimStart();
  return isPromptCall([{ type: "text", text: bare }]) ? text : bare;
}

async function complete(line: string, loop: Loop | undefined): Promise<Completed> {
  const { completeLine } = await import("./repl-complete.ts");
  const commands = slashCommands.map(({ name }) => `/${name}`);
  return await completeLine(line, { commands, mcp: loop?.runtime.mcp });
}

async function runTurn(loop: Loop, text: string): Promise<void> {
  const { view, session } = loop;
  loop.inTurn = true;
  loop.stopping = false;
  try {
    loop.servers.flush();
    const outcome = await session.send([{ type: "text", text: plainText(text) }], "line");
    view.front.clear();
    const error = errorOf(outcome);
    if (error && outcome.stop !== "interrupted") view.talk.write(errorLines(error, view.style));
    if (outcome.stop === "interrupted") view.front.say(view.style.yellow("Stopped. The session goes on with your next line."));
    else if (!loop.flags.quiet)
      view.front.say(
        summaryLine(outcome, { model: session.model, sessionId: session.id }, { style: view.style, columns: view.columns() }),
      );
  } catch (error) {
    view.talk.write(errorText(error, view.style, loop.io.env));
  } finally {
    loop.inTurn = false;
  }
}
