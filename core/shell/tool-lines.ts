/** One line for a tool call: its outcome, its subject, its time. And the last line of a turn: tokens, cost, time. */
import type { EventOf } from "../contract/events.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { JsonObject, Usage } from "../contract/messages.ts";
import type { TurnOutcome } from "../turn/ending.ts";
import { clipLine, sanitizeLine } from "./sanitize.ts";
import type { Style } from "./style.ts";

export interface LineView {
  style: Style;
  columns: number;
}

export interface KnownCall {
  name: string;
  input: JsonObject;
}

export type FindTool = (name: string) => Pick<ToolManifest, "subject"> | undefined;

/** The path, command or first short text that a call is about. One clean line. */
export function subjectOf({ name, input }: KnownCall, findTool: FindTool): string {
  const field = findTool(name)?.subject?.field;
  const value = field === undefined ? undefined : input[field];
  const subject = typeof value === "string" ? value : Object.values(input).find((each) => typeof each === "string");
  return typeof subject === "string" ? sanitizeLine(subject) : "";
}

/** `✓ Read src/a.ts · 12 ms`, `✗ Bash npm test · exit 1 · 1.2 s`, `⊘ Write a.txt · denied: …`. */
export function resultLine(call: KnownCall, event: EventOf<"tool.result">, findTool: FindTool, view: LineView): string {
  const { isError, code, durationMs, data } = event.data;
  const notes = [exitNote(data), isError && code ? code : undefined, formatDuration(durationMs)].filter(
    (note) => note !== undefined,
  );
  const failed = isError || notes[0]?.startsWith("exit ") === true;
  return line(failed ? view.style.red("✗") : view.style.green("✓"), call, notes, findTool, view);
}

/** It has room for one line; the whole message is in the session. */
export function failureLine(call: KnownCall, event: EventOf<"tool.failed">, findTool: FindTool, view: LineView): string {
  const { code, message, durationMs } = event.data;
  const denied =
    code === "APPROVAL_DENIED" || code === "APPROVAL_UNAVAILABLE" || code === "PATH_DENIED" || code === "PATH_OUTSIDE";
  const [first, ...more] = message.split(/\r?\n/).filter((text) => text.trim() !== "");
  // What we add ourselves below a failure needs no sign; of a reason that somebody wrote, a cut is shown.
  const why = `${sanitizeLine(first ?? "")}${denied && more.length > 0 ? " …" : ""}`;
  const notes = denied ? [`denied: ${why}`] : [`${code}: ${why}`, formatDuration(durationMs)];
  return line(denied ? view.style.yellow("⊘") : view.style.red("✗"), call, notes, findTool, view);
}

function line(
  mark: string,
  call: KnownCall,
  notes: readonly string[],
  findTool: FindTool,
  { style, columns }: LineView,
): string {
  const name = sanitizeLine(call.name);
  const tail = notes.length > 0 ? ` · ${notes.join(" · ")}` : "";
  const room = Math.max(12, columns - name.length - 3 - Math.min(tail.length, Math.floor(columns / 2)));
  const subject = clipLine(subjectOf(call, findTool), room);
  const rest = clipLine(tail, Math.max(12, columns - name.length - 3 - subject.length));
  return `${mark} ${style.bold(name)}${subject === "" ? "" : ` ${subject}`}${style.dim(rest)}`;
}

function exitNote(data: JsonObject | undefined): string | undefined {
  const signal = data?.["signal"];
  if (typeof signal === "string") return `exit ${signal}`;
  const exit = data?.["exitCode"];
  return typeof exit === "number" && exit !== 0 ? `exit ${exit}` : undefined;
}

/** `mcp: docs is ready (17 tools)`, `mcp: docs cannot be used: CODE: why`; what went wrong always, the rest with `all`. */
export function serverLine(
  { data }: EventOf<"mcp.server">,
  { style, all }: { style: Style; all: boolean },
): string | undefined {
  const { state, code, why, tools = 0 } = data;
  const server = `mcp: ${sanitizeLine(data.server)}`;
  const reason = [code, why].flatMap((part) => (part === undefined ? [] : [`: ${sanitizeLine(part)}`])).join("");
  if (state === "failed") return style.yellow(`${server} cannot be used${reason}`);
  if (state === "needs-login") return style.yellow(`${server} needs a login: gantry mcp login ${sanitizeLine(data.server)}`);
  if (!all || state === "stopped") return undefined;
  if (state === "ready") return style.dim(`${server} is ready (${tools === 1 ? "1 tool" : `${tools} tools`})`);
  return style.dim(`${server} is ${state}${reason}`);
}

/** `12 ms`, `1.2 s`, `2 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export function formatTokens(usage: Usage): string {
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const cached = usage.cacheReadTokens > 0 ? ` (${group(usage.cacheReadTokens)} cached)` : "";
  return `${group(input)} tokens in${cached}, ${group(usage.outputTokens)} out`;
}

/** Dollars; small sums keep two digits that say something. `undefined` is a model without a known price. */
export function formatCost(costUsd: number | undefined, model: string): string {
  if (costUsd === undefined) return `no price known for ${sanitizeLine(model)}`;
  return costUsd > 0 && costUsd < 0.01 ? `$${costUsd.toPrecision(2)}` : `$${costUsd.toFixed(2)}`;
}

export function summaryLine(outcome: TurnOutcome, facts: { model: string; sessionId: string }, { style }: LineView): string {
  const parts = [
    formatTokens(outcome.usage),
    formatCost(outcome.costUsd, facts.model),
    formatDuration(outcome.durationMs),
    `session ${facts.sessionId}`,
  ];
  return style.dim(parts.join(" · "));
}

function group(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
