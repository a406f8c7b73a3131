/** MCP servers that a resumed session had, and that its config has no more: the model is told once that their tools are gone. */
import type { RecordEvent } from "./session/session.ts";
import type { SessionState } from "./session/state.ts";

export interface GoneOptions {
  state: Pick<SessionState, "mcpServers">;
  /** Those that can be used. */
  configured: readonly string[];
  record: RecordEvent;
}

const why = "the config has it no more, or it may not be used";

export function tellGoneServers({ state, configured, record }: GoneOptions): void {
  const gone = [...state.mcpServers].flatMap(([name, { state }]) =>
    state === "ready" && !configured.includes(name) ? [name] : [],
  );
  if (gone.length === 0) return;
  const lines = gone.map((name) => `The MCP server ${name} is not there any more (${why}): its tools are gone.`);
  // What the log says of it last: the next resume tells nothing.
  for (const server of gone) record("mcp.server", { server, state: "stopped", why });
  record("input", {
    content: [{ type: "text", text: ["<mcp-news>", ...lines, "</mcp-news>"].join("\n") }],
    source: "mcp",
  });
}
