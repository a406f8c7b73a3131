/** mcp serve: Gantry's tools, and the agent itself, for MCP clients. The protocol's code is loaded when the command runs. */
import { GantryError } from "gantry/errors";
import { type CommandContext, defineCommand, type FlagSpec } from "gantry/plugin";

/** The session flags of `run` that make sense where the prompts come from a client. */
const sessionFlags: FlagSpec[] = [
  { name: "model", type: "string", value: "PROVIDER/NAME", summary: "The model that runs ask." },
  { name: "permission-mode", type: "string", value: "MODE", summary: "What may happen without asking." },
  { name: "allow", type: "string", multiple: true, value: "RULE", summary: "Allow calls that match. Repeatable." },
  { name: "ask", type: "string", multiple: true, value: "RULE", summary: "Ask about calls that match. Repeatable." },
  { name: "deny", type: "string", multiple: true, value: "RULE", summary: "Deny calls that match. Repeatable." },
  { name: "max-turns", type: "integer", value: "N", summary: "At most this many model requests for one run." },
  { name: "max-cost", type: "string", value: "USD", summary: "Stop a run when it has cost this much." },
  { name: "timeout", type: "string", value: "SECONDS", summary: "Stop a run after this time." },
  { name: "add-dir", type: "string", multiple: true, value: "DIR", summary: "A further folder to work in. Repeatable." },
  { name: "system-prompt", type: "string", value: "TEXT", summary: "Replace the system prompt of runs." },
  { name: "append-system-prompt", type: "string", value: "TEXT", summary: "Add to the system prompt of runs." },
  { name: "config", type: "string", value: "FILE", summary: "Use this file in place of the user's config." },
  { name: "set", type: "string", multiple: true, value: "KEY=VALUE", summary: "Set a config key. Repeatable." },
  { name: "mcp-config", type: "string", multiple: true, value: "FILE", summary: "MCP servers for runs. Repeatable." },
  { name: "tools", type: "string", value: "LIST", summary: "Offer only these tools, separated by commas." },
  { name: "plugin", type: "string", multiple: true, value: "DIR", summary: "Use this plugin this time only. Repeatable." },
  {
    name: "grant",
    type: "string",
    multiple: true,
    value: "KIND=SCOPE",
    summary: "Grant what a --plugin asks for, this time. Repeatable.",
  },
  { name: "no-plugins", type: "boolean", summary: "Load no plugin but the model's provider." },
  {
    name: "approve",
    type: "string",
    options: ["always", "never", "prompt"],
    summary: "Answer what would be asked; prompt, the default, asks the client's user.",
  },
  { name: "trust", type: "boolean", summary: "Trust this project's own config this time." },
  { name: "allow-root-bypass", type: "boolean", summary: "Let root use the mode bypassPermissions." },
];

export const serve = defineCommand({
  id: "mcp serve",
  summary: "Offer the tools and the agent to MCP clients.",
  description:
    "On stdin and stdout, or with --http on a port of 127.0.0.1 that wants a bearer token. Each call goes through the same rules, hooks and trust as a call of the model; what would be asked is asked of the client's user, and denied where the client has none to ask. The tool run gives the agent a task. Ends when stdin ends, or at SIGINT or SIGTERM.",
  flags: [
    { name: "http", type: "boolean", summary: "Speak streamable HTTP on 127.0.0.1 in place of stdio." },
    { name: "port", type: "integer", value: "N", summary: "With --http: the port. Default: any free one." },
    { name: "token-file", type: "string", value: "FILE", summary: "With --http: the token, from a file only you can read." },
    ...sessionFlags,
  ],
  examples: ["gantry mcp serve", 'gantry mcp serve --http --port 8931 --deny "Bash"'],
  async run({ flags }, ctx) {
    const http = readHttp(flags, ctx);
    const { serveStdio, serveOverHttp } = await import("./serve/serve.ts");
    const served = await ctx.host.serve.open({ flags });
    try {
      if (http) await serveOverHttp(served, http, ctx);
      else await serveStdio(served, ctx);
    } finally {
      await served.close();
    }
    return { data: null, text: "" };
  },
});

/** Undefined: stdio. */
function readHttp(
  flags: Parameters<typeof serve.run>[0]["flags"],
  ctx: CommandContext,
): { port: number; tokenFile: string | undefined } | undefined {
  const { http, port = 0, "token-file": tokenFile } = flags;
  if (ctx.json) throw usage("--json does not go with mcp serve: it prints no result, and stdout is the protocol's.");
  if (http !== true) {
    if (port !== 0 || tokenFile !== undefined) throw usage("--port and --token-file go with --http.");
    return undefined;
  }
  const number = Number(port);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw usage(`--port takes a whole number from 0 to 65535, not ${JSON.stringify(port)}.`);
  return { port: number, tokenFile: typeof tokenFile === "string" ? tokenFile : undefined };
}

function usage(message: string): GantryError {
  return new GantryError("USAGE_INVALID", message);
}
