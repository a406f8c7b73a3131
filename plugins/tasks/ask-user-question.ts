import { hasCode } from "gantry/errors";
import { defineTool, type ToolOutput, type UserAnswer, type UserQuestion } from "gantry/plugin";
import * as z from "zod";

/** A question may wait for somebody who is away for a while, but not for ever. */
const waitMs = 60 * 60 * 1000;

const option = () =>
  z.strictObject({
    label: z.string().trim().min(1).max(100).describe("The choice in a few words."),
    description: z.string().describe("What the choice means or leads to."),
  });

const question = () =>
  z.strictObject({
    question: z.string().trim().min(1).describe("The whole question, ending in a question mark."),
    header: z.string().trim().min(1).max(30).describe("A label of one or two words for the question."),
    options: z
      .array(option())
      .min(2)
      .max(6)
      .refine((options) => new Set(options.map(({ label }) => label)).size === options.length, {
        error: "the labels must differ",
      })
      .describe("The choices. The user can always answer in own words instead."),
    multiSelect: z.boolean().optional().describe("Whether more than one choice may be taken. Default: false."),
  });

const input = () =>
  z.strictObject({
    questions: z
      .array(question())
      .min(1)
      .max(4)
      .refine((questions) => new Set(questions.map((one) => one.question)).size === questions.length, {
        error: "the questions must differ",
      })
      .describe("What to ask, in this order."),
  });

export const askUserQuestionTool = defineTool({
  name: "AskUserQuestion",
  description: [
    "Asks the user one to four questions with choices and waits for the answers. Use it when the work depends on a decision",
    "that only the user can make; do not ask what the files can tell you. Put the choice that you would take first.",
  ].join(" "),
  input,
  effect: "session",
  timeoutMs: waitMs,
  async execute({ questions }, ctx): Promise<ToolOutput> {
    try {
      const answers = await ctx.user.ask(questions.map(asked));
      return { content: answers.map(shown).join("\n"), data: { answers: answers.map((answer) => ({ ...answer })) } };
    } catch (error) {
      if (!hasCode(error, "USER_UNAVAILABLE")) throw error;
      const content =
        "Nobody is there to answer. Decide yourself, take the choice that is easiest to undo, and say what you decided and why.";
      return { content, isError: true, code: "USER_UNAVAILABLE" };
    }
  },
});

function asked({ multiSelect = false, ...rest }: z.infer<ReturnType<typeof question>>): UserQuestion {
  return { ...rest, multiSelect };
}

function shown({ question: text, answers }: UserAnswer): string {
  return `${text}\n→ ${answers.length === 0 ? "(no answer)" : answers.join("; ")}`;
}
