/** What doctor finds of the MCP servers: each that may be started is, all at once, and then ended. */
import type { LoadedConfig } from "../../config/load.ts";
import type { McpServerFacts } from "../contract/mcp.ts";
import type { ShellIo } from "./io.ts";
import { sanitizeLine } from "./sanitize.ts";
import type { Style } from "./style.ts";

export interface ServerFinding
  extends Pick<McpServerFacts, "name" | "state" | "kind" | "what" | "stderr" | "problems" | "counts"> {
  code?: string;
  why?: string;
  source: string;
  required: boolean;
  startMs?: number;
  /** What to do about it. */
  advice?: string;
}

export interface ServersReport {
  servers: ServerFinding[];
  /** What required ones lack, as one message. */
  missing?: string;
}

/** Undefined where none is configured, and with --no-plugins. */
export async function reportServers(
  config: LoadedConfig,
  io: ShellIo,
  { plugins, signal }: { plugins: boolean; signal: AbortSignal },
): Promise<ServersReport | undefined> {
  const { servers, waiting, disabled } = config.mcp;
  if (!plugins || servers.length + waiting.length + disabled.length === 0) return undefined;
  const { checkServers } = await import("./mcp-open.ts");
  const facts = await checkServers(config, io, signal);
  const found = facts.map((each) => finding(each, config));
  const broken = found.filter(({ required, state }) => required && state !== "ready" && state !== "disabled");
  if (broken.length === 0) return { servers: found };
  const each = broken.map(
    ({ name, state, why }) => `the MCP server ${name} is required and ${wordsOf[state]}${why === undefined ? "" : `: ${why}`}`,
  );
  return { servers: found, missing: each.join("\n") };
}

function finding(facts: McpServerFacts, { mcp }: LoadedConfig): ServerFinding {
  const { name, state, kind, what, stderr, problems, counts, code, why, startMs } = facts;
  const is = (each: { name: string }): boolean => each.name === name;
  const spec = mcp.servers.find(is);
  const off = spec === undefined ? (mcp.disabled.find(is) ?? mcp.waiting.find(is)) : undefined;
  const source = (spec ?? off)?.source ?? "";
  const advice = adviceOf(facts);
  return {
    ...{
      name,
      state,
      kind: off?.kind ?? kind,
      what: off?.what ?? what,
      stderr,
      problems,
      counts,
      source,
      required: spec?.required ?? false,
    },
    ...(code === undefined ? {} : { code }),
    ...(why === undefined ? {} : { why }),
    ...(startMs === undefined ? {} : { startMs }),
    ...(advice === undefined ? {} : { advice }),
  };
}

function adviceOf({ name, state, kind }: McpServerFacts): string | undefined {
  if (state === "needs-login") return `gantry mcp login ${JSON.stringify(name)}`;
  if (state === "waiting") return "gantry trust status shows it, gantry trust grant trusts the project";
  if (state === "starting") return "raise its startTimeout, or look at what it waits for";
  if (state !== "failed") return undefined;
  return kind === "stdio"
    ? "start its command by hand and look at what it prints"
    : "check its url and headers, and the network";
}

const wordsOf = {
  idle: "was not started",
  starting: "is still starting",
  ready: "is ready",
  "needs-login": "needs a login",
  failed: "failed",
  disabled: "is switched off",
  waiting: "waits for trust in the project",
  stopped: "has stopped",
} as const satisfies Record<McpServerFacts["state"], string>;

export function serverLines(report: ServersReport | undefined, style: Style): string[] {
  if (report === undefined) return [];
  return ["", style.bold("MCP servers"), ...report.servers.flatMap((server) => linesOf(server, style))];
}

function linesOf(
  { name, state, code, why, advice, stderr, problems, counts, startMs, source }: ServerFinding,
  style: Style,
): string[] {
  const isQuiet = state === "disabled" || state === "waiting";
  const mark = state === "ready" ? style.green("✓") : isQuiet ? style.dim("–") : style.red("✗");
  const offers = state === "ready" ? `, ${counts.tools} tools, after ${Math.round(startMs ?? 0)} ms` : "";
  const reason = why === undefined ? "" : `: ${code === undefined ? "" : `${code}: `}${sanitizeLine(why)}`;
  const first = `  ${mark} ${style.bold(sanitizeLine(name).padEnd(10))} ${wordsOf[state]}${offers}${reason} ${style.dim(`(${sanitizeLine(source)})`)}`;
  const printed = state === "failed" ? tellingOf(stderr).map((line) => `      ${style.dim(sanitizeLine(`| ${line}`))}`) : [];
  const said = problems.slice(0, 5).map((problem) => `      ${sanitizeLine(problem)}`);
  return [first, ...(advice === undefined ? [] : [`      ${sanitizeLine(advice)}`]), ...printed, ...said];
}

/** The last lines, and the one that says what went wrong: behind it Node prints a stack and its version. */
function tellingOf(stderr: readonly string[]): string[] {
  const last = stderr.slice(-mostPrinted);
  const error = stderr.find((line) => /^\s*(?:Uncaught\s+)?\w*(?:Error|Exception)\b.*:/.test(line));
  return error === undefined || last.includes(error) ? last : [error, ...last.slice(1)];
}

const mostPrinted = 5;
