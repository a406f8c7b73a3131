/** What a front end is asked when an MCP server asks something of the user. All texts are the server's own words: material. */
import type { ElicitAnswer } from "../contract/hooks.ts";
import type { Json } from "../contract/messages.ts";

/** One field of a form; `name` is the key of the answer. */
export interface FormField {
  name: string;
  title?: string;
  description?: string;
  isRequired: boolean;
  /** Its name sounds like a credential, which no server may ask for by a form. */
  isSecret: boolean;
  kind: FieldKind;
  default?: Json;
}

export type FieldKind =
  | { type: "text"; format?: TextFormat; minLength?: number; maxLength?: number }
  | { type: "number"; isInteger: boolean; min?: number; max?: number }
  | { type: "flag" }
  | { type: "one"; choices: readonly Choice[] }
  | { type: "many"; choices: readonly Choice[]; min?: number; max?: number };

export type TextFormat = "email" | "uri" | "date" | "date-time";

export interface Choice {
  value: string;
  title: string;
}

export interface FormQuestion {
  server: string;
  message: string;
  fields: readonly FormField[];
}

export interface UrlQuestion {
  server: string;
  message: string;
  url: string;
  host: string;
}

export interface SampleQuestion {
  server: string;
  systemPrompt?: string;
  /** Images as words in brackets. */
  messages: readonly { role: "user" | "assistant"; text: string }[];
  maxTokens: number;
  /** What the server may still use in this session. */
  tokensLeft: number;
  model: string;
}

/** Each rejects when `signal` is aborted, and with USER_UNAVAILABLE when the answers have ended. */
export interface McpAsker {
  form(question: FormQuestion, options: { signal: AbortSignal }): Promise<ElicitAnswer>;
  /** Whether it may be opened; opening it is not the asker's. */
  url(question: UrlQuestion, options: { signal: AbortSignal }): Promise<ElicitAnswer["action"]>;
  /** `session`: the server's later requests of this session too. */
  sample(question: SampleQuestion, options: { signal: AbortSignal }): Promise<"once" | "session" | "no">;
  /** One line or more to read, without a question: an address that nothing here can open. */
  tell(text: string): Promise<void>;
}
