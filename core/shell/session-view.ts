/** The streams, the front end and the person of one session, put together once for `run` and the line session. */
import type { McpAsker } from "../mcp/questions.ts";
import { type AnswerLines, createAnswerLines } from "./answers.ts";
import type { Asker } from "./ask.ts";
import { createTerminalFront, type TerminalFront } from "./front-terminal.ts";
import { createHeldWriter } from "./held-writer.ts";
import { isCi, type ShellIo } from "./io.ts";
import { createStyle, describeTerminal, type Style } from "./style.ts";
import { createWriter, type Writer } from "./writer.ts";

export interface SessionView {
  out: Writer;
  talk: Writer;
  /** Of what talk is written to. */
  style: Style;
  columns(): number;
  /** stdout is a terminal: the answer is drawn as it streams. */
  isTerminal: boolean;
  front: TerminalFront;
  /** Loaded at the first question. */
  asker(): Promise<Asker>;
  flush(): Promise<void>;
}

export interface SessionViewOptions {
  io: ShellIo;
  quiet: boolean;
  verbose: boolean;
  /** Whether answers are drawn on stdout: not with json forms. */
  draw: boolean;
  interactive: boolean;
  /** Where answers to questions come from; default: lines of stdin. */
  nextLine?: AnswerLines["next"];
  /** Takes the part of a question that is to be the editor's prompt; what is left is shown before it. */
  splitPrompt?: (text: string) => string;
  onGone?: () => void;
}

export async function createSessionView(options: SessionViewOptions): Promise<SessionView> {
  const { io } = options;
  const stdout = describeTerminal(io.stdout, io.env);
  const stderr = describeTerminal(io.stderr, io.env);
  const oneTerminal = stdout.isTerminal && stderr.isTerminal;
  const direct = createWriter(io.stdout, options.onGone ? { onGone: options.onGone } : {});
  // One writer for one terminal: two would overtake each other.
  const directTalk = oneTerminal && options.draw ? direct : createWriter(io.stderr);
  const out = createHeldWriter(direct);
  const talk = directTalk === direct ? out : createHeldWriter(directTalk);
  const style = createStyle(stderr.color);
  // What no terminal shows is not clipped: a log wants the whole line.
  const columns = (): number => {
    if (!stderr.isTerminal && !stdout.isTerminal) return Number.MAX_SAFE_INTEGER;
    return describeTerminal(stderr.isTerminal ? io.stderr : io.stdout, io.env).columns;
  };
  const isTerminal = options.draw && stdout.isTerminal;
  const tools = new Map(io.known().flatMap(({ contributes }) => contributes.tools.map((tool) => [tool.name, tool])));
  let front: TerminalFront | undefined;
  const answer = isTerminal ? await drawnAnswer(out, io, () => front?.clear()) : undefined;
  front = createTerminalFront({
    talk,
    style,
    columns,
    quiet: options.quiet,
    verbose: options.verbose,
    isTerminal: stderr.isTerminal,
    status: stderr.isTerminal && io.env["TERM"] !== "dumb" && !isCi(io.env),
    answer,
    findTool: (name) => tools.get(name),
  });
  // What is drawn on a terminal waits while somebody is asked there; what a program reads does not.
  const drawn = [...(stderr.isTerminal ? [talk] : []), ...(isTerminal && talk !== out ? [out] : [])];
  const hold = (): (() => void) => {
    front?.clear();
    const releases = drawn.map((writer) => writer.hold());
    return () => {
      for (const release of releases) release();
    };
  };
  const asker = lazyAsker(options, { talk: directTalk, style, hold });
  return {
    out,
    talk,
    style,
    columns,
    isTerminal,
    front,
    asker,
    flush: () => Promise.all([out.flush(), talk.flush()]).then(() => undefined),
  };
}

/** For MCP servers' questions: nothing is loaded before the first. */
export function mcpAsker(asker: SessionView["asker"]): McpAsker {
  return {
    form: async (question, options) => await (await asker()).mcp.form(question, options),
    url: async (question, options) => await (await asker()).mcp.url(question, options),
    sample: async (question, options) => await (await asker()).mcp.sample(question, options),
    tell: async (text) => await (await asker()).mcp.tell(text),
  };
}

async function drawnAnswer(out: Writer, io: ShellIo, clear: () => void) {
  const { createAnswerView } = await import("./answer-view.ts");
  const print = (lines: readonly string[]): void => {
    clear();
    out.write(`${lines.join("\n")}\n`);
  };
  return createAnswerView(print, () => {
    const { color, columns } = describeTerminal(io.stdout, io.env);
    return { style: createStyle(color), columns };
  });
}

function lazyAsker(
  options: SessionViewOptions,
  { talk, style, hold }: { talk: Writer; style: Style; hold(): () => void },
): () => Promise<Asker> {
  let asker: Promise<Asker> | undefined;
  const load = async (): Promise<Asker> => {
    const { createAsker } = await import("./ask.ts");
    const lines = options.nextLine ?? createAnswerLines(options.io.stdin).next;
    const show = (text: string): Promise<void> => {
      talk.write(options.splitPrompt ? options.splitPrompt(text) : text);
      return talk.flush();
    };
    return createAsker({ show, hold, nextLine: lines, style, interactive: options.interactive });
  };
  return () => (asker ??= load());
}
