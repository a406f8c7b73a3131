/** What a session of a client tells and asks: notes as they are shown elsewhere, questions in the words of the terminal. */
import { GantryError } from "../contract/errors.ts";
import type { SessionEvent } from "../contract/events.ts";
import type { ServedCall, ServedClient } from "../contract/serve.ts";
import type { ApprovalQuestion } from "../permission/approval.ts";
import type { FrontEnd } from "../runtime.ts";
import { approvalText } from "./ask.ts";
import { sanitizeLine, sanitizeText } from "./sanitize.ts";
import { createStyle } from "./style.ts";

const plain = createStyle(false);

/** Nothing where the client has nobody to ask. `callOf` finds the request that a question belongs to. */
export function asksOf(
  client: ServedClient,
  callOf: (question: ApprovalQuestion) => ServedCall | undefined,
): Pick<FrontEnd, "ask"> {
  if (!client.canAsk) return {};
  return {
    async ask(question, options) {
      const call = callOf(question);
      if (call === undefined) throw new GantryError("APPROVAL_UNAVAILABLE", "the request of this call is over");
      const text = approvalText(question, plain).trim();
      const { allow, reason } = await call.ask({ tool: question.call.tool, text }, options);
      // Never for longer than this call: what a program answers makes no rule.
      if (allow) return { choice: "once" };
      return { choice: "no", ...(reason === undefined ? {} : { reason: sanitizeText(reason) }) };
    },
  };
}

export function noteOf(event: SessionEvent): Parameters<ServedClient["onNote"]>[0] | undefined {
  switch (event.type) {
    case "note": {
      const { text, from } = event.data;
      return from === undefined ? undefined : { level: "info", text: `${sanitizeLine(from)}: ${sanitizeText(text)}` };
    }
    case "config.reload": {
      const { files, taken, reason } = event.data;
      const what = taken ? "the config has changed" : `the config has changed and the old one stays: ${reason ?? ""}`;
      return { level: taken ? "info" : "warning", text: sanitizeLine(`${what} (${files.join(", ")})`) };
    }
    case "error":
      return { level: "warning", text: sanitizeLine(`${event.data.code}: ${event.data.message}`) };
    default:
      return undefined;
  }
}
