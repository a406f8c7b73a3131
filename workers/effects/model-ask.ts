/**
 * model.ask: one question to the session's model, asked and paid by the core. The tokens of a plugin are counted for each
 * session, over all its calls; what is on its way counts with the most it may cost. Performed in the core.
 */
import { GantryError } from "../../core/contract/errors.ts";
import type { CoreEffects } from "../../core/contract/execution.ts";
import type { Usage } from "../../core/contract/messages.ts";

export interface ModelRequest {
  prompt: string;
  system?: string;
  maxOutputTokens?: number;
}

export interface ModelEnv {
  plugin: string;
  tokensPerSession: number;
  /** What the plugin has used in this session so far; kept by the core for as long as the session. */
  spent: TokenCount;
  askModel: CoreEffects["askModel"];
  signal: AbortSignal;
}

export interface TokenCount {
  used: number;
  reserved: number;
}

const usualOutputTokens = 4_096;

export function covers(scope: { readonly tokensPerSession: number }): boolean {
  return scope.tokensPerSession > 0;
}

export function describe({ prompt }: ModelRequest): string {
  return `ask the model ${JSON.stringify(prompt.slice(0, 80))}`;
}

/** MODEL_UNAVAILABLE without a session, MODEL_BUDGET when the question may cost more than is left; else the provider's codes. */
export async function perform(request: ModelRequest, env: ModelEnv): Promise<{ text: string; usage: Usage }> {
  const { askModel, spent, tokensPerSession: budget } = env;
  if (askModel === undefined) {
    throw new GantryError("MODEL_UNAVAILABLE", `${env.plugin} asked for the model where there is no session.`);
  }
  const left = budget - spent.used - spent.reserved;
  const input = estimate(request);
  const maxOutputTokens = Math.min(request.maxOutputTokens ?? usualOutputTokens, left - input);
  if (maxOutputTokens < 1) throw overBudget(env, `the question has some ${input} tokens`);
  spent.reserved += input + maxOutputTokens;
  try {
    const { prompt, system } = request;
    const answer = await askModel(prompt, { ...(system !== undefined && { system }), maxOutputTokens, signal: env.signal });
    // What it really cost: more than was estimated is missing in the next question.
    spent.used += costOf(answer.usage);
    return answer;
  } catch (error) {
    // The provider may have charged for what never arrived.
    spent.used += input;
    throw error;
  } finally {
    spent.reserved -= input + maxOutputTokens;
  }
}

/** A token has some four characters; of letters outside ASCII each may be one. */
function estimate({ prompt, system = "" }: ModelRequest): number {
  const text = prompt + system;
  const odd = text.replace(/[\x00-\x7f]/g, "").length;
  return Math.ceil((text.length - odd) / 4) + odd;
}

function costOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
}

function overBudget({ plugin, tokensPerSession, spent }: ModelEnv, why: string): GantryError {
  const { used, reserved } = spent;
  return new GantryError(
    "MODEL_BUDGET",
    `${plugin} has used ${used} of its ${tokensPerSession} tokens in this session${reserved > 0 ? `, and ${reserved} more may go` : ""}; ${why}`,
    { detail: { used, reserved, tokensPerSession } },
  );
}
