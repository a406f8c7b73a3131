/** mcp inspect: one server started for real, and all that it says of itself. */
import { codeOf } from "gantry/errors";
import { defineCommand, type Host } from "gantry/plugin";
import { shorten, stateWord, toJson, troubleLines } from "./text.ts";

type Seen = Awaited<ReturnType<Host["mcp"]["inspect"]>>;

export const inspectCommand = defineCommand({
  id: "mcp inspect",
  summary: "Start one MCP server and show what it offers.",
  args: [{ name: "name", summary: "The server.", required: true }],
  examples: ["gantry mcp inspect docs", "gantry mcp inspect docs --json"],
  async run({ args }, { host }) {
    const seen = await host.mcp.inspect(args["name"] ?? "");
    const { server } = seen;
    const data = toJson(seen);
    const text = [
      ...headOf(seen),
      ...troubleLines(server),
      ...toolLines(seen),
      ...promptLines(seen),
      ...resourceLines(seen),
    ].join("\n");
    if (server.state === "ready") return { data, text };
    const message = `${server.name} is not ready: ${server.why ?? stateWord(server)}`;
    return { data, text, error: { code: codeOf({ code: server.code }) ?? "MCP_START_FAILED", message } };
  },
});

function headOf({ server }: Seen): string[] {
  const { name, kind, what, layer, source, server: own, protocolVersion, startMs, capabilities, instructions } = server;
  const rows: [string, string | undefined][] = [
    ["state", startMs === undefined ? stateWord(server) : `${stateWord(server)} after ${Math.round(startMs)} ms`],
    ["reached by", `${kind}: ${shorten(what, 200)}`],
    ["from", `${layer}: ${source}`],
    ["calls itself", own && `${shorten(own.title ?? own.name, 80)} ${shorten(own.version, 40)}`],
    ["protocol", protocolVersion],
    ["can", capabilities.length === 0 ? undefined : capabilities.join(", ")],
    ["says", instructions && shorten(instructions, 1000)],
  ];
  return [shorten(name, 64), ...rows.flatMap(([word, said]) => (said === undefined ? [] : [`  ${word.padEnd(12)}  ${said}`]))];
}

const effectWords = {
  reads: "changes nothing",
  session: "changes this session only",
  writes: "changes files",
  runs: "asked about",
} as const;

function toolLines({ tools }: Seen): string[] {
  return section(
    "Tools",
    tools.map(({ name, effect, description, inputSchema }) => {
      const fields = Object.keys((inputSchema["properties"] ?? {}) as object);
      const required = new Set((inputSchema["required"] ?? []) as string[]);
      const takes = fields.map((field) => (required.has(field) ? shorten(field, 40) : `[${shorten(field, 40)}]`)).join(" ");
      return `${shorten(name, 80)}${takes === "" ? "" : ` ${takes}`} (${effectWords[effect]})${description === "" ? "" : `: ${shorten(description, 160)}`}`;
    }),
  );
}

function promptLines({ catalog }: Seen): string[] {
  return section(
    "Prompts",
    catalog.prompts.map(({ name, description, arguments: args }) => {
      const takes = args.map((arg) => (arg.required ? shorten(arg.name, 40) : `[${shorten(arg.name, 40)}]`)).join(" ");
      return `${shorten(name, 80)}${takes === "" ? "" : ` ${takes}`}${description === "" ? "" : `: ${shorten(description, 160)}`}`;
    }),
  );
}

function resourceLines({ catalog }: Seen): string[] {
  const resources = catalog.resources.map(({ uri, name }) => `${shorten(uri, 120)}  ${shorten(name, 80)}`);
  const templates = catalog.templates.map(({ uriTemplate, name }) => `${shorten(uriTemplate, 120)}  ${shorten(name, 80)}`);
  return [...section("Resources", resources), ...section("Resource templates", templates)];
}

const mostLines = 50;

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > mostLines ? [`  … and ${lines.length - mostLines} more; --json has all`] : [];
  return ["", title, ...lines.slice(0, mostLines).map((line) => `  ${line}`), ...more];
}
