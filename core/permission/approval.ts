/**
 * May this call go ahead? The one entrance: subject → step 1 → judges → steps 3 to 6 → ask → reach. The order is
 * decision.ts; who is asked, and how, is asking.ts.
 */
import { messageOf } from "../contract/errors.ts";
import type { Reach } from "../contract/execution.ts";
import type { CallFacts } from "../contract/hooks.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import { type Answered, type ApprovalAnswer, type ApprovalQuestion, type Ask, type Asking, createAsker } from "./asking.ts";
import { type Decision, decide, type Judged, type Matter, refuse } from "./decision.ts";
import { type Ground, layGround, type Policy } from "./ground.ts";
import { createRemembered, exactRule } from "./remembered.ts";
import { type Subject, subjectOf } from "./subject.ts";

export type { ApprovalAnswer, ApprovalQuestion, Policy };

export interface ApproverOptions {
  policy: Policy;
  /** The judges on tool.approve; strictest first. One that throws denies. */
  judge(call: CallFacts): Promise<Judged>;
  /** The judges on tool.ask; only a deny counts. */
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
}

/** One per session. Rules, folders and the mode are fixed; what the user answers is remembered until it ends. */
export function createApprover(options: ApproverOptions): Approver {
  const { policy } = options;
  const remembered = createRemembered(options.sessionRules);
  const askFor = createAsker({ ...options, onRemembered: remembered.add });
  let laying: Promise<Ground> | undefined;

  async function rememberedFor({ tool, subject, ground }: Matter): Promise<string | undefined> {
    await remembered.refresh(tool, ground);
    return remembered.find(tool, subject);
  }

  async function settleAsk(
    matter: Matter,
    { reason, canRemember }: MustAsk,
    asking: Pick<Asking, "signal"> & Asked,
  ): Promise<Answered> {
    const { subject, tool } = matter;
    const offerAlways = canRemember ? await exactRule(tool, subject) : undefined;
    return askFor({
      question: { call: asking.call, tool: asking.tool, subject: subject.shown, reason, offerAlways },
      subject,
      signal: asking.signal,
      covered: async () => (canRemember ? rememberedFor(matter) : undefined),
    });
  }

  return {
    async approve(call, tool, { signal }) {
      signal.throwIfAborted();
      laying ??= layGround(policy);
      const ground = await laying;
      const subject = await subjectOf(call, tool, ground);
      const matter: Matter = { tool, subject, policy, ground };
      const refused = refuse(matter);
      if (refused !== undefined) return finish(matter, settled(refused));
      const judged = await judgeCall(options, call);
      signal.throwIfAborted();
      await remembered.refresh(tool, ground);
      const decision = decide(matter, judged, () => remembered.find(tool, subject));
      if (decision.verdict !== "ask") return finish(matter, settled(decision));
      return finish(matter, await settleAsk(matter, decision, { call, tool, signal }));
    },
  };
}

type MustAsk = Extract<Decision, { verdict: "ask" }>;
type Asked = Pick<ApprovalQuestion, "call" | "tool">;

async function judgeCall({ judge }: ApproverOptions, call: CallFacts): Promise<Judged> {
  try {
    return await judge(call);
  } catch (error) {
    return { verdict: "deny", by: "tool.approve", reason: `the judge failed: ${messageOf(error)}` };
  }
}

function settled(decision: Exclude<Decision, MustAsk>): Answered {
  return { ...decision, asked: false };
}

function finish({ subject, ground }: Matter, answered: Answered): Approval {
  return { ...answered, reach: answered.verdict === "allow" ? reachOf(subject, ground) : ground.reach };
}

/** An allowed path is named when it is outside the roots, or when rules or the secrets table hide it from searches. */
function reachOf(subject: Subject, { reach, hides }: Ground): Reach {
  if (subject.kind !== "path" || (subject.isReadable && !hides(subject.real))) return reach;
  return { ...reach, approved: [subject.real] };
}
