/** mcp add: one server more in a config file, comments and all else kept. */
import { GantryError } from "gantry/errors";
import { type CommandInput, defineCommand, type JsonObject } from "gantry/plugin";
import { quoteWord, shorten } from "./text.ts";

export const scopes = ["local", "user", "project"] as const;

export const addCommand = defineCommand({
  id: "mcp add",
  summary: "Add an MCP server to a config file.",
  description: `START is a URL, or a command with its arguments; behind -- flags are the command's own. Scopes: local is this project for you alone, user all your projects, project the project's own file, for everybody who trusts it. A secret is best a variable: --env 'TOKEN=\${DOCS_TOKEN}'.`,
  args: [
    { name: "name", summary: "Its name: tools are called mcp__NAME__tool.", required: true },
    { name: "start", summary: "A URL, or a command and its arguments.", required: true, rest: true },
  ],
  flags: [
    { name: "transport", type: "string", options: ["stdio", "http", "sse"], summary: "Default: http for a URL, else stdio." },
    {
      name: "env",
      type: "string",
      multiple: true,
      value: "NAME=VALUE",
      summary: "A variable that the command gets. Repeatable.",
    },
    { name: "header", type: "string", multiple: true, value: "NAME: VALUE", summary: "Sent with each request. Repeatable." },
    { name: "scope", type: "string", options: [...scopes], summary: "Whose config. Default: local." },
    { name: "timeout", type: "integer", value: "MS", summary: "Milliseconds of one call." },
  ],
  examples: [
    "gantry mcp add docs -- npx -y @modelcontextprotocol/server-everything",
    `gantry mcp add web https://example.com/mcp --header 'Authorization: Bearer \${WEB_TOKEN}'`,
  ],
  async run(input, { host, warn }) {
    const { args, flags } = input;
    const name = args["name"] ?? "";
    const layer = scopes.find((scope) => scope === flags["scope"]) ?? "local";
    const entry = entryOf(input);
    const { source, warnings } = await host.mcp.add(name, entry, layer);
    for (const warning of warnings) warn(warning);
    const next = `To start it and see what it offers: gantry mcp inspect ${quoteWord(name)}`;
    return { data: { name, scope: layer, source }, text: `The MCP server ${shorten(name, 64)} is in ${source}.\n${next}` };
  },
});

function entryOf({ flags, rest = [] }: CommandInput): JsonObject {
  const [first = "", ...args] = rest;
  const { transport, timeout } = flags;
  const isUrl = transport === "http" || transport === "sse" || (transport === undefined && /^https?:\/\//i.test(first));
  const [, scheme] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(first) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme))
    throw usage(`${scheme}:// is no address of a server, and no command: a server is reached by https:// or http://.`);
  if (isUrl && args.length > 0)
    throw usage(`A URL has no arguments; ${args.length} more ${args.length === 1 ? "word was" : "words were"} given.`);
  const common = typeof timeout === "number" ? { timeout } : {};
  const [env, headers] = [pairsOf(flags["env"], "env", "="), pairsOf(flags["header"], "header", ":")];
  if (isUrl && env !== undefined) throw usage("--env goes with a command; a server behind a URL is given --header.");
  if (!isUrl && headers !== undefined) throw usage("--header goes with a URL; a command is given --env.");
  if (isUrl)
    return {
      ...(transport === "sse" ? { type: "sse" } : { type: "http" }),
      url: first,
      ...(headers && { headers }),
      ...common,
    };
  return { command: first, ...(args.length > 0 && { args }), ...(env && { env }), ...common };
}

/** The value may be a secret: a wrong one is not repeated. */
function pairsOf(given: CommandInput["flags"][string], flag: string, mark: "=" | ":"): Record<string, string> | undefined {
  if (!Array.isArray(given)) return undefined;
  const pairs = given.map((text): [string, string] => {
    const at = text.indexOf(mark);
    if (at < 1)
      throw usage(`--${flag} takes NAME${mark === ":" ? ": " : mark}VALUE; one of them has no name before a ${mark}.`);
    return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  });
  for (const [at, [name]] of pairs.entries()) {
    const first = pairs.findIndex(([other]) => isSame(name, other, mark));
    if (first < at)
      throw usage(
        `--${flag} no. ${first + 1} (${shorten(pairs[first]?.[0] ?? "", 64)}) and no. ${at + 1} (${shorten(name, 64)}) are of one name; give one of them.`,
      );
  }
  return Object.fromEntries(pairs);
}

/** Case counts in names of variables, not in names of headers. */
function isSame(name: string, other: string, mark: "=" | ":"): boolean {
  return mark === ":" ? name.toLowerCase() === other.toLowerCase() : name === other;
}

function usage(message: string): GantryError {
  return new GantryError("USAGE_INVALID", message);
}
