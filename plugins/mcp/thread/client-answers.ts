/** What Gantry answers a server that asks: its roots, forms and addresses put to the user, messages put to the session's model. */
import { basename } from "node:path";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { ErrorCode, ListRootsRequestSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import type { McpAskKind, McpAsks } from "../../../core/contract/mcp.ts";
import type { Json, JsonObject } from "../../../core/contract/messages.ts";
import { readElicit, readSampling, readUrl } from "./asked-params.ts";
import { AskRefused } from "./asks.ts";
import { messageOf } from "./fault.ts";
import { isObject } from "./schema-shape.ts";

export type AskUser = <K extends McpAskKind>(
  kind: K,
  params: McpAsks[K]["params"],
  about: { signal: AbortSignal; meta: Record<string, unknown> | undefined },
) => Promise<McpAsks[K]["reply"]>;

export interface AnswerOptions {
  roots(): readonly string[];
  ask: AskUser;
}

/** What the specification's examples answer where the user said no. */
const refused = -1;

type About = Parameters<AskUser>[2];

/**
 * Questions come as they were sent: the SDK would answer what it cannot read by itself, with all that its parser says, and
 * nobody here would know of it.
 */
export function answerServer(client: Client, { roots, ask }: AnswerOptions): void {
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: roots().map((uri) => ({ uri, name: nameOf(uri) })) }));
  client.fallbackRequestHandler = async ({ method, params }, { signal }) => {
    const about = { signal, meta: params?._meta };
    if (method === "elicitation/create") return await answerElicit(params, about, ask);
    if (method === "sampling/createMessage") return await answerSampling(params, about, ask);
    throw new McpError(ErrorCode.MethodNotFound, "Method not found");
  };
}

async function answerElicit(raw: unknown, about: About, ask: AskUser): Promise<Record<string, unknown>> {
  const asked = readElicit(raw);
  if (asked.kind === "elicitUrl") return await askUrl(asked.params, (params) => ask("elicitUrl", params, about));
  const { params } = asked;
  const { action, content = {} } = await putToUser(params.problem, () => ask("elicitForm", params, about));
  return action === "accept" ? { action, content: { ...defaultsOf(params.schema), ...content } } : { action };
}

async function answerSampling(raw: unknown, about: About, ask: AskUser): Promise<Record<string, unknown>> {
  const params = readSampling(raw);
  const { model, stopReason, text } = await told(params.problem, () => ask("sample", params, about));
  return { role: "assistant", model, stopReason, content: { type: "text", text } };
}

/** Asks for one address, of a request or of an error. */
export async function askUrl(
  question: { message: string; url: string; elicitationId: string; problem?: string },
  ask: (params: McpAsks["elicitUrl"]["params"]) => Promise<McpAsks["elicitUrl"]["reply"]>,
): Promise<{ action: "accept" | "decline" | "cancel" }> {
  const params = "problem" in question ? question : readUrl(question);
  const { action } = await putToUser(params.problem, () => ask(params));
  return { action };
}

/** A question that ended before it was answered is one without an answer. */
async function putToUser<T extends { action: string }>(
  problem: string | undefined,
  ask: () => Promise<T>,
): Promise<T | { action: "cancel"; content?: Record<string, Json> }> {
  return await told(problem, async () => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof AskRefused && error.code === "TOOL_INTERRUPTED") return { action: "cancel" as const };
      throw error;
    }
  });
}

/** What cannot be asked goes to the core as well, which tells the log, the user and the model. */
async function told<T>(problem: string | undefined, ask: () => Promise<T>): Promise<T> {
  try {
    const reply = await ask();
    if (problem === undefined) return reply;
  } catch (error) {
    if (problem === undefined) {
      if (error instanceof AskRefused) throw new McpError(refused, `${error.message} (${error.code})`);
      throw new McpError(refused, messageOf(error));
    }
  }
  throw new McpError(ErrorCode.InvalidParams, `${problem}.`);
}

/** Values of fields that were left out, as the capability `applyDefaults` promises. */
function defaultsOf({ properties }: JsonObject): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(isObject(properties) ? properties : {}).flatMap(([name, field]) =>
      isObject(field) && field["default"] !== undefined ? [[name, field["default"] as Json]] : [],
    ),
  );
}

function nameOf(uri: string): string {
  return basename(URL.parse(uri)?.pathname ?? "") || uri;
}
