/** A session's side of its runtime's MCP servers: what is waited for, offered, told and kept. Loaded where servers are configured. */

import type { McpEffects } from "./contract/execution.ts";
import type { McpServerFacts } from "./contract/mcp.ts";
import type { Message } from "./contract/messages.ts";
import { createDeferral, type Deferral, type OfferOptions } from "./mcp/deferral.ts";
import { findLate } from "./mcp/late-tool.ts";
import type { Mcp } from "./mcp/mcp.ts";
import { refuseUnusable, waitForNeeded } from "./mcp/needed.ts";
import { createNews, instructionsHead, type News, newsHead } from "./mcp/news.ts";
import { recordServers } from "./mcp/news-events.ts";
import { createWatches } from "./mcp/news-watches.ts";
import { serverOf } from "./mcp/server-words.ts";
import type { RegisteredTool } from "./registry.ts";
import type { SessionState } from "./session/state.ts";
import { type AnswerParts, lazyAnswers } from "./session-answers.ts";
import type { Now } from "./session-turns.ts";
import type { LateTools } from "./turn/tool-call.ts";
import type { ActiveModel } from "./turn/turn.ts";
import { createWantedCheck } from "./wanted-tools.ts";

export interface SessionMcp {
  mcp: Mcp;
  effects: McpEffects;
  late: LateTools;
  /** The first time it waits for servers that the first request needs. MCP_REQUIRED. */
  beforeStep(signal: AbortSignal): Promise<void> | undefined;
  offered(model: ActiveModel): readonly RegisteredTool[];
  /** Starts the servers, the first time. */
  onSent(): void;
  /** The session records nothing from here on. */
  close(): void;
}

export interface SessionMcpParts extends Omit<AnswerParts, "turn"> {
  mcp: Mcp;
  now: Now;
  state: SessionState;
}

export function createSessionMcp(parts: SessionMcpParts): SessionMcp {
  const { mcp, now, state, record, deps, sessionId } = parts;
  const deferral = createDeferral({ wasOn: state.mcpTools.length > 0 });
  const used = new Set(calledTools(state.messages));
  const news = createNews({
    // What was recorded when no request followed, the model does not know.
    servers: new Map([...state.mcpServers].filter(([server]) => holdsText(state.messages, newsHead(server)))),
    hasInstructions: (server) => holdsText(state.messages, instructionsHead(server)),
  });
  const note = (text: string): void => void record("note", { text: deps.redactor().text(text), from: "mcp" });
  const watches = createWatches({ mcp, sessionId, note });
  const unattach = mcp.attach(lazyAnswers(mcp, { ...parts, turn: () => state.turns }));
  const unrecord = recordServers(parts, {
    updated: (server, uri) => void (watches.has(server, uri) && news.updated(server, uri)),
  });
  const load = (names: Iterable<string>): void => {
    const loaded = deferredOf(now).filter((name) => !state.mcpTools.includes(name));
    const wanted = [...names].filter((name) => loaded.includes(name));
    if (deferral.isOn && wanted.length > 0) record("mcp.tools", { loaded: wanted });
  };
  const use = (names: readonly string[]): void => {
    for (const name of names) used.add(name);
    load(names);
  };
  const needed = mcp.specs.filter(({ alwaysLoad, required }) => alwaysLoad || required).map(({ name }) => name);
  if (needed.length > 0) mcp.start(needed);
  const isWithheld = (name: string): boolean =>
    deps.registry.findTool(name) !== undefined && now.chosen.tools.every((tool) => tool.name !== name);
  const offered = createOffer(parts, deferral, () => load(used));
  const checkWanted = createWantedCheck(deps, note);
  let isStarted = false;
  let hasBegun = needed.length === 0;

  const step = (): undefined => {
    now.refresh();
    refuseUnusable(mcp);
    checkWanted();
    // Whether tools are held back is part of what is told.
    offered(parts.model());
    tell(parts, news, deferral);
  };
  return {
    mcp,
    close() {
      unattach();
      unrecord();
      watches.close();
    },
    late: {
      knows: (name) => serverOf(name, mcp.facts()) !== undefined,
      find: async (name, signal) => await findLate(name, { mcp, signal, now, isWithheld }),
      used: (tool) => void (tool.mcp && use([tool.name])),
    },
    effects: {
      tools: () => {
        now.refresh();
        return now.chosen.tools.filter((tool) => tool.mcp !== undefined);
      },
      load: (names) => use(names),
      watch: watches.set,
    },
    beforeStep(signal) {
      if (hasBegun) return step();
      return waitForNeeded(mcp, { signal, note }).then(() => {
        if (signal.aborted) return;
        hasBegun = true;
        step();
      });
    },
    offered,
    onSent() {
      if (isStarted) return;
      isStarted = true;
      mcp.start();
    },
  };
}

/** Made anew only when something that it rests on is another. */
function createOffer(
  { mcp, now, deps, state }: SessionMcpParts,
  deferral: Deferral,
  loadUsed: () => void,
): (model: ActiveModel) => readonly RegisteredTool[] {
  const resources = { areThere: false, areWatchable: false };
  let last: { rests: readonly unknown[]; offered: readonly RegisteredTool[] } | undefined;
  return (model) => {
    const { tools } = now.chosen;
    const rests = () => [tools, state.mcpTools.length, model.full, mcp.generation];
    if (last?.rests.every((each, place) => each === rests()[place])) return last.offered;
    seeResources(mcp.facts(), resources);
    const window = model.provider.contextWindow(model.name, model.options.settings);
    const maxTokens = (window * deps.config.config.limits.mcpToolsPercent) / 100;
    const offer = () => deferral.offer(tools, { maxTokens, resources, loaded: state.mcpTools });
    offer();
    loadUsed();
    last = { rests: rests(), offered: offer() };
    return last.offered;
  };
}

/** What was there once stays offered: the requests' prefix stays the same. */
function seeResources(servers: readonly McpServerFacts[], resources: OfferOptions["resources"]): void {
  const has = servers.filter(({ state }) => state === "ready").flatMap(({ capabilities }) => capabilities);
  resources.areThere ||= has.some((name) => name.startsWith("resources"));
  resources.areWatchable ||= has.includes("resources.subscribe");
}

/** Stands between two requests: behind the results of the last calls, before the next answer. */
function tell({ mcp, now, deps, state, record }: SessionMcpParts, news: News, { isOn }: Deferral): void {
  const servers = mcp.facts().map((facts) => {
    const tools = now.chosen.tools.filter((tool) => tool.mcp?.server === facts.name);
    return { facts, tools: tools.map(({ name }) => name) };
  });
  const text = news.take({ servers, isDeferred: isOn, turn: state.turns });
  if (text !== undefined) record("input", { content: deps.redactor().content([{ type: "text", text }]), source: "mcp" });
}

function deferredOf(now: Now): string[] {
  return now.chosen.tools.filter((tool) => tool.mcp && !tool.mcp.isAlwaysLoaded).map(({ name }) => name);
}

function calledTools(messages: readonly Message[]): string[] {
  const calls = messages.flatMap((message) => (message.role === "assistant" ? message.content : []));
  return calls.flatMap((block) => (block.type === "tool_call" && block.name.startsWith("mcp__") ? [block.name] : []));
}

function holdsText(messages: readonly Message[], text: string): boolean {
  return messages.some(
    ({ role, content }) => role === "user" && content.some((block) => block.type === "text" && block.text.includes(text)),
  );
}
