/** hookSpecificOutput of Elicitation and ElicitationResult: what an MCP server is answered in place of what the user says. */
import { isObject, type JsonObject } from "../../contract/messages.ts";
import { type Spoken, shown, unreadable } from "./json-fields.ts";

/** An accept is a yes that answers; a decline or cancel is a no, which no other hook's yes loosens. */
export function readElicitAnswer({ action, content }: JsonObject, spoken: Spoken): void {
  const { reply } = spoken;
  if (action === undefined && content === undefined) return;
  if (action !== "accept" && action !== "decline" && action !== "cancel") {
    unreadable(spoken, `action is ${shown(action ?? null)}; it must be "accept", "decline" or "cancel"`);
    return;
  }
  if (content !== undefined && !isObject(content)) {
    unreadable(spoken, `content is ${shown(content)}; it must be an object with the form's fields`);
    return;
  }
  if (action === "accept") {
    reply.verdict = "allow";
    reply.answer = { action, ...(content === undefined ? {} : { content }) };
    return;
  }
  reply.verdict = "deny";
  reply.reason ??= `the hook answers ${action}`;
  reply.answer = { action };
}
