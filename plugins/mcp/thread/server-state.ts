/** What is known of one server at this moment, and how the core is told: a change of state at once, problems together. */
import type { McpServerFacts, McpServerSpec, McpState } from "../../../core/contract/mcp.ts";
import type { FromMcp } from "../../../core/contract/mcp-frames.ts";
import { createCatalogChanges } from "./catalog-changes.ts";
import type { Connection } from "./connection.ts";
import type { Fault } from "./fault.ts";
import type { Introduction } from "./introduction.ts";
import { createLogLines, type LogLines } from "./log-lines.ts";
import { createProblems, type Problems } from "./problems.ts";

export interface ServerState {
  /** `fault`: why it is not ready, or was lost last. */
  now(): { state: McpState; fault: Fault | undefined; connection: Connection | undefined };
  readonly problems: Problems;
  readonly log: LogLines;
  become(state: McpState, fault?: Fault): void;
  /** What changes with the states; the next `become` tells it. */
  note(change: Partial<Known>): void;
  /** What of the connection's lists is new to the core, and the facts where something is. */
  tellCatalog(): void;
}

interface Known {
  connection: Connection | undefined;
  introduction: Introduction;
  stderr: string[];
  pid: number | undefined;
  startMs: number | undefined;
  restarts: number;
}

const togetherMs = 50;

export function createServerState(spec: McpServerSpec, post: (frame: FromMcp) => void): ServerState {
  const at: { state: McpState; fault: Fault | undefined } = { state: "starting", fault: undefined };
  let telling: NodeJS.Timeout | undefined;
  const known: Known = {
    connection: undefined,
    introduction: { capabilities: [] },
    stderr: [],
    pid: undefined,
    startMs: undefined,
    restarts: 0,
  };
  const changes = createCatalogChanges();
  const problems = createProblems(() => {
    telling ??= setTimeout(tell, togetherMs);
  });

  function tell(): void {
    clearTimeout(telling);
    telling = undefined;
    post({ type: "facts", facts: factsOf(spec, { ...at, known, problems: problems.all() }) });
  }

  return {
    problems,
    log: createLogLines((level, text) => post({ type: "log", server: spec.name, level, text })),
    now: () => ({ ...at, connection: known.connection }),
    become(state, fault) {
      Object.assign(at, { state, fault });
      // The core drops what such a server offered, and keeps it for one that starts again.
      if (state !== "ready" && state !== "starting") changes.forget();
      tell();
    },
    note: (change) => void Object.assign(known, change),
    tellCatalog() {
      const changed = known.connection && changes.since(known.connection.offer.catalog);
      if (changed === undefined) return;
      post({ type: "catalog", server: spec.name, json: JSON.stringify(changed) });
      // With the state, where it is new.
      if (at.state === "ready") tell();
    },
  };
}

interface Moment {
  state: McpState;
  fault: Fault | undefined;
  known: Known;
  problems: string[];
}

function factsOf(spec: McpServerSpec, { state, fault, known, problems }: Moment): McpServerFacts {
  const { connection, introduction, pid, startMs, restarts } = known;
  const stderr = connection?.link.stderr() ?? known.stderr;
  const { tools = [], prompts = [], resources = [], templates = [] } = connection?.offer.catalog ?? {};
  return {
    ...{ name: spec.name, state, stderr, kind: spec.transport.kind, what: whatOf(spec), ...introduction, restarts, problems },
    counts: { tools: tools.length, prompts: prompts.length, resources: resources.length, templates: templates.length },
    ...(fault === undefined ? {} : { code: fault.code, why: fault.message }),
    ...(pid === undefined ? {} : { pid }),
    ...(startMs === undefined ? {} : { startMs }),
  };
}

/** The program's name, or the URL without user and query. */
function whatOf({ transport }: McpServerSpec): string {
  if (transport.kind === "stdio") return transport.command.split("/").at(-1) ?? transport.command;
  const url = URL.parse(transport.url);
  return url === null ? "an address that is no URL" : `${url.origin}${url.pathname}`;
}
