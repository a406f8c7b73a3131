/** user.ask: questions to the person at the session's front end. Performed in the core. */
import { GantryError } from "../../core/contract/errors.ts";
import type { UserAnswer, UserQuestion } from "../../core/contract/plugin.ts";
import type { CoreEnv } from "./effect.ts";

export interface UserAskRequest {
  questions: readonly UserQuestion[];
}

export function covers(scope: true): boolean {
  return scope;
}

export function describe({ questions }: UserAskRequest): string {
  return `ask the user ${JSON.stringify(questions[0]?.question ?? "")}`;
}

/** USER_UNAVAILABLE when the session has no front end that can ask. */
export async function perform({ questions }: UserAskRequest, env: CoreEnv): Promise<UserAnswer[]> {
  const { askUser } = env.coreEffects;
  if (!askUser) throw new GantryError("USER_UNAVAILABLE", "Nobody is at this session's terminal to answer a question.");
  return askUser(questions, { signal: env.signal });
}
