/** What a server's questions hold, read by us: what cannot be asked is a sentence, and is answered and recorded like any other. */
import { CreateMessageRequestParamsSchema } from "@modelcontextprotocol/sdk/types.js";
import type { McpAsks } from "../../../core/contract/mcp.ts";
import { createAllowance } from "./allowance.ts";
import { cleanText } from "./clean-text.ts";
import { samplingMessagesOf } from "./contents.ts";
import { isObject, shapeObjectSchema } from "./schema-shape.ts";

const maxMessage = 4000;
const maxUrl = 8192;
const maxId = 200;
const maxWhy = 200;

type Params<K extends keyof McpAsks> = McpAsks[K]["params"];

export type AskedElicit =
  | { kind: "elicitForm"; params: Params<"elicitForm"> }
  | { kind: "elicitUrl"; params: Params<"elicitUrl"> };

export function readElicit(raw: unknown): AskedElicit {
  const { mode = "form", message, requestedSchema, url, elicitationId } = isObject(raw) ? raw : {};
  const text = typeof message === "string" ? cleanText(message, maxMessage) : "";
  const unreadable = typeof message === "string" ? undefined : "The question has no message";
  if (mode === "url") return { kind: "elicitUrl", params: readUrl({ message: text, url, elicitationId }, unreadable) };
  const form = readForm(text, requestedSchema);
  const problem = mode === "form" ? unreadable : "The mode of the question is neither form nor url";
  return { kind: "elicitForm", params: problem === undefined ? form : { ...form, problem } };
}

function readForm(message: string, requestedSchema: unknown): Params<"elicitForm"> {
  const shaped = shapeObjectSchema(requestedSchema);
  if (shaped.ok) return { message, schema: shaped.schema };
  return { message, schema: {}, problem: `The schema of the form cannot be used: ${shaped.why}` };
}

/** An address that no browser should be sent to has a problem. */
export function readUrl(
  { message, url, elicitationId }: { message: string; url: unknown; elicitationId: unknown },
  unreadable?: string,
): Params<"elicitUrl"> {
  const parsed = typeof url === "string" && url.length <= maxUrl ? URL.parse(url) : null;
  const isWeb = parsed !== null && (parsed.protocol === "https:" || parsed.protocol === "http:");
  const problem = unreadable ?? (isWeb ? undefined : "The address is no http or https URL");
  return {
    message: cleanText(message, maxMessage),
    url: isWeb ? parsed.href : "",
    elicitationId: typeof elicitationId === "string" ? elicitationId.slice(0, maxId) : "",
    ...(problem === undefined ? {} : { problem }),
  };
}

export function readSampling(raw: unknown): Params<"sample"> {
  const read = CreateMessageRequestParamsSchema.safeParse(raw);
  const none = { messages: [], maxTokens: 1 };
  if (!read.success) {
    const [issue] = read.error.issues;
    const where = issue === undefined ? "" : ` (${issue.path.map(String).join(".")}: ${issue.message})`;
    return { ...none, problem: cleanText(`The request for the model cannot be read${where}`, maxWhy) };
  }
  const { messages: given, systemPrompt, maxTokens, stopSequences } = read.data;
  const messages = samplingMessagesOf(given);
  if (messages === undefined)
    return { ...none, problem: "Messages may hold text and images, at most 1,000 parts and 5 MiB of images" };
  return {
    ...{ messages, maxTokens },
    ...(systemPrompt === undefined ? {} : { systemPrompt: createAllowance().text(systemPrompt) }),
    ...(stopSequences === undefined ? {} : { stopSequences }),
  };
}
