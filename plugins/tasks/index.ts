/** The session's to-do list, and questions to the user. */
import { definePlugin } from "gantry/plugin";
import { askUserQuestionTool } from "./ask-user-question.ts";
import { todoWriteTool } from "./todo-write.ts";

export default definePlugin({
  name: "tasks",
  description: "Keeps the to-do list of a session and asks the user.",
  permissions: { "user.ask": true },
  tools: [todoWriteTool, askUserQuestionTool],
});
