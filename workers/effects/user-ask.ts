/** user.ask: questions to the person at the session's front end. Performed in the core. */
import { GantryError } from "../../core/contract/errors.ts";
import type { UserAnswer, UserQuestion } from "../../core/contract/plugin.ts";
import type { CoreEnv } from "./effect.ts";
import { shownText } from "./notify.ts";

export interface UserAskRequest {
  questions: readonly UserQuestion[];
}

const most = { question: 2_000, header: 60, label: 200, description: 1_000 };

export function covers(scope: true): boolean {
  return scope;
}

export function describe({ questions }: UserAskRequest): string {
  return `ask the user ${JSON.stringify(questions[0]?.question ?? "")}`;
}

/** USER_UNAVAILABLE when the session has no front end that can ask. */
export async function perform(
  { questions }: UserAskRequest,
  env: { coreEffects: Pick<CoreEnv["coreEffects"], "askUser">; signal: AbortSignal },
): Promise<UserAnswer[]> {
  const { askUser } = env.coreEffects;
  if (!askUser) throw new GantryError("USER_UNAVAILABLE", "Nobody is at this session's terminal to answer a question.");
  return askUser(questions, { signal: env.signal });
}

/** A plugin's questions as a person may be shown them: plain, short, and under the plugin's name. */
export function shownQuestions(questions: readonly UserQuestion[], plugin: string): UserQuestion[] {
  return questions.map(({ question, header, options, multiSelect }) => ({
    question: shownText(question, most.question),
    header: header === undefined ? plugin : `${plugin}: ${shownText(header, most.header)}`,
    options: options.map(({ label, description }) => ({
      label: shownText(label, most.label),
      ...(description !== undefined && { description: shownText(description, most.description) }),
    })),
    ...(multiSelect !== undefined && { multiSelect }),
  }));
}
