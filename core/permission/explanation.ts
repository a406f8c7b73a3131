/**
 * What would be decided about a call and by whom, without asking or running anything: the same assessment as the approver's,
 * with only the given judges and nothing remembered; and the same again with other rules and modes, to say what would change it.
 */

import { codeOf, GantryError, messageOf } from "../contract/errors.ts";
import type { CallFacts, Verdict } from "../contract/hooks.ts";
import type { CallExplanation, PermissionTestResult } from "../contract/host.ts";
import { isMcpTool, mcpServerOf } from "../contract/mcp-names.ts";
import type { JsonObject } from "../contract/messages.ts";
import { type Mode, modes } from "../contract/modes.ts";
import { type Assessed, assess } from "./assessment.ts";
import { type Decision, effectOf, type Judged, named } from "./decision.ts";
import { layGround, type Policy } from "./ground.ts";
import type { Part } from "./parts.ts";
import { exactRule } from "./remembered.ts";
import { cite, findAllowing } from "./rule-match.ts";
import { parseCall } from "./rules/call-text.ts";
import type { Rule, RuledTool } from "./rules/rule.ts";
import { parseRule } from "./rules/rules.ts";

export interface ExplainOptions {
  policy: Policy;
  tools: readonly RuledTool[];
  /** Names of the configured MCP servers: none is started, and a tool of theirs is taken for one that runs something. */
  servers?: readonly string[];
  /** The folder the call would be made in. */
  cwd: string;
  /** Judges that are asked for real; absent: nobody. One that fails denies. */
  judge?(call: CallFacts): Promise<Judged>;
  /** Taps and hooks that would also see a call of this tool, and are not asked. */
  judgesOf?(tool: RuledTool): readonly string[];
}

/** TOOL_UNKNOWN, RULE_INVALID. */
export async function explainCall(call: string, options: ExplainOptions): Promise<CallExplanation> {
  const { policy, judgesOf } = options;
  const { tool } = readCall(call, options);
  const { decision, parts } = await assessText(call, options);
  const { verdict, by } = decision;
  return {
    call,
    tool: tool.name,
    mode: policy.mode,
    modeSource: policy.modeSource,
    verdict,
    by,
    reason: reasonOf(decision, onlyOf(parts)),
    parts: inOrder(parts).map(({ part, decision: one }) => ({
      text: part.text,
      verdict: one.verdict,
      by: one.by,
      reason: reasonOf(one, part),
    })),
    judges: [...(judgesOf?.(tool) ?? [])],
    wouldChange: [...(await changes(call, { decision, parts }, options)), ...unstarted(tool, options)],
  };
}

function readCall(text: string, { tools, servers = [] }: ExplainOptions): { tool: RuledTool; input: JsonObject } {
  return parseCall(text, tools, (name) => {
    if (!isMcpTool(name) || name.includes("*")) return undefined;
    if (mcpServerOf(name, servers) !== undefined) return { name, effect: "runs" };
    const known = servers.length === 0 ? "no MCP server is configured" : `the configured MCP servers are ${servers.join(", ")}`;
    throw new GantryError("TOOL_UNKNOWN", `There is no tool ${name}: ${known}.`);
  });
}

function unstarted({ name }: RuledTool, { tools, servers = [] }: ExplainOptions): string[] {
  const server = tools.some((tool) => tool.name === name) ? undefined : mcpServerOf(name, servers);
  if (server === undefined) return [];
  return [
    `No server is started here: whether ${server} has this tool is not known, and where it says that the tool only reads, no mode asks.`,
  ];
}

export interface PermissionTest {
  call: string;
  expect: Verdict;
  source: string;
}

/** Each test's call, decided as `explainCall` does. A call that cannot be read is a test that failed. */
export async function runPermissionTests(
  tests: readonly PermissionTest[],
  options: ExplainOptions,
): Promise<PermissionTestResult[]> {
  const results: PermissionTestResult[] = [];
  for (const { call, expect, source } of tests) {
    try {
      const { decision, parts } = await assessText(call, options);
      const got = decision.verdict;
      results.push({ call, expect, got, reason: reasonOf(decision, onlyOf(parts)), source, ok: got === expect });
    } catch (error) {
      if (codeOf(error) !== "TOOL_UNKNOWN" && codeOf(error) !== "RULE_INVALID") throw error;
      results.push({ call, expect, got: "deny", reason: messageOf(error), source, ok: false });
    }
  }
  return results;
}

const unjudged: Judged = { verdict: "allow", by: "" };
const nothing = (): undefined => undefined;

async function assessText(text: string, options: ExplainOptions): Promise<Assessed> {
  const { policy, cwd, judge } = options;
  const { tool, input } = readCall(text, options);
  const ground = await layGround(policy);
  const call = { sessionId: "", callId: "", tool: tool.name, input, cwd };
  const judged = (await judge?.(call)) ?? unjudged;
  return (await assess(call, tool, { policy, ground })).decide(judged, nothing);
}

function reasonOf(decision: Decision, part?: Part): string {
  if (decision.reason !== undefined) return decision.reason;
  if (decision.by.kind !== "mode" || part === undefined) return `${named(decision.by)} allows it`;
  const what = {
    reads: "it only reads",
    session: "it changes nothing but the session",
    writes: "it is an edit in reach",
    runs: "",
  };
  const why = what[effectOf(part)];
  return `${why === "" ? "" : `${why}, and `}${named(decision.by)} allows that`;
}

function onlyOf(parts: Assessed["parts"]): Part | undefined {
  return parts.length === 1 ? parts[0]?.part : undefined;
}

/** As written: files stand where the line names them. */
function inOrder(parts: Assessed["parts"]): Assessed["parts"] {
  const place = ({ part }: Assessed["parts"][number]): number => {
    const at =
      part.role === "line" ? -1 : part.whole.indexOf(part.text.replace(/ \(read by name\)$/, "").replace(/^(?:>>?|<) /, ""));
    return at === -1 ? part.whole.length : at;
  };
  return [...parts].sort((a, b) => place(a) - place(b));
}

// ── What would change it ─────────────────────────────────────────────────────────────────────────────────────────────

/** One sentence for each single change that leads to another verdict, and for rules that come near and would not help. */
async function changes(call: string, assessed: Assessed, options: ExplainOptions): Promise<string[]> {
  const sentences = [
    ...(await withoutRules(call, assessed, options)),
    ...(await withRules(call, assessed, options)),
    ...(await inOtherModes(call, assessed, options)),
  ];
  return [...new Set(sentences)];
}

const words: Readonly<Record<Verdict, string>> = { allow: "allowed", ask: "asked", deny: "denied" };

async function verdictWith(call: string, options: ExplainOptions, change: Partial<Policy>): Promise<Decision> {
  return (await assessText(call, { ...options, policy: { ...options.policy, ...change } })).decision;
}

/** The rules that decided, each taken out by itself; then all of one behavior that deny or ask. */
async function withoutRules(call: string, { decision, parts }: Assessed, options: ExplainOptions): Promise<string[]> {
  const { rules } = options.policy;
  const deciders = [decision, ...parts.map((part) => part.decision)].filter(({ by }) => by.kind === "rule");
  const taken = rules.filter((rule) => deciders.some(({ by }) => by.name === rule.text && by.source === rule.source));
  const sentences: string[] = [];
  for (const rule of taken) {
    const other = await verdictWith(call, options, { rules: rules.filter((one) => one !== rule) });
    const then =
      other.verdict === decision.verdict
        ? `still be ${words[other.verdict]}, by ${named(other.by)}`
        : `be ${words[other.verdict]}`;
    sentences.push(`Without the ${rule.behavior} rule ${rule.text} (${rule.source}) it would ${then}.`);
  }
  return sentences;
}

/** An allow rule for exactly what is asked or is a secrets file, and the prefix that people would write for a command. */
async function withRules(call: string, { decision, parts }: Assessed, options: ExplainOptions): Promise<string[]> {
  if (decision.verdict === "allow") return [];
  const open = parts.filter(({ decision: one }) => one.verdict !== "allow" && one.by.kind !== "rule");
  const exact = (await Promise.all(open.map(({ part: { tool, subject } }) => exactRule(tool, subject)))).filter(
    (rule) => rule !== undefined,
  );
  const sentences: string[] = [];
  if (exact.length === open.length && exact.length > 0) {
    const rules = [...new Set(exact)];
    const other = await verdictWith(call, options, {
      rules: [...options.policy.rules, ...rules.flatMap((rule) => allowRule(rule, options))],
    });
    const which = rules.length === 1 ? `An allow rule ${rules[0]}` : `Allow rules ${rules.join(" and ")}`;
    if (other.verdict === "allow") sentences.push(`${which} would allow it.`);
  }
  for (const { part } of open) sentences.push(...(await prefixSentence(part, options)));
  return sentences;
}

async function prefixSentence({ tool, subject, text }: Part, options: ExplainOptions): Promise<string[]> {
  if (subject.kind !== "command") return [];
  const name = subject.line.commands[0]?.words[0];
  if (name === undefined || !/^[\w./-]+$/.test(name)) return [];
  const prefix = `${tool.name}(${name}:*)`;
  const added = allowRule(prefix, options);
  const ground = await layGround({ ...options.policy, mode: "default", rules: added });
  const { rule, butNot } = findAllowing(ground.allow.of(tool), tool, subject);
  if (rule !== undefined) return [`An allow rule ${prefix} would cover ${text}.`];
  if (butNot === undefined) return [];
  const [own] = added;
  const why = own === undefined ? butNot : butNot.replace(`, so ${cite(own)} does not cover it`, "");
  return [`An allow rule ${prefix} would not cover ${text}, because ${why}.`];
}

function allowRule(rule: string, { policy, tools }: ExplainOptions): Rule[] {
  const parsed = parseRule({ behavior: "allow", rule, source: "a new rule", base: policy.workspace }, tools);
  return "rule" in parsed ? [parsed.rule] : [];
}

async function inOtherModes(call: string, { decision }: Assessed, options: ExplainOptions): Promise<string[]> {
  const byVerdict = new Map<Verdict, Mode[]>();
  for (const mode of modes) {
    if (mode === options.policy.mode) continue;
    const { verdict } = await verdictWith(call, options, { mode, modeSource: `the mode ${mode}` });
    if (verdict !== decision.verdict) byVerdict.set(verdict, [...(byVerdict.get(verdict) ?? []), mode]);
  }
  return [...byVerdict].map(([verdict, names]) => {
    const which = names.length === 1 ? `the mode ${names[0]}` : `the modes ${names.join(", ")}`;
    return `In ${which} it would be ${words[verdict]}.`;
  });
}
