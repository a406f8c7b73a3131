/** mcp list: the configured servers, where each is written and, with --check, whether it works. */
import { type CommandContext, defineCommand, type Host } from "gantry/plugin";
import { columnsOf, offerWords, type Server, shorten, stateWord, toJson, troubleLines } from "./text.ts";

export const listCommand = defineCommand({
  id: "mcp list",
  summary: "List the configured MCP servers, and where each is written.",
  description:
    "Nothing is started; with --check every server is, but for those that wait for trust, all at once, and then ended. States: not started, ready, needs login, failed, disabled, waits for trust.",
  flags: [{ name: "check", type: "boolean", summary: "Start each server, and say what it offers or why it fails." }],
  examples: ["gantry mcp list", "gantry mcp list --check --json"],
  async run({ flags }, { host, warn }) {
    const { servers, problems } = await host.mcp.list({ check: flags["check"] === true });
    warnOf(problems, warn);
    const data = toJson({ servers });
    if (servers.length === 0)
      return { data, text: "No MCP server is configured. To add one: gantry mcp add NAME -- COMMAND ARGS…" };
    const text = [tableOf(servers), ...notesOf(servers)].join("\n");
    const broken = servers.filter(({ required, state }) => required && (state === "failed" || state === "needs-login"));
    if (broken.length === 0) return { data, text };
    const message = `required and not usable: ${broken.map(({ name }) => name).join(", ")}`;
    return { data, text, error: { code: "MCP_REQUIRED", message } };
  },
});

type Problems = Awaited<ReturnType<Host["mcp"]["list"]>>["problems"];

function warnOf(problems: Problems, warn: CommandContext["warn"]): void {
  for (const { file, line, message } of problems)
    warn(`${file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `}${message}`);
}

function tableOf(servers: readonly Server[]): string {
  const rows = servers.map((server) => [
    shorten(server.name, 64),
    stateWord(server),
    server.kind,
    shorten(server.what, 60) || "-",
    offerWords(server) || "-",
    `${server.layer}: ${shorten(server.source, 200)}`,
  ]);
  return columnsOf(["NAME", "STATE", "BY", "WHAT", "OFFERS", "FROM"], rows);
}

function notesOf(servers: readonly Server[]): string[] {
  const each = servers.flatMap((server) => {
    const lines = troubleLines(server);
    return lines.length === 0 ? [] : [`${shorten(server.name, 64)}:`, ...lines];
  });
  return each.length === 0 ? [] : ["", ...each];
}
