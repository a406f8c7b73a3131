/** What a terminal would be asked, asked of the client's user by elicitation. All but a clear yes is a no. */
import { type ElicitRequestFormParams, ElicitResultSchema, ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { GantryError } from "gantry/errors";
import type { Extra, ServedCall } from "./connection.ts";

type Question = Parameters<ServedCall["ask"]>[0];
type Answer = Awaited<ReturnType<ServedCall["ask"]>>;
type UserQuestions = Parameters<ServedCall["askUser"]>[0];
type UserAnswers = Awaited<ReturnType<ServedCall["askUser"]>>;
type Fields = ElicitRequestFormParams["requestedSchema"]["properties"];

/** How long a person may think. */
const patienceMs = 600_000;
const longestReason = 2_000;

export async function askClient({ tool, text }: Question, extra: Extra, signal: AbortSignal): Promise<Answer> {
  const { action, content } = await elicit(
    {
      message: text,
      properties: {
        // A client that fills in defaults by itself says no.
        allow: { type: "boolean", title: `Allow ${tool}`, description: "Let this one call go ahead.", default: false },
        reason: { type: "string", title: "Reason", description: "With a no: why, for the model.", maxLength: longestReason },
      },
      required: ["allow"],
    },
    extra,
    signal,
  );
  if (action === "accept" && content?.["allow"] === true) return { allow: true };
  const reason = content?.["reason"];
  if (action === "accept")
    return { allow: false, ...(typeof reason === "string" && reason !== "" ? { reason: reason.slice(0, longestReason) } : {}) };
  return { allow: false, reason: action === "cancel" ? "the question was closed without an answer" : "the client declined" };
}

/** Questions of the agent in a run: one form each. USER_UNAVAILABLE when one is not answered. */
export async function askClientUser(questions: UserQuestions, extra: Extra, signal: AbortSignal): Promise<UserAnswers> {
  const answers: UserAnswers = [];
  for (const asked of questions) {
    const { action, content } = await elicit({ message: asked.question, ...formOf(asked) }, extra, signal);
    const given = action === "accept" ? answersIn(content) : [];
    if (given.length === 0) throw new GantryError("USER_UNAVAILABLE", "the user did not answer");
    answers.push({ question: asked.question, answers: given });
  }
  return answers;
}

const longestAnswer = 10_000;

/** The choices, and room for an answer of one's own. */
function formOf({ header, options, multiSelect }: UserQuestions[number]): { properties: Fields; required: string[] } {
  const title = { ...(header === undefined ? {} : { title: header }) };
  if (options.length === 0) return { properties: { answer: { type: "string", ...title } }, required: ["answer"] };
  const choices = options.map(({ label, description }) => ({
    const: label,
    title: description === undefined ? label : `${label}: ${description}`,
  }));
  const answer: Fields[string] =
    multiSelect === true
      ? { type: "array", ...title, items: { anyOf: choices } }
      : { type: "string", ...title, oneOf: choices };
  return { properties: { answer, other: { type: "string", title: "Or an answer of your own" } }, required: [] };
}

function answersIn(content: Awaited<ReturnType<typeof elicit>>["content"]): string[] {
  const { answer, other } = content ?? {};
  const own = typeof other === "string" && other.trim() !== "" ? [other.trim()] : [];
  const chosen = (Array.isArray(answer) ? answer : [answer]).filter((each) => typeof each === "string" && each !== "");
  return (own.length > 0 ? own : (chosen as string[])).map((each) => each.slice(0, longestAnswer));
}

async function elicit(
  { message, properties, required }: { message: string; properties: Fields; required: string[] },
  { sendRequest }: Extra,
  signal: AbortSignal,
) {
  const params = { mode: "form" as const, message, requestedSchema: { type: "object" as const, properties, required } };
  const result = await sendRequest({ method: "elicitation/create", params }, ResultSchema, { timeout: patienceMs, signal });
  const read = ElicitResultSchema.safeParse(result);
  if (!read.success) throw new GantryError("USER_UNAVAILABLE", "what the client answered to the question is no answer to it");
  return read.data;
}
