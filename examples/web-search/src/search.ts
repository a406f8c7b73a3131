import { defineTool, type NetResponse, type ToolContext, type ToolOutput } from "gantry/plugin";
import * as z from "zod";
import { formatted, resultsIn } from "./answer.ts";
import type { SearchOptions } from "./options.ts";

const maxAnswerBytes = 2 * 1024 * 1024;

export const searchWeb = defineTool({
  name: "SearchWeb",
  description: "Searches the web. Answers with titles, addresses and short extracts; read a page before you rely on it.",
  input: () =>
    z.strictObject({
      query: z.string().trim().min(1).max(400).describe("As for a search engine"),
      count: z.int().min(1).max(20).optional().describe("How many results; default 8"),
    }),
  effect: "runs",
  async execute({ query, count = 8 }, ctx) {
    const options = ctx.options as SearchOptions;
    const response = await ctx.net.fetch(filled(options.endpoint, { query, count: String(count) }), {
      headers: { accept: "application/json", ...(await keyOf(options, ctx)) },
      timeoutMs: options.timeoutMs,
      maxBytes: maxAnswerBytes,
    });
    if (response.status !== 200) return failed(refusal(response));
    const answer = await response.json().catch(() => undefined);
    if (answer === undefined)
      return failed(`The endpoint answered with ${response.headers["content-type"] ?? "something"} that is not JSON.`);
    const results = resultsIn(answer, options.results);
    if (results === undefined)
      return failed(`The endpoint's answer has no list at "${options.results}"; the option results says where it is.`);
    return {
      content: formatted(query, results.slice(0, count)),
      data: { results: results.slice(0, count).map((result) => ({ ...result })) },
    };
  },
});

function filled(endpoint: string, values: Readonly<Record<string, string>>): string {
  return endpoint.replaceAll(/\{(query|count)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
}

async function keyOf({ keyHeader, keyPrefix }: SearchOptions, { secrets }: ToolContext): Promise<Record<string, string>> {
  return keyHeader === undefined ? {} : { [keyHeader]: keyPrefix + (await secrets.read("WEB_SEARCH_KEY")) };
}

function refusal({ status, headers }: NetResponse): string {
  if (status === 401 || status === 403)
    return `The endpoint refused the key (status ${status}). The user has to look at WEB_SEARCH_KEY.`;
  if (status === 429) {
    const wait = headers["retry-after"];
    return `The endpoint takes no more searches for now (status 429${wait === undefined ? "" : `, again in ${wait} s`}).`;
  }
  return `The endpoint answered with status ${status}.`;
}

function failed(content: string): ToolOutput {
  return { content, isError: true, code: "TOOL_FAILED" };
}
