/**
 * Declared hooks → hooks that can work, and every reason why one cannot, all at once. What is wrong with a guard's hook is
 * an error, so that a run refuses to start without its guard; with another's a warning, and the hook is left out.
 */
import type { HookHandler } from "../../contract/hook-config.ts";
import type { HookPoint } from "../../contract/hooks.ts";
import type { ConfigProblem, DeclaredHook } from "../../contract/host.ts";
import type { ToolManifest } from "../../contract/manifest.ts";
import { isObject, type Json } from "../../contract/messages.ts";
import { didYouMean } from "../../contract/nearest.ts";
import { placeIn } from "../../contract/place.ts";
import { eventsOf, type PublicEvent, publicEvents, publicEventTable } from "../../contract/public-events.ts";
import { concerns } from "../../permission/rule-match.ts";
import { parseRule, type Rule } from "../../permission/rules/rules.ts";
import type { ConfigHook } from "./config-hook.ts";
import { absent, broken, type Finding, note } from "./finding.ts";
import { checkSense, isInBackground, timeoutSecondsOf } from "./handler-sense.ts";
import { readHandler } from "./handler-shape.ts";
import { cannotLaunch } from "./launch.ts";
import { type ReadMatcher, readMatcher } from "./matcher.ts";

export interface BrokenHook {
  declared: DeclaredHook;
  /** 1-based, in the order of its event. */
  order: number;
  problem: string;
}

/** One declared hook and what came of it: `hook`, or the `problem` why it does not run. */
export interface HookEntry {
  declared: DeclaredHook;
  order: number;
  hook?: ConfigHook;
  problem?: string;
}

export interface ParsedHooks {
  /** Every declared hook, in the order given. */
  entries: HookEntry[];
  /** In the order of the layers and files. */
  hooks: ConfigHook[];
  broken: BrokenHook[];
  /** HOOK_INVALID. A warning of a hook that is in `hooks` says what of it has no effect. */
  problems: ConfigProblem[];
}

export interface ParseContext {
  tools: readonly ToolManifest[];
  /** What $CLAUDE_PROJECT_DIR stands for; absent: not looked into for hooks of other layers than the project's. */
  project?: string;
  /** Names of all configured MCP servers; absent: hooks that call their tools are not checked for it. */
  servers?: readonly string[];
}

/** `declared` lists the lowest layer first. */
export async function parseHooks(declared: readonly DeclaredHook[], context: ParseContext): Promise<ParsedHooks> {
  const counts = new Map<string, number>();
  const ordered = declared.map((hook) => {
    const order = (counts.get(hook.event) ?? 0) + 1;
    counts.set(hook.event, order);
    return { declared: hook, order };
  });
  const looked = await Promise.all(
    ordered.map(async (one) => ({ ...one, ...(await lookAt(one.declared, one.order, context)) })),
  );
  const entries = looked.map(({ declared, order, hook, findings }): HookEntry => {
    if (hook !== undefined) return { declared, order, hook };
    const why = findings.filter(({ level }) => level !== "note").map(({ what }) => what);
    return { declared, order, problem: plain(why.join("; ")) };
  });
  return {
    entries,
    hooks: entries.flatMap(({ hook }) => (hook === undefined ? [] : [hook])),
    broken: entries.flatMap(({ hook, problem = "", ...rest }) => (hook === undefined ? [{ ...rest, problem }] : [])),
    problems: looked.flatMap(({ declared, findings }) => findings.map((finding) => problemOf(declared, finding))),
  };
}

interface Looked {
  hook?: ConfigHook;
  findings: Finding[];
}

async function lookAt(declared: DeclaredHook, order: number, context: ParseContext): Promise<Looked> {
  const event = publicEvents.find((name) => name === declared.event);
  const eventFinding = event === undefined ? unknownEvent(declared.event) : absentEvent(event);
  const names = context.tools.map(({ name }) => name);
  const matcher: ReadMatcher | undefined =
    event === undefined ? undefined : readMatcher(event, declared.matcher, names, context.servers);
  const findings = [...(eventFinding === undefined ? [] : [eventFinding]), ...(matcher?.findings ?? [])];
  if (declared.handler === null) return { findings: [...findings, absent("its list of hooks is empty, so nothing runs")] };
  const read = await readHandler(declared.handler, event);
  if ("findings" in read) return { findings: [...findings, ...read.findings] };
  if (event === undefined || matcher === undefined) return { findings };
  const { handler } = read;
  const { rule, finding } = readIf(handler, event, { declared, context, matcher });
  findings.push(...(finding === undefined ? [] : [finding]), ...checkSense(handler, event, context.servers));
  findings.push(...(await checkLaunch(handler, declared, context)));
  if (findings.some(({ level }) => level !== "note")) return { findings };
  const isAsync = isInBackground(handler);
  const guard = publicEventTable[event].guard && !isAsync;
  const hook: ConfigHook = {
    event,
    order,
    layer: declared.layer,
    source: declared.source,
    base: declared.base,
    ...(matcher.matcher.text === undefined ? {} : { matcher: matcher.matcher.text }),
    matches: matcher.matcher.matches,
    ...(rule === undefined ? {} : { rule }),
    handler,
    timeoutMs: timeoutSecondsOf(handler, event) * 1_000,
    onFailure: guard ? (handler.onFailure ?? "block") : "continue",
    guard,
    once: handler.once === true,
    isAsync,
  };
  return { hook, findings };
}

function unknownEvent(name: string): Finding {
  const [served] = eventsOf(name as HookPoint);
  if (served !== undefined) return broken(`${name} is a point for taps of plugins; its event in a config is ${served}`);
  return broken(
    `there is no event ${JSON.stringify(name)}.${didYouMean(name, publicEvents)}`,
    "docs/hooks.md has the table of events.",
  );
}

function absentEvent(event: PublicEvent): Finding | undefined {
  const why = publicEventTable[event].absent;
  return why === undefined ? undefined : absent(`${event} never comes: ${why}`);
}

function readIf(
  handler: HookHandler,
  event: PublicEvent,
  { declared, context, matcher }: { declared: DeclaredHook; context: ParseContext; matcher: ReadMatcher },
): { rule?: Rule; finding?: Finding } {
  const { if: text } = handler;
  if (text === undefined) return {};
  if (publicEventTable[event].matches !== "tool") {
    return { finding: broken(`if is for events of tools; a hook of ${event} with if would never run`) };
  }
  const line = { behavior: "deny", rule: text, source: declared.source, base: declared.base } as const;
  const parsed = parseRule(line, context.tools, context.servers);
  const about = `if ${JSON.stringify(text)}: `;
  if ("rule" in parsed) {
    if (parsed.absent !== undefined) return { rule: parsed.rule, finding: note(about + parsed.absent) };
    // Which tools a server has is known when it runs.
    if (parsed.rule.tool.startsWith("mcp__")) return { rule: parsed.rule };
    const matched = context.tools.filter(({ name }) => matcher.matcher.matches(name));
    if (matched.length === 0 || matched.some((tool) => concerns(parsed.rule, tool))) return { rule: parsed.rule };
    return { finding: broken(`${about}it speaks of no tool that the matcher ${matcher.matcher.text} matches`) };
  }
  return { finding: "absent" in parsed ? absent(about + parsed.absent) : broken(about + parsed.wrong) };
}

/** A relative path is looked at only where the declaring file is the project's own: others run in many folders. */
async function checkLaunch(handler: HookHandler, declared: DeclaredHook, context: ParseContext): Promise<Finding[]> {
  if (handler.type !== "command") return [];
  const isProjects = declared.layer === "project" || declared.layer === "local";
  const folder = isProjects ? declared.base : undefined;
  const why = await cannotLaunch(handler, { project: folder ?? context.project, folder });
  return why === undefined ? [] : [broken(why)];
}

function problemOf(declared: DeclaredHook, { level, what, hint }: Finding): ConfigProblem {
  const { event, handler, source } = declared;
  const place = placeIn(source);
  const start = `${place === undefined ? `${source}: ` : ""}the ${event} hook${nameOf(handler)}`;
  const isError = level === "broken" && guards(event);
  return {
    code: "HOOK_INVALID",
    ...(isError ? {} : { severity: "warning" }),
    ...place,
    message: plain(`${start}${level === "note" ? "" : " cannot work"}: ${what}`),
    key: `hooks.${event}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

const maxText = 2_000;

/** What a hostile file may have in its names must not steer a terminal. */
function plain(text: string): string {
  const cut = text.length > maxText ? `${text.slice(0, maxText)}…` : text;
  return cut.replace(/[\x00-\x1f\x7f-\x9f]/g, "\ufffd");
}

/** Nobody knows what an unknown event was meant to guard. */
function guards(event: string): boolean {
  const known = publicEvents.find((name) => name === event);
  return known === undefined || publicEventTable[known].guard;
}

/** What it runs, in quotes, with a space before it. */
function nameOf(handler: Json): string {
  const what = whatOf(handler);
  return what === "" ? "" : ` ${JSON.stringify(what.length > 60 ? `${what.slice(0, 59)}…` : what)}`;
}

/** The command line, the URL, the tool, or the prompt's first line; empty when it has none. */
export function whatOf(handler: Json): string {
  if (!isObject(handler)) return "";
  const { command, args, url, prompt, server, tool } = handler;
  if (typeof command === "string") return [command, ...(Array.isArray(args) ? args.map(String) : [])].join(" ");
  if (typeof url === "string") return url;
  if (typeof server === "string" && typeof tool === "string") return `${tool} of the MCP server ${server}`;
  return typeof prompt === "string" ? (prompt.split("\n", 1)[0] ?? "") : "";
}
