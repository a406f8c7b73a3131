/** What is known of every configured server: the thread's word, and what the core adds to it. */
import type { McpConfig } from "../../config/loaded.ts";
import type { McpCatalog, McpServerFacts, McpServerSpec } from "../contract/mcp.ts";
import type { McpChange } from "./mcp.ts";

interface Entry {
  facts: McpServerFacts;
  /** Of threads that are gone. */
  restartsBefore: number;
  catalog?: McpCatalog | undefined;
  /** The core's own, with the catalog of now. */
  problems: readonly string[];
}

type Listener = (change: McpChange) => void;

const mostProblems = 50;
const emptyCatalog: McpCatalog = { tools: [], prompts: [], resources: [], templates: [] };

export class Facts {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<Listener>();
  #generation = 0;

  constructor({ servers, waiting, disabled }: McpConfig) {
    for (const spec of servers) this.#add(firstFacts(spec));
    for (const { name, source, what } of waiting)
      this.#add({ ...emptyFacts(name), state: "waiting", what, why: `configured by the project in ${source}` });
    for (const { name, source } of disabled)
      this.#add({ ...emptyFacts(name), state: "disabled", why: `switched off in ${source}` });
  }

  get generation(): number {
    return this.#generation;
  }

  all(): McpServerFacts[] {
    return [...this.#entries.values()].map(shown);
  }

  find(server: string): McpServerFacts | undefined {
    const entry = this.#entries.get(server);
    return entry && shown(entry);
  }

  /** The thread's word, which replaces its last. */
  told(facts: McpServerFacts): void {
    const entry = this.#entries.get(facts.name);
    if (entry !== undefined) this.#put(entry, facts);
  }

  /** The core's own. */
  change(server: string, change: Partial<Pick<McpServerFacts, "state" | "code" | "why">>): void {
    const entry = this.#entries.get(server);
    if (entry === undefined) return;
    const { code: _code, why: _why, ...rest } = entry.facts;
    this.#put(entry, { ...rest, ...change });
  }

  /** The thread is another: it counts restarts from nothing. */
  restarting(server: string, why: string): void {
    const entry = this.#entries.get(server);
    if (entry === undefined) return;
    entry.restartsBefore += entry.facts.restarts + 1;
    const { code: _code, pid: _pid, ...rest } = entry.facts;
    this.#put(entry, { ...rest, restarts: 0, state: "starting", why });
  }

  catalog(server: string): McpCatalog | undefined {
    return this.#entries.get(server)?.catalog;
  }

  /** Lists that are not in it stay. `problems`: the core's own with its tools, in place of earlier ones. */
  changeCatalog(server: string, change: Partial<McpCatalog>, problems?: readonly string[]): void {
    const entry = this.#entries.get(server);
    if (entry === undefined) return;
    entry.catalog = { ...emptyCatalog, ...entry.catalog, ...change };
    if (problems !== undefined) entry.problems = problems;
    this.#toldCatalog(server);
  }

  dropCatalog(server: string): void {
    const entry = this.#entries.get(server);
    if (entry === undefined) return;
    Object.assign(entry, { catalog: undefined, problems: [] });
    this.#toldCatalog(server);
  }

  #toldCatalog(server: string): void {
    this.#generation++;
    this.tell({ kind: "catalog", server });
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(change: McpChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  #add(facts: McpServerFacts): void {
    if (!this.#entries.has(facts.name)) this.#entries.set(facts.name, { facts, restartsBefore: 0, problems: [] });
  }

  #put(entry: Entry, facts: McpServerFacts): void {
    const before = entry.facts.state;
    entry.facts = facts;
    this.#generation++;
    this.tell({ kind: "facts", facts: shown(entry), before });
  }
}

export function createFacts(config: McpConfig): Facts {
  return new Facts(config);
}

function shown({ facts, restartsBefore, problems }: Entry): McpServerFacts {
  return {
    ...facts,
    restarts: facts.restarts + restartsBefore,
    problems: [...facts.problems, ...problems].slice(0, mostProblems),
  };
}

/** Programs print their own keys when these are wrong. */
export function redactedFacts(facts: McpServerFacts, redact: (text: string) => string): McpServerFacts {
  const { why, what, stderr, problems } = facts;
  return {
    ...facts,
    what: redact(what),
    ...(why === undefined ? {} : { why: redact(why) }),
    stderr: stderr.map(redact),
    problems: problems.map(redact),
  };
}

function emptyFacts(name: string): McpServerFacts {
  return {
    ...{ name, state: "idle", stderr: [], kind: "stdio", what: "", capabilities: [], restarts: 0, problems: [] },
    counts: { tools: 0, prompts: 0, resources: 0, templates: 0 },
  };
}

function firstFacts({ name, transport }: McpServerSpec): McpServerFacts {
  const { kind } = transport;
  return { ...emptyFacts(name), kind, what: kind === "stdio" ? programName(transport.command) : placeOf(transport.url) };
}

function programName(command: string): string {
  return command.slice(command.lastIndexOf("/") + 1);
}

/** Without query and fragment, which may hold a token, and whoever's name and password. */
function placeOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? "" : `${parsed.origin}${parsed.pathname}`;
}
