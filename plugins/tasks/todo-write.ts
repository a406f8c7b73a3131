import { defineTool, type ToolOutput } from "gantry/plugin";
import * as z from "zod";

const mostTodos = 100;

const todo = () =>
  z.strictObject({
    content: z.string().trim().min(1).describe("What is to be done, as an order: Run the tests."),
    activeForm: z.string().trim().min(1).describe("The same while it is being done: Running the tests."),
    status: z.enum(["pending", "in_progress", "completed"]),
  });

const input = () =>
  z.strictObject({
    todos: z
      .array(todo())
      .min(1)
      .max(mostTodos)
      .refine((todos) => todos.filter(({ status }) => status === "in_progress").length <= 1, {
        error: "at most one to-do can be in_progress",
      })
      .describe("The whole list; it replaces the one before."),
  });

const marks = { pending: "[ ]", in_progress: "[>]", completed: "[x]" } as const;

export const todoWriteTool = defineTool({
  name: "TodoWrite",
  description: [
    "Records the to-do list of this session; the user sees it. Use it for work of three steps or more: write the list first,",
    "set a to-do to in_progress before you start it (one at a time) and to completed as soon as it is done. Each call sends",
    "the whole list.",
  ].join(" "),
  input,
  effect: "session",
  execute({ todos }): ToolOutput {
    const completed = todos.filter(({ status }) => status === "completed").length;
    const lines = todos.map(
      ({ status, content, activeForm }) => `${marks[status]} ${status === "in_progress" ? activeForm : content}`,
    );
    return { content: `The list is recorded: ${completed} of ${todos.length} done.\n${lines.join("\n")}`, data: { todos } };
  },
});
