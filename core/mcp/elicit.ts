/**
 * One question of a server to the user, of either mode: judges, then the answer of a trusted hook or of the user, then the
 * judges of the answer. What nobody can answer is declined, which the log and the model are told.
 */

import { messageOf } from "../contract/errors.ts";
import type { DecidedBy, EventData } from "../contract/events.ts";
import type { ElicitAnswer, ElicitFacts, HookPayloads } from "../contract/hooks.ts";
import type { JsonObject } from "../contract/messages.ts";
import { printable } from "../contract/printable.ts";
import { untilAborted } from "../contract/until-aborted.ts";
import type { Ruling } from "../hooks.ts";
import { byHook } from "../permission/decision.ts";
import type { About, McpSessionParts } from "./answers.ts";
import type { McpAsker } from "./questions.ts";

export interface Elicitation {
  facts: ElicitFacts;
  /** Why nobody is asked at all. */
  problem?: string | undefined;
  /** Why an answer of accept does not fit. */
  misfit(content: JsonObject | undefined): string | undefined;
  ask(asker: McpAsker, options: { signal: AbortSignal }): Promise<ElicitAnswer>;
  /** Of an address: its host, for the log. */
  host?: string;
}

interface Said extends ElicitAnswer {
  by: DecidedBy;
  reason?: string;
}

const mostMessage = 500;

/** Rejects only with the signal's reason. */
export async function elicit(asked: Elicitation, about: About, parts: McpSessionParts): Promise<ElicitAnswer> {
  const { server, signal, tally } = about;
  const said = await settled(asked, about, parts).catch((error: unknown): Said => {
    if (!signal.aborted) throw error;
    return { action: "cancel", by: { kind: "nobody", name: "nobody" }, reason: "it was taken back, or its call ended" };
  });
  const { action, content, by, reason } = said;
  const clean = (text: string): string =>
    parts
      .redactor()
      .text(printable(text.replaceAll(/\s+/g, " ")))
      .slice(0, mostMessage);
  const data: EventData["mcp.ask"] = {
    ...{ server, kind: asked.facts.mode, message: clean(asked.facts.message), answer: action, by },
    ...(reason === undefined ? {} : { reason: clean(reason) }),
    ...(content === undefined ? {} : { fields: Object.keys(content).map(clean) }),
    ...(asked.host === undefined ? {} : { url: asked.host }),
  };
  tally.record(data);
  signal.throwIfAborted();
  if (by.kind === "nobody") tally.declined(data);
  return { action, ...(content === undefined || action !== "accept" ? {} : { content }) };
}

async function settled(asked: Elicitation, about: About, parts: McpSessionParts): Promise<Said> {
  const { facts, problem } = asked;
  if (problem !== undefined) return { action: "decline", by: { kind: "nobody", name: "nobody" }, reason: problem };
  const ruling = await judge("mcp.elicit", facts, about, parts);
  if (ruling.verdict === "deny") return refusal(ruling);
  const first = fromHook(ruling, asked) ?? (await askUser(asked, about, parts));
  about.signal.throwIfAborted();
  const { action, content } = first;
  const answer = { action, ...(content === undefined ? {} : { content }) };
  const last = await judge("mcp.elicited", { ...facts, ...answer }, about, parts);
  if (last.verdict === "deny") return refusal(last);
  return fromHook(last, asked) ?? first;
}

async function judge<P extends "mcp.elicit" | "mcp.elicited">(
  point: P,
  payload: HookPayloads[P],
  { signal }: About,
  { hooks, hear }: McpSessionParts,
): Promise<Ruling> {
  const ruling = await hooks.judge(point, payload, { signal });
  signal.throwIfAborted();
  hear(ruling.heard);
  return ruling;
}

/** A judge's ask is what happens anyway. */
function refusal({ by, reason, answer }: Ruling): Said {
  return {
    action: answer?.action === "cancel" ? "cancel" : "decline",
    by: { kind: "judge", name: by },
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A hook's answer is looked at as a user's is. One that does not fit declines: whoever wrote it wanted nobody asked. */
function fromHook({ answer, allowedBy }: Ruling, { misfit }: Elicitation): Said | undefined {
  if (answer === undefined || allowedBy === undefined) return undefined;
  const by = byHook(allowedBy);
  const wrong = answer.action === "accept" ? misfit(answer.content) : undefined;
  return wrong === undefined
    ? { ...answer, by }
    : { action: "decline", by, reason: `the hook's answer does not fit what is asked: ${wrong}` };
}

async function askUser(asked: Elicitation, { server, signal }: About, parts: McpSessionParts): Promise<Said> {
  const nobody = (reason: string): Said => ({ action: "decline", by: { kind: "nobody", name: "nobody" }, reason });
  const { asker } = parts;
  if (asker === undefined) return nobody("nobody can be asked in this run");
  parts.notify("question", `the MCP server ${printable(server)} asks: ${printable(asked.facts.message)}`);
  try {
    const answer = await untilAborted(asked.ask(asker, { signal }), signal);
    const wrong = answer.action === "accept" ? asked.misfit(answer.content) : undefined;
    if (wrong !== undefined) return nobody(`the answer does not fit what is asked: ${wrong}`);
    return { ...answer, by: { kind: "user", name: answer.action } };
  } catch (error) {
    signal.throwIfAborted();
    return nobody(`asking failed: ${messageOf(error)}`);
  }
}
