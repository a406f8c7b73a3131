/** What the core may ask of a server, as requests of the protocol; each answer is brought into the core's shape. */

import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  CallToolResultSchema,
  CompleteResultSchema,
  EmptyResultSchema,
  GetPromptResultSchema,
  McpError,
  type Progress,
  ReadResourceResultSchema,
} from "@modelcontextprotocol/sdk/types.js";
import type { McpContents, McpMethod } from "../../../core/contract/mcp.ts";
import type { ParamsOf, ReplyOf } from "../../../core/contract/mcp-frames.ts";
import type { Json, JsonObject } from "../../../core/contract/messages.ts";
import { createAllowance, withinParts } from "./allowance.ts";
import { cleanText } from "./clean-text.ts";
import { contentsOf, promptMessagesOf } from "./contents.ts";
import { Fault } from "./fault.ts";
import type { OutputCheck } from "./output-check.ts";
import { isDeeper } from "./schema-shape.ts";
import { toolResultOf } from "./tool-result.ts";
import { elicitationsOf, type UrlQuestion } from "./url-needed.ts";

/** The thread's own timers end a request; the SDK's would end it first where it is asked by default. */
const noTimeout = 2 ** 31 - 1;
const maxLevels = 64;
const maxValues = 100;
const maxValueLetters = 1000;

export interface MethodParts {
  server: string;
  signal: AbortSignal;
  onProgress(progress: Progress): void;
  request: Client["request"];
  checkOf(tool: string): OutputCheck | undefined;
  /** Whether the user opened every address, and the server was told so or the wait is over. */
  askUrls(questions: UrlQuestion[], id: number, signal: AbortSignal): Promise<boolean>;
}

/** Login and logout need no connection: they are the server's own business. */
export type WireMethod = Exclude<McpMethod, "login" | "logout">;

type Runners = { [M in WireMethod]: (params: ParamsOf<M>, parts: MethodParts, id: number) => Promise<ReplyOf<M>> };

const runners: Runners = {
  callTool,
  async readResource(params, { request, ...parts }) {
    const { contents } = await request({ method: "resources/read", params }, ReadResourceResultSchema, options(parts));
    const allowance = createAllowance();
    const shaped = withinParts<(typeof contents)[number], McpContents>(
      contents,
      (each) => contentsOf(each, allowance),
      (text) => ({ uri: params.uri, text }),
    );
    return { contents: shaped };
  },
  async subscribe(params, { request, ...parts }) {
    await request({ method: "resources/subscribe", params }, EmptyResultSchema, options(parts));
    return {};
  },
  async unsubscribe(params, { request, ...parts }) {
    await request({ method: "resources/unsubscribe", params }, EmptyResultSchema, options(parts));
    return {};
  },
  async getPrompt(params, { request, ...parts }) {
    const { description = "", messages } = await request(
      { method: "prompts/get", params },
      GetPromptResultSchema,
      options(parts),
    );
    return { description: cleanText(description, 4000), messages: promptMessagesOf(messages) };
  },
  async complete(params, { request, ...parts }) {
    const { completion } = await request({ method: "completion/complete", params }, CompleteResultSchema, options(parts));
    const { values, total, hasMore } = completion;
    return {
      values: values.slice(0, maxValues).map((value) => value.slice(0, maxValueLetters)),
      ...(total === undefined ? {} : { total }),
      ...(hasMore === undefined ? {} : { hasMore }),
    };
  },
};

/** `id` is the core's. */
export async function runMethod(method: WireMethod, params: Json, parts: MethodParts, id: number): Promise<Json> {
  // The core sends the parameters of the method; their types do not cross a port.
  const run = runners[method] as (params: Json, parts: MethodParts, id: number) => Promise<unknown>;
  if (run === undefined) throw new Fault("MCP_CALL_FAILED", `There is no method ${method} for the server ${parts.server}.`);
  return (await run(params, parts, id)) as Json;
}

function options({ signal, onProgress }: Pick<MethodParts, "signal" | "onProgress">) {
  return { signal, timeout: noTimeout, onprogress: onProgress };
}

async function callTool(params: ParamsOf<"callTool">, parts: MethodParts, id: number): Promise<ReplyOf<"callTool">> {
  const call = () => parts.request({ method: "tools/call", params }, CallToolResultSchema, options(parts));
  const result = await call().catch(async (error: unknown) => {
    const questions = error instanceof McpError ? elicitationsOf(error) : undefined;
    if (questions === undefined || !(await parts.askUrls(questions, id, parts.signal))) throw error;
    return call();
  });
  const isError = result.isError === true;
  const structured = result.structuredContent as JsonObject | undefined;
  if (structured !== undefined && isDeeper(structured, maxLevels)) {
    throw invalid(parts.server, params.name, `its structured content has more than ${maxLevels} levels`);
  }
  const check = parts.checkOf(params.name);
  if (check !== undefined && !isError) {
    const problem =
      structured === undefined ? "it has no structured content, though the tool has an output schema" : check(structured);
    if (problem !== undefined) throw invalid(parts.server, params.name, problem);
  }
  return { ...toolResultOf(result.content, structured), isError };
}

function invalid(server: string, tool: string, why: string): Fault {
  return new Fault(
    "MCP_RESULT_INVALID",
    `The result of ${tool} of the server ${server} is not what the tool says it gives: ${why}.`,
  );
}
