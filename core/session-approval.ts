/**
 * How a session's calls are approved: one approver for as long as mode and config stay, with the hooks at tool.approve and
 * tool.ask as its judges. What hooks say beside their verdicts is handed over with the approval.
 */
import type { EventData } from "./contract/events.ts";
import type { CallFacts } from "./contract/hooks.ts";
import type { Heard, Ruling } from "./hooks.ts";
import { type Approver, createApprover } from "./permission/approval.ts";
import type { Judged } from "./permission/decision.ts";
import { parseRules, type Rule } from "./permission/rules/rules.ts";
import { policyOf } from "./policy.ts";
import type { CallsOptions } from "./session-calls.ts";
import type { ApproveCall, CallApproval } from "./turn/tool-call.ts";

/** One approval under way. */
interface Approving {
  signal: AbortSignal;
  /** The hook that changed the input to the one that is looked at now. */
  given: Yes | undefined;
  /** A hook's yes at tool.ask. */
  yes: (Yes & { input: CallFacts["input"] | undefined }) | undefined;
  heard: Heard;
}

interface Yes {
  by: string;
  remember: readonly string[];
}

export function createSessionApproval(options: CallsOptions): ApproveCall {
  const { deps, mode } = options;
  const underWay = new Map<string, Approving>();
  let current: { mode: string; generation: number; rules: readonly Rule[]; approver: Approver } | undefined;

  const approver = (): Approver => {
    const { generation } = deps.live;
    const { rules } = options.chosen();
    if (current?.mode !== mode() || current.generation !== generation || current.rules !== rules)
      current = { mode: mode(), generation, rules, approver: approverOf(options, underWay) };
    return current.approver;
  };

  return async (call, tool, { signal, allowedBy }) => {
    const approving: Approving = { signal, given: allowedBy, yes: undefined, heard: { context: [] } };
    underWay.set(call.callId, approving);
    try {
      const { remembered, ...approval } = await approver().approve(call, tool, { signal });
      const { heard, yes } = approving;
      if (yes?.input !== undefined && allowedBy === undefined)
        return { ...approval, heard, change: { input: yes.input, by: yes.by, remember: yes.remember } };
      const kept = remembered ?? rememberedOf(approval, yes ?? allowedBy, options);
      return { ...approval, heard, ...(kept === undefined ? {} : { remembered: kept }) };
    } finally {
      underWay.delete(call.callId);
    }
  };
}

function approverOf(options: CallsOptions, underWay: ReadonlyMap<string, Approving>): Approver {
  const { opened, flush, deps, mode } = options;
  const { config } = deps;
  const ask = deps.front?.ask;
  return createApprover({
    policy: policyOf(config, {
      mode: mode(),
      rules: options.chosen().rules,
      outputDir: deps.store.outputDir(opened.log.id),
      home: deps.env["HOME"] ?? "/",
      approve: deps.approve ?? "prompt",
    }),
    judge: async (call) => await judge(call, underWay.get(call.callId), options),
    judgeAsk: async (call, reason) => await judgeAsk({ ...call, reason }, underWay.get(call.callId), options),
    // What is asked about is seen first, and so on disk.
    ask:
      ask &&
      (async (question, asking) => {
        await flush();
        // Of a hook's own call no hook is told.
        if (!question.call.callId.startsWith("hook_"))
          options.notify("permission_prompt", `${question.tool.name} needs a yes: ${question.subject}`);
        return await ask(question, asking);
      }),
    sessionRules: () => opened.state.sessionRules,
    rememberAlways: async (rule) => await deps.live.remember(rule),
  });
}

async function judge(call: CallFacts, approving: Approving | undefined, { deps }: CallsOptions): Promise<Judged> {
  const ruling = await deps.hooks.judge("tool.approve", call, approving === undefined ? {} : { signal: approving.signal });
  hear(ruling, approving);
  const allowedBy = ruling.allowedBy ?? approving?.given?.by;
  return judged(ruling, allowedBy);
}

/** The input is changed once at most: the yes to the changed one must come without another change. */
async function judgeAsk(
  call: CallFacts & { reason: string },
  approving: Approving | undefined,
  { deps }: CallsOptions,
): Promise<Judged> {
  const ruling = await deps.hooks.judge("tool.ask", call, approving === undefined ? {} : { signal: approving.signal });
  hear(ruling, approving);
  const { allowedBy: by, input, remember = [] } = ruling;
  if (approving === undefined || by === undefined || ruling.verdict === "deny") return judged(ruling, by);
  const isChanged = input !== undefined && approving.given === undefined;
  approving.yes = { by, remember, input: isChanged ? input : undefined };
  // Decided anew with the changed input, whatever is said of this one: nobody is asked about what will not run.
  return isChanged ? { verdict: "deny", by, reason: "it changed the input" } : judged(ruling, by);
}

function judged({ verdict, reason, by }: Ruling, allowedBy: string | undefined): Judged {
  return { verdict, by, ...(reason === undefined ? {} : { reason }), ...(allowedBy === undefined ? {} : { allowedBy }) };
}

function hear({ heard }: Ruling, approving: Approving | undefined): void {
  if (approving === undefined) return;
  const stop = approving.heard.stop ?? heard.stop;
  const context = [...approving.heard.context, ...heard.context];
  approving.heard = stop === undefined ? { context } : { context, stop };
}

type Remembered = NonNullable<EventData["tool.approval"]["remembered"]>;

/** Rules that a config hook gave with its yes hold as a user's "for this session"; one that cannot work is said. */
function rememberedOf(
  { verdict, by }: Pick<CallApproval, "verdict" | "by">,
  yes: Yes | undefined,
  { deps, record }: CallsOptions,
): Remembered | undefined {
  if (verdict !== "allow" || by.kind !== "hook" || yes === undefined || yes.remember.length === 0) return undefined;
  const lines = yes.remember.map((rule) => ({
    ...{ behavior: "allow" as const, rule, source: yes.by, base: deps.config.project },
  }));
  const { rules, problems } = parseRules(lines, deps.registry.tools());
  for (const { message } of problems) record("note", { text: message, from: yes.by });
  const [first, ...others] = rules.map(({ text }) => text);
  if (first === undefined) return undefined;
  return { rule: first, for: "session", ...(others.length === 0 ? {} : { more: others }) };
}
