/**
 * What a person sees of a session: a line per tool call, diffs, retries, denials, and on a terminal the answer as it streams
 * with a status line for what runs. The answer goes to stdout, all else to stderr; where both are one terminal, to one writer.
 */
import type { Delta, EventOf, SessionEvent } from "../contract/events.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { AnswerView } from "./answer-view.ts";
import { renderDiff } from "./diff-view.ts";
import { sanitizeLine, sanitizeText } from "./sanitize.ts";
import { createStatusLine } from "./status-line.ts";
import type { Style } from "./style.ts";
import { failureLine, type KnownCall, resultLine, subjectOf } from "./tool-lines.ts";
import type { Writer } from "./writer.ts";

export interface TerminalFrontOptions {
  talk: Writer;
  style: Style;
  columns(): number;
  quiet: boolean;
  verbose: boolean;
  /** Talk is read by somebody as it comes. */
  isTerminal: boolean;
  /** A line that is overwritten: only where talk is a terminal that can. */
  status: boolean;
  answer: AnswerView | undefined;
  findTool(name: string): Pick<ToolManifest, "subject"> | undefined;
}

export interface TerminalFront {
  onEvent(event: SessionEvent): void;
  onDelta: ((delta: Delta) => void) | undefined;
  onWait(hook: { event: string; source: string; status?: string }): void;
  /** What a plugin's guest logged. Only in a verbose view. */
  onPluginLog(plugin: string, line: string): void;
  /** A line of ours, also when quiet is set. */
  say(text: string): void;
  /** Takes the status line away before something else is written. */
  clear(): void;
}

const mostVerboseLines = 12;

export function createTerminalFront(options: TerminalFrontOptions): TerminalFront {
  const { talk, style, answer } = options;
  const calls = new Map<string, KnownCall>();
  const status = createStatusLine({ talk, style, columns: options.columns, enabled: options.status && !options.quiet });
  const print = (line: string): void => {
    status.clear();
    talk.write(`${line}\n`);
  };
  const view = () => ({ style, columns: options.columns() });
  const callOf = (callId: string): KnownCall => calls.get(callId) ?? { name: "?", input: {} };
  const settle = (callId: string): KnownCall => {
    const call = callOf(callId);
    calls.delete(callId);
    status.end(callId);
    return call;
  };

  const showResult = (event: EventOf<"tool.result">): void => {
    const call = settle(event.data.callId);
    if (!options.quiet) {
      print(resultLine(call, event, options.findTool, view()));
      const diff = event.data.data?.["diff"];
      if (typeof diff === "string" && diff !== "") for (const line of renderDiff(diff, view())) print(line);
      if (options.verbose) for (const line of resultText(event)) print(style.dim(`  ${line}`));
    }
    status.show();
  };

  const onEvent = (event: SessionEvent): void => {
    switch (event.type) {
      case "answer":
        answer?.end();
        return;
      case "tool.call":
        calls.set(event.data.callId, { name: event.data.name, input: event.data.input });
        return;
      case "tool.start":
        status.begin(event.data.callId, startText(callOf(event.data.callId), options));
        status.show();
        return;
      case "tool.result":
        showResult(event);
        return;
      case "tool.failed": {
        const call = settle(event.data.callId);
        if (!options.quiet) print(failureLine(call, event, options.findTool, view()));
        status.show();
        return;
      }
      case "step.retry":
        answer?.end();
        if (!options.quiet) print(style.yellow(`… ${retryText(event)}`));
        return;
      case "tool.approval":
        if (!options.quiet && event.data.remembered) print(style.dim(rememberedText(event.data.remembered)));
        return;
      case "mcp.ask":
        if (!options.quiet) print(style.dim(askedText(event)));
        return;
      case "config.reload":
        if (!options.quiet) print(style.yellow(reloadText(event)));
        return;
      case "note":
        if (event.data.from !== undefined ? !options.quiet : options.verbose) print(style.dim(noteText(event)));
        return;
      default:
        if (options.verbose) for (const line of verboseLines(event)) print(style.dim(line));
    }
  };

  return {
    onEvent,
    onDelta: answer && ((delta) => delta.type === "delta" && delta.kind === "text" && answer.push(delta.text)),
    onWait({ event, source, status }) {
      if (!options.isTerminal || options.quiet) return;
      const told = status === undefined ? "" : `: ${sanitizeLine(status)}`;
      print(style.dim(`waiting for the ${event} hook at ${sanitizeLine(source)}${told}`));
    },
    onPluginLog(plugin, line) {
      if (options.verbose) print(style.dim(`${sanitizeLine(plugin)} logs ${sanitizeLine(line)}`));
    },
    say: print,
    clear: status.clear,
  };
}

function startText(call: KnownCall, { findTool }: TerminalFrontOptions): string {
  return `${sanitizeLine(call.name)} ${subjectOf(call, findTool)}`;
}

function retryText({ data }: EventOf<"step.retry">): string {
  return `${data.code}: ${sanitizeLine(data.message)}; try ${data.attempt + 1} in ${(data.delayMs / 1000).toFixed(1)} s`;
}

type Remembered = NonNullable<EventOf<"tool.approval">["data"]["remembered"]>;

function rememberedText({ rule, more = [], for: scope, file }: Remembered): string {
  const shown = [rule, ...more].map(sanitizeLine).join(" and ");
  const verb = more.length === 0 ? "is" : "are";
  return scope === "always"
    ? `  ${shown} ${verb} allowed from now on: ${file ?? "your local config"}`
    : `  ${shown} ${verb} allowed for this session`;
}

function reloadText({ data: { files, keys, taken, reason } }: EventOf<"config.reload">): string {
  const where = sanitizeLine(files.join(", "));
  if (!taken) return `the config changed (${where}) and the old one stays: ${sanitizeLine(reason ?? "no reason given")}`;
  const settled = reason === undefined ? "" : ` (${sanitizeLine(reason)})`;
  return `the config changed (${where}): ${sanitizeLine(keys.join(", "))}${settled}`;
}

const askedFor = { form: "asked for an answer", url: "asked to open", sample: "asked the session's model" } as const;

function askedText({ data: { server, kind, url, answer, fields = [], reason } }: EventOf<"mcp.ask">): string {
  const about = [...(url === undefined ? [] : [` ${url}`]), ...(fields.length === 0 ? [] : [` (${fields.join(", ")})`])].join(
    "",
  );
  const why = reason === undefined ? "" : ` (${reason})`;
  return sanitizeLine(`the MCP server ${server} ${askedFor[kind]}${about}: ${answer}${why}`);
}

function noteText({ data: { text, from } }: EventOf<"note">): string {
  return from === undefined ? sanitizeLine(text) : `${sanitizeLine(from)}: ${sanitizeLine(text)}`;
}

function resultText({ data }: EventOf<"tool.result">): string[] {
  const lines = data.content.flatMap((part) =>
    part.type === "text" ? sanitizeText(part.text).split("\n") : [`[${part.mediaType}]`],
  );
  const more = lines.length - mostVerboseLines;
  return more > 0 ? [...lines.slice(0, mostVerboseLines), `… ${more} more lines`] : lines;
}

function verboseLines(event: SessionEvent): string[] {
  switch (event.type) {
    case "step.start":
      return [`step ${event.data.step}: ${event.data.messages} messages to ${sanitizeLine(event.data.model)}`];
    case "hook.fired":
      return [
        `hook ${event.data.point} ${sanitizeLine(event.data.tap)}: ${event.data.outcome}, ${event.data.ms.toFixed(1)} ms`,
      ];
    case "instructions":
      return [`instructions ${sanitizeLine(event.data.file)}: ${event.data.bytes} bytes${event.data.truncated ? ", cut" : ""}`];
    default:
      return [];
  }
}
