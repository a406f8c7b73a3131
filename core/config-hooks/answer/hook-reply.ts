/** What a hook said, in our words. All strings are plain and capped. */
import type { ElicitAnswer, Verdict } from "../../contract/hooks.ts";
import type { JsonObject, ResultContent } from "../../contract/messages.ts";

export interface HookReply {
  /** Only what it said: absent means no decision. At Stop, deny lets the turn go on. */
  verdict?: Verdict;
  reason?: string;
  /** The whole input that shall be used instead. */
  input?: JsonObject;
  /** What the model shall see instead of the result. */
  content?: ResultContent[];
  /** What an MCP server is answered. */
  answer?: ElicitAnswer;
  context?: string;
  say?: string;
  /** Ends the turn. */
  stop?: string;
  /** Allow rules for the rest of the session. */
  remember?: string[];
  /** It did not work, or could not be understood, and decides nothing: why. */
  failed?: string;
  /** It is a guard that could not decide, and so it blocks (`verdict` is deny): why. */
  undecided?: string;
}
