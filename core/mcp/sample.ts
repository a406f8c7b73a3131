/**
 * What a server asks of the session's model: bounded by what its entry in the config gives it for a session, approved by the
 * config, a flag or the user, sent without tools and without anything of the conversation. One after another per server, so
 * that the bound holds.
 */
import { GantryError, messageOf } from "../contract/errors.ts";
import type { DecidedBy, EventData } from "../contract/events.ts";
import type { McpAsks, McpServerSpec } from "../contract/mcp.ts";
import type { Usage } from "../contract/messages.ts";
import { printable } from "../contract/printable.ts";
import { untilAborted } from "../contract/until-aborted.ts";
import type { About, McpSessionParts } from "./answers.ts";
import { readSample, type Sample } from "./sample-messages.ts";

type Params = McpAsks["sample"]["params"];
type Reply = McpAsks["sample"]["reply"];

/** Of one server in one session. */
interface Account {
  used: number;
  /** The user said yes to all of this session. */
  isOpen: boolean;
  last: Promise<unknown>;
}

/** Whatever a server asks for. */
const mostTokensOnce = 16_384;
const mostMessage = 500;

export function createSampling(parts: McpSessionParts): { answer(params: Params, about: About): Promise<Reply> } {
  const accounts = new Map<string, Account>();
  return {
    async answer(params, about) {
      const account = accounts.get(about.server) ?? { used: 0, isOpen: false, last: Promise.resolve() };
      accounts.set(about.server, account);
      const turn = account.last.then(() => sampleOnce(params, account, about, parts));
      account.last = turn.catch(() => undefined);
      return await untilAborted(turn, about.signal);
    },
  };
}

async function sampleOnce(params: Params, account: Account, about: About, parts: McpSessionParts): Promise<Reply> {
  about.signal.throwIfAborted();
  const spec = parts.specs.find(({ name }) => name === about.server);
  const { problem } = params;
  const sample = problem === undefined ? readSample(params, (text) => parts.redactor().text(text)) : { problem };
  const record = recorder(sample, about, parts);
  const refuse = (by: DecidedBy, reason: string): never => {
    record({ answer: "denied", by, reason });
    throw new GantryError("MCP_SAMPLING_DENIED", `the session's model was not asked: ${reason}`);
  };
  if (spec === undefined) return refuse(nobody, "the server is not configured");
  if ("problem" in sample) return refuse(nobody, sample.problem);
  const left = spec.sampling.tokensPerSession - account.used;
  if (left <= 0) return refuse({ kind: "rule", name: "sampling.tokensPerSession", source: spec.source }, spent(account, spec));
  const maxTokens = Math.max(1, Math.min(Math.floor(params.maxTokens) || 1, left, mostTokensOnce));
  const asked = await approve({ ...sample, maxTokens }, { spec, account, left }, about, parts);
  if ("no" in asked) return refuse(asked.by, asked.no);
  return await askModel(
    { ...sample, maxTokens, stops: params.stopSequences ?? [] },
    { account, by: asked.by, record },
    about,
    parts,
  );
}

interface Terms {
  spec: McpServerSpec;
  account: Account;
  left: number;
}

type Approved = { by: DecidedBy } | { by: DecidedBy; no: string };

const nobody: DecidedBy = { kind: "nobody", name: "nobody" };

async function approve(
  sample: Sample & { maxTokens: number },
  { spec, account, left }: Terms,
  { server, signal }: About,
  parts: McpSessionParts,
): Promise<Approved> {
  const byConfig: DecidedBy = { kind: "rule", name: `sampling ${spec.sampling.answer}`, source: spec.source };
  if (spec.sampling.answer === "deny") return { by: byConfig, no: "its entry in the config says no to sampling" };
  if (spec.sampling.answer === "allow") return { by: byConfig };
  const { approve: flag, asker } = parts;
  const byFlag: DecidedBy = { kind: "flag", name: flag, source: "--approve" };
  if (flag === "never") return { by: byFlag, no: "--approve never answers no" };
  if (flag === "always") return { by: byFlag };
  if (account.isOpen) return { by: { kind: "remembered", name: "sampling", source: "this session" } };
  if (parts.mode() === "dontAsk") return { by: { kind: "mode", name: "dontAsk" }, no: "the mode dontAsk asks nobody" };
  if (asker === undefined) return { by: nobody, no: `nobody can be asked; mcpServers.${server}.sampling can allow it` };
  parts.notify("question", `the MCP server ${printable(server)} wants to ask the session's model`);
  const { shown, system, maxTokens } = sample;
  const question = {
    ...{ server, messages: shown, maxTokens, tokensLeft: left, model: parts.model() },
    ...(system === undefined ? {} : { systemPrompt: system }),
  };
  try {
    const said = await untilAborted(asker.sample(question, { signal }), signal);
    const by: DecidedBy = { kind: "user", name: said };
    if (said === "no") return { by, no: "the user said no" };
    if (said === "session") account.isOpen = true;
    return { by };
  } catch (error) {
    signal.throwIfAborted();
    return { by: nobody, no: `asking failed: ${messageOf(error)}` };
  }
}

interface Asking {
  account: Account;
  by: DecidedBy;
  record(ended: Ended): void;
}

async function askModel(
  { messages, system, maxTokens, stops }: Sample & { maxTokens: number; stops: readonly string[] },
  { account, by, record }: Asking,
  { signal }: About,
  { ask, redactor }: McpSessionParts,
): Promise<Reply> {
  try {
    const asked = { messages, maxOutputTokens: maxTokens, ...(system === undefined ? {} : { system }) };
    const { text, usage, stop, model } = await untilAborted(ask(asked, { signal }), signal);
    account.used += tokensOf(usage);
    record({ answer: "accept", by, usage });
    const cut = cutAt(text, stops);
    return { model, text: redactor().text(cut), stopReason: stop === "max_tokens" && cut === text ? "maxTokens" : "endTurn" };
  } catch (error) {
    record({ answer: "failed", by, reason: messageOf(error) });
    throw error;
  }
}

type Ended = Pick<EventData["mcp.ask"], "answer" | "by" | "reason" | "usage">;

function recorder(
  sample: ReturnType<typeof readSample>,
  { server, tally }: About,
  parts: McpSessionParts,
): (ended: Ended) => void {
  const clean = (text: string): string => parts.redactor().text(printable(text)).slice(0, mostMessage);
  const last = "problem" in sample ? undefined : sample.shown.at(-1)?.text;
  return ({ reason, ...ended }) =>
    tally.record({
      ...{ server, kind: "sample", message: clean(last ?? "") },
      ...ended,
      ...(reason === undefined ? {} : { reason: clean(reason) }),
    });
}

function spent({ used }: Account, { sampling }: McpServerSpec): string {
  return `it has used ${used} tokens of the session's model, and sampling.tokensPerSession gives it ${sampling.tokensPerSession}`;
}

function tokensOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
}

/** Providers are not asked to stop at texts: what comes behind the first is taken away. */
function cutAt(text: string, stops: readonly string[]): string {
  const ends = stops.flatMap((stop) => (stop === "" || !text.includes(stop) ? [] : [text.indexOf(stop)]));
  return text.slice(0, Math.min(text.length, ...ends));
}
