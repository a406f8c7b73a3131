/** What Tab puts at the end of a line: commands, prompts of MCP servers and their arguments, `@server:` resources. */
import type { McpPrompt } from "../contract/mcp.ts";
import type { Mcp } from "../mcp/mcp.ts";
import { promptName } from "../mcp/prompts.ts";
import { serverOf } from "../mcp/server-words.ts";
import { sanitizeLine } from "./sanitize.ts";

/** Candidates, and the end of the line that each replaces. */
export type Completed = [string[], string];

const mostShown = 100;
const askMs = 2_000;

/** Never rejects. Where nothing can be completed, Tab is a tab. */
export async function completeLine(
  line: string,
  { commands, mcp }: { commands: readonly string[]; mcp: Mcp | undefined },
): Promise<Completed> {
  const found = await candidates(line, commands, mcp).catch(() => undefined);
  if (found === undefined) return [["\t"], ""];
  const [names, part] = found;
  const fitting = names.filter((name) => name.startsWith(part) && sanitizeLine(name) === name);
  return [fitting.slice(0, mostShown), part];
}

async function candidates(line: string, commands: readonly string[], mcp: Mcp | undefined): Promise<Completed | undefined> {
  if (/^\/\S*$/.test(line)) return [[...commands, ...promptNames(mcp)], line];
  if (mcp === undefined) return undefined;
  const [, name, typed = ""] = /^\/(mcp__\S+)\s+(?:.*\s)?(\S*)$/.exec(line) ?? [];
  if (name !== undefined) return [await argumentValues(line, name, typed, mcp), typed];
  const [mention] = /(?<!\S)@\S*$/.exec(line) ?? [];
  return mention === undefined ? undefined : [resourceNames(mention, mcp), mention];
}

function promptNames(mcp: Mcp | undefined): string[] {
  mcp?.start();
  return (mcp?.facts() ?? []).flatMap(({ name }) =>
    (mcp?.catalog(name)?.prompts ?? []).map((prompt) => `/${promptName(name, prompt)}`),
  );
}

function resourceNames(mention: string, mcp: Mcp): string[] {
  mcp.start();
  const servers = mcp.facts().map(({ name }) => name);
  if (!mention.includes(":")) return servers.map((name) => `@${name}:`);
  return servers.flatMap((name) => (mcp.catalog(name)?.resources ?? []).map(({ uri }) => `@${name}:${uri}`));
}

/** The server's own suggestions for the argument that is being typed. */
async function argumentValues(line: string, name: string, typed: string, mcp: Mcp): Promise<string[]> {
  const server = serverOf(name, mcp.facts());
  const prompt = server && mcp.catalog(server.name)?.prompts.find((each) => promptName(server.name, each) === name);
  if (server === undefined || prompt === undefined) return [];
  const earlier = line.trimStart().split(/\s+/).slice(1, -1);
  const [, named, value = ""] = /^([^=]+)=(.*)$/.exec(typed) ?? [];
  const argument = prompt.arguments.find((each) => each.name === named) ?? prompt.arguments[earlier.length];
  if (argument === undefined) return [];
  const isNamed = argument.name === named;
  const { values } = await mcp.request(
    server.name,
    "complete",
    {
      ref: { type: "ref/prompt", name: prompt.name },
      argument: { name: argument.name, value: isNamed ? value : typed },
      context: { arguments: argumentsIn(earlier, prompt) },
    },
    { signal: AbortSignal.timeout(askMs), timeoutMs: askMs },
  );
  const plain = values.filter((each) => !/[\s"'\\]/.test(each));
  return isNamed ? plain.map((each) => `${argument.name}=${each}`) : plain;
}

/** What was typed before: suggestions may depend on it. */
function argumentsIn(words: readonly string[], prompt: McpPrompt): Record<string, string> {
  const pairs = words.flatMap((word, place): [string, string][] => {
    const [, named = "", value = ""] = /^([^=]+)=(.*)$/.exec(word) ?? [];
    if (prompt.arguments.some(({ name }) => name === named)) return [[named, value]];
    const name = prompt.arguments[place]?.name;
    return name === undefined ? [] : [[name, word]];
  });
  return Object.fromEntries(pairs);
}
