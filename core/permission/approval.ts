/**
 * May this call go ahead? The one entrance: parts → step 1 → judges → steps 3 to 6 → ask → reach. The order is decision.ts;
 * who is asked, and how, is asking.ts.
 */
import { messageOf } from "../contract/errors.ts";
import type { Reach } from "../contract/execution.ts";
import type { CallFacts } from "../contract/hooks.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { type Answered, type ApprovalAnswer, type ApprovalQuestion, type Ask, createAsker } from "./asking.ts";
import { type Assessed, assess } from "./assessment.ts";
import type { Allowed, Denied, Judged, MustAsk } from "./decision.ts";
import { type Ground, layGround, type Policy } from "./ground.ts";
import type { Part } from "./parts.ts";
import { createRemembered, offeredRule } from "./remembered.ts";
import { matchesRule } from "./rule-applies.ts";
import type { Rule, RuledTool } from "./rules/rule.ts";
import type { Subject } from "./subject.ts";

export type { ApprovalAnswer, ApprovalQuestion, Policy };

export interface ApproverOptions {
  policy: Policy;
  /** The judges on tool.approve; strictest first. One that throws denies. */
  judge(call: CallFacts): Promise<Judged>;
  /** The judges on tool.ask: a deny counts, and a config hook's yes. */
  judgeAsk(call: CallFacts, reason: string): Promise<Judged>;
  /** Undefined: nobody can be asked. */
  ask: Ask | undefined;
  /** Rules that the session's log remembers. */
  sessionRules(): readonly string[];
  /** Writes an allow rule to the user's local layer; its `file:line`. */
  rememberAlways(rule: string): Promise<string>;
}

/** The answer for one call, and how far its file effects reach. */
export interface Approval extends Answered {
  reach: Reach;
}

export interface Approver {
  /** Throws the signal's reason; and PATH_OUTSIDE when a folder of the policy is a link in a circle. */
  approve(call: CallFacts, tool: ToolManifest & { plugin: string }, options: { signal: AbortSignal }): Promise<Approval>;
  /** Whether a rule speaks of any part of the call; of what cannot be read, it does. */
  matches(rule: Rule, call: CallFacts, tool: RuledTool): Promise<boolean>;
}

/** One per session. Rules, folders and the mode are fixed; what the user answers is remembered until it ends. */
export function createApprover(options: ApproverOptions): Approver {
  const { policy } = options;
  const remembered = createRemembered(options.sessionRules);
  const askFor = createAsker({ ...options, onRemembered: remembered.add });
  let laying: Promise<Ground> | undefined;
  const getGround = (): Promise<Ground> => (laying ??= layGround(policy));
  const find = ({ tool, subject }: Part): string | undefined => remembered.find(tool, subject);

  async function refresh(parts: readonly Part[], ground: Ground): Promise<void> {
    for (const tool of new Set(parts.map((part) => part.tool))) await remembered.refresh(tool, ground);
  }

  /** The rule that came to cover all that is asked while the question waited in line. */
  async function coveredSince(asked: readonly Part[], ground: Ground): Promise<string | undefined> {
    await refresh(asked, ground);
    const rules = asked.map(find);
    return rules.includes(undefined) ? undefined : rules[0];
  }

  async function settleAsk({ parts }: Assessed, { reason, canRemember }: MustAsk, asked: Asked): Promise<Answered> {
    const { call, tool, ground, signal, whole } = asked;
    const open = parts.flatMap(({ part, decision }) => (decision.verdict === "ask" ? [part] : []));
    const offerAlways = canRemember ? await rulesFor(open) : undefined;
    return askFor({
      question: { call, tool, subject: whole.subject.shown, reason, offerAlways },
      what: whole.whole,
      signal,
      covered: async () => (canRemember ? coveredSince(open, ground) : undefined),
    });
  }

  return {
    async approve(call, tool, { signal }) {
      signal.throwIfAborted();
      const ground = await getGround();
      const assessment = await assess(call, tool, { policy, ground });
      const whole = wholeOf(assessment.parts);
      const { refused } = assessment;
      if (refused !== undefined && refused.verdict !== "ask") return finish(whole, ground, settled(refused));
      const judged = await judgeCall(options, call);
      signal.throwIfAborted();
      await refresh(assessment.parts, ground);
      const assessed = assessment.decide(judged, find);
      const { decision } = assessed;
      if (decision.verdict !== "ask") return finish(whole, ground, settled(decision));
      return finish(whole, ground, await settleAsk(assessed, decision, { call, tool, ground, signal, whole }));
    },
    matches: async (rule, call, tool) => await matchesRule(rule, call, tool, await getGround()),
  };
}

interface Asked extends Pick<ApprovalQuestion, "call" | "tool"> {
  ground: Ground;
  signal: AbortSignal;
  whole: Part;
}

/** The call itself: the only part, the first of a plain line, or the line that comes last. */
function wholeOf(parts: readonly Part[]): Part {
  const whole = parts.find(({ role }) => role === "call" || role === "line");
  if (whole === undefined) throw new TypeError("a call has a part that is the call");
  return whole;
}

const mostRules = 10;

/** One rule for each part that is asked, meaning exactly what was shown. Undefined when one of them can have none. */
async function rulesFor(parts: readonly Part[]): Promise<readonly string[] | undefined> {
  const rules = await Promise.all(parts.map(({ tool, subject }) => offeredRule(tool, subject)));
  const each = [...new Set(rules)].filter((rule) => rule !== undefined);
  return rules.includes(undefined) || each.length > mostRules ? undefined : each;
}

async function judgeCall({ judge }: ApproverOptions, call: CallFacts): Promise<Judged> {
  try {
    return await judge(call);
  } catch (error) {
    return { verdict: "deny", by: "tool.approve", reason: `the judge failed: ${messageOf(error)}` };
  }
}

function settled(decision: Allowed | Denied): Answered {
  return { ...decision, asked: false };
}

function finish({ subject }: Part, ground: Ground, answered: Answered): Approval {
  return { ...answered, reach: answered.verdict === "allow" ? reachOf(subject, ground) : ground.reach };
}

/** An allowed path is named when it is outside the roots, or when rules or the secrets table hide it from searches. */
function reachOf(subject: Subject, { reach, hides }: Ground): Reach {
  if (subject.kind !== "path" || (subject.isReadable && !hides(subject.real))) return reach;
  return { ...reach, approved: [subject.real] };
}
