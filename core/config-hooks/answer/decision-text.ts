/** What a hook's answer would do at its event, in plain words. */
import type { PublicEvent } from "../../contract/public-events.ts";
import type { HookReply } from "./hook-reply.ts";

export function decisionText(event: PublicEvent, reply: HookReply): string {
  const { verdict, reason, undecided, failed, stop, input, content, context, say, remember, answer } = reply;
  if (undecided !== undefined) return `it could not decide, so it blocks: ${undecided}`;
  if (failed !== undefined) return `it did not work, and decides nothing: ${failed}`;
  const parts = [
    ...(stop === undefined ? [] : [withText("ends the turn", stop)]),
    ...(verdict === undefined ? [] : [withText(verdictText(event, verdict), reason)]),
    ...(input === undefined ? [] : [`changes the input to ${JSON.stringify(input)}`]),
    ...(answer === undefined ? [] : [`answers the server with ${answer.action}${fieldsOf(answer)}`]),
    ...(content === undefined ? [] : [`replaces the result by ${JSON.stringify(content)}`]),
    ...(remember === undefined ? [] : [`allows for the session: ${remember.join(", ")}`]),
    ...(context === undefined ? [] : [`tells the model: ${context}`]),
    ...(say === undefined ? [] : [`tells the user: ${say}`]),
  ];
  return parts.length === 0 ? "decides nothing" : parts.join("; ");
}

function verdictText(event: PublicEvent, verdict: NonNullable<HookReply["verdict"]>): string {
  if (verdict === "deny") return event === "Stop" ? "lets the turn go on" : "blocks";
  return verdict === "ask" ? "asks the user" : "allows what nothing else decides";
}

function fieldsOf({ content = {} }: NonNullable<HookReply["answer"]>): string {
  const names = Object.keys(content);
  return names.length === 0 ? "" : ` (${names.join(", ")})`;
}

function withText(what: string, text: string | undefined): string {
  return text === undefined || text === "" ? what : `${what}: ${text}`;
}
