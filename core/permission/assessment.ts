/** One call, decided part by part by the steps of decision.ts. The approver and every explanation go through here. */
import type { CallFacts } from "../contract/hooks.ts";
import { type Decision, decide, type Judged, type PartDecision, refuse, strictest } from "./decision.ts";
import type { Ground, Policy } from "./ground.ts";
import { type Part, partsOf } from "./parts.ts";
import type { RuledTool } from "./rules/rule.ts";

export interface Assessed {
  decision: Decision;
  /** In the order written; without the line as a whole where its parts say it all. */
  parts: readonly PartDecision[];
}

export interface Assessment {
  parts: readonly Part[];
  /** Step 1, which no judge is asked about. */
  refused: Decision | undefined;
  /** All steps. `remembered` looks up what the user approved earlier in this session. */
  decide(judged: Judged, remembered: (part: Part) => string | undefined): Assessed;
}

export async function assess(
  call: CallFacts,
  tool: RuledTool,
  { policy, ground }: { policy: Policy; ground: Ground },
): Promise<Assessment> {
  const parts = await partsOf(call, tool, ground);
  const refusals = parts.map((part) => refuse({ part, policy, ground }));
  const refused = parts.flatMap((part, index): PartDecision[] => {
    const decision = refusals[index];
    return decision === undefined ? [] : [{ part, decision }];
  });
  const refusal = refused.length === 0 ? undefined : strictest(refused);
  return {
    parts,
    refused: refusal,
    decide(judged, remembered) {
      const decided = parts.flatMap((part, index): PartDecision[] => {
        const decision = refusals[index] ?? decide({ part, policy, ground }, judged, remembered);
        return decision === undefined ? [] : [{ part, decision }];
      });
      const told = decided.filter((one) => !isSaid(one, decided));
      return { decision: refusal ?? strictest(told), parts: told };
    },
  };
}

/** The line as a whole says nothing that a part of it, decided by the same one, does not say. */
function isSaid({ part, decision }: PartDecision, all: readonly PartDecision[]): boolean {
  if (part.role !== "line") return false;
  return all.some(({ part: other, decision: { verdict, by } }) => {
    return other !== part && verdict === decision.verdict && by.name === decision.by.name && by.source === decision.by.source;
  });
}
