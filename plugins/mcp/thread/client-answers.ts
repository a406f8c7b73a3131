/** What Gantry answers a server that asks: its roots, forms and addresses put to the user, messages put to the session's model. */
import { basename } from "node:path";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  type ElicitResult,
  ListRootsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
import type { McpAskKind, McpAsks } from "../../../core/contract/mcp.ts";
import type { JsonObject } from "../../../core/contract/messages.ts";
import { AskRefused } from "./asks.ts";
import { cleanText } from "./clean-text.ts";
import { samplingMessagesOf } from "./contents.ts";
import { messageOf } from "./fault.ts";
import { shapeObjectSchema } from "./schema-shape.ts";

export type AskUser = <K extends McpAskKind>(
  kind: K,
  params: McpAsks[K]["params"],
  about: { signal: AbortSignal; meta: Record<string, unknown> | undefined },
) => Promise<McpAsks[K]["reply"]>;

export interface AnswerOptions {
  roots(): readonly string[];
  ask: AskUser;
}

const invalidParams = -32602;
/** What the specification's examples answer where the user said no. */
const refused = -1;
const maxMessage = 4000;
const maxUrl = 8192;

export function answerServer(client: Client, { roots, ask }: AnswerOptions): void {
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: roots().map((uri) => ({ uri, name: nameOf(uri) })) }));
  client.setRequestHandler(ElicitRequestSchema, async ({ params }, { signal }): Promise<ElicitResult> => {
    const about = { signal, meta: params._meta };
    const message = cleanText(params.message, maxMessage);
    if (params.mode === "url") return askUrl({ ...params, message }, (asked) => ask("elicitUrl", asked, about));
    const shaped = shapeObjectSchema(params.requestedSchema);
    if (!shaped.ok) throw new McpError(invalidParams, `The schema of the form cannot be used: ${shaped.why}.`);
    const schema: JsonObject = shaped.schema;
    const reply = await told(() => ask("elicitForm", { message, schema }, about));
    return reply.action === "accept"
      ? { action: "accept", content: (reply.content ?? {}) as ElicitResult["content"] }
      : { action: reply.action };
  });
  client.setRequestHandler(CreateMessageRequestSchema, async ({ params }, { signal }) => {
    const messages = samplingMessagesOf(params.messages);
    if (messages === undefined) throw new McpError(invalidParams, "Messages may hold text and images.");
    const { systemPrompt, maxTokens, stopSequences } = params;
    const optional = {
      ...(systemPrompt === undefined ? {} : { systemPrompt }),
      ...(stopSequences === undefined ? {} : { stopSequences }),
    };
    const reply = await told(() => ask("sample", { messages, maxTokens, ...optional }, { signal, meta: params._meta }));
    return {
      role: "assistant" as const,
      model: reply.model,
      stopReason: reply.stopReason,
      content: { type: "text" as const, text: reply.text },
    };
  });
}

/** Asks for one address, of a request or of an error; an address that no browser should be sent to is refused. */
export async function askUrl(
  { message, url, elicitationId }: { message: string; url: string; elicitationId: string },
  ask: (params: McpAsks["elicitUrl"]["params"]) => Promise<McpAsks["elicitUrl"]["reply"]>,
): Promise<{ action: "accept" | "decline" | "cancel" }> {
  const parsed = url.length <= maxUrl ? URL.parse(url) : null;
  if (parsed === null || (parsed.protocol !== "https:" && parsed.protocol !== "http:")) {
    throw new McpError(invalidParams, "The address is no http or https URL.");
  }
  const { action } = await told(() =>
    ask({ message: cleanText(message, maxMessage), url: parsed.href, elicitationId: elicitationId.slice(0, 200) }),
  );
  return { action };
}

async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AskRefused) throw new McpError(refused, `${error.message} (${error.code})`);
    throw new McpError(refused, messageOf(error));
  }
}

function nameOf(uri: string): string {
  return basename(URL.parse(uri)?.pathname ?? "") || uri;
}
