/** host.hooks: the hooks of this project, what would run, and what ran. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { layerOrder } from "../../config/merge.ts";
import { needsTrust, trustRequired } from "../../config/usable.ts";
import { decisionText } from "../config-hooks/answer/decision-text.ts";
import type { ConfigHook } from "../config-hooks/declared/config-hook.ts";
import { type HookEntry, parseHooks, whatOf } from "../config-hooks/declared/parse.ts";
import { type HookRun, runHook } from "../config-hooks/run.ts";
import { type Choice, choose } from "../config-hooks/told/choice.ts";
import { factsOf } from "../config-hooks/told/facts.ts";
import { type PastRuns, tellPast } from "../config-hooks/told/past.ts";
import { GantryError } from "../contract/errors.ts";
import { type CallFacts, hookPoints } from "../contract/hooks.ts";
import type { HookFacts, HooksHost, HookTrial } from "../contract/host.ts";
import { type PluginManifest, type ToolManifest, toolsOf } from "../contract/manifest.ts";
import { isObject, type JsonObject } from "../contract/messages.ts";
import { didYouMean } from "../contract/nearest.ts";
import { eventsOf, type PublicEvent, publicEvents, publicEventTable } from "../contract/public-events.ts";
import { createRuleMatcher } from "../if-rules.ts";
import { knownServers } from "../known-servers.ts";
import { createStore, type SessionStore } from "../session/store.ts";
import { inputFor } from "./hook-input.ts";
import { openHookTrials } from "./hook-trials.ts";
import type { HostOptions } from "./host-options.ts";

type About = Parameters<HooksHost["explain"]>[1];

export function createHooksHost(options: HostOptions, loadedOnce: () => Promise<LoadedConfig>): HooksHost {
  const manifests = (): readonly PluginManifest[] => options.io.known();
  const tools = (): ToolManifest[] => toolsOf(manifests());
  const storeOf = ({ paths, project }: LoadedConfig): SessionStore => createStore({ stateHome: paths.stateHome, project });
  const look = async (event: PublicEvent, about: About): Promise<LookedAt> =>
    await lookAt(event, about, { options, loaded: await loadedOnce(), tools: tools() });

  return {
    async list() {
      const loaded = await loadedOnce();
      const [declared, past] = await Promise.all([declaredHooks(loaded, tools()), pastRuns(storeOf(loaded))]);
      return {
        hooks: inEventOrder(declared.map(({ entry, held }) => factsOf(entry, { held, past }))),
        taps: await (await import("./tap-list.ts")).listTaps(options.io.inForce(), loaded),
        problems: loaded.problems,
      };
    },
    async explain(name, about) {
      const event = knownEvent(name);
      const { loaded, input, each } = await look(event, about);
      const past = await pastRuns(storeOf(loaded));
      return {
        event,
        input,
        each: each.map(({ entry, held, choice }) => ({ hook: factsOf(entry, { held, past }), ...choice })),
      };
    },
    async test(name, about) {
      const event = knownEvent(name);
      const { loaded, input, each } = await look(event, about);
      if (each.some(({ held }) => held) && needsTrust(loaded.trust)) throw trustRequired(loaded.trust);
      const hooks = each.flatMap(({ entry, choice }) => (choice.runs && entry.hook !== undefined ? [entry.hook] : []));
      return { input, trials: await runTrials(hooks, input, { options, loaded }) };
    },
    async trace(reference) {
      const { summary, events } = await storeOf(await loadedOnce()).read(reference ?? "last");
      const fired = events.flatMap((event) => (event.type === "hook.fired" ? [{ ...event.data, at: event.at }] : []));
      return { sessionId: summary.id, fired };
    },
  };
}

interface Declared {
  entry: HookEntry;
  /** Waits for trust in the project. */
  held: boolean;
}

interface Looked extends Declared {
  choice: Choice;
}

interface LookedAt {
  loaded: LoadedConfig;
  input: JsonObject;
  each: Looked[];
}

/** What would run for an input, in order. */
async function lookAt(
  event: PublicEvent,
  about: About,
  { options, loaded, tools }: { options: HostOptions; loaded: LoadedConfig; tools: readonly ToolManifest[] },
): Promise<LookedAt> {
  const { cwd, io } = options;
  const home = io.env["HOME"] ?? "/";
  const input = inputFor(event, about, { loaded, cwd, home, tools });
  const declared = (await declaredHooks(loaded, tools)).filter(({ entry }) => entry.declared.event === event);
  const matches = createRuleMatcher(loaded, { home, tools });
  const call = callIn(input, cwd);
  const each: Looked[] = [];
  for (const { entry, held } of declared) {
    each.push({
      entry,
      held,
      choice: await choose(entry, input, { held, ruleMatches: async (rule) => await matches(rule, call) }),
    });
  }
  return { loaded, input, each };
}

/** The call that an input of an event of tools speaks of. `cwd` is where it would be made when the input does not say. */
function callIn({ tool_name: tool, tool_input: given, cwd: named }: JsonObject, cwd: string): CallFacts {
  const name = typeof tool === "string" ? tool : "";
  const input = isObject(given) ? given : {};
  return { sessionId: "", callId: "", tool: name, input, cwd: typeof named === "string" ? named : cwd };
}

/** Held hooks stand where they will stand once they are trusted. */
async function declaredHooks(loaded: LoadedConfig, tools: readonly ToolManifest[]): Promise<Declared[]> {
  const { hookList, heldHooks, project } = loaded;
  const servers = knownServers(loaded);
  const rank = (hook: { layer: (typeof layerOrder)[number] }): number => layerOrder.indexOf(hook.layer);
  const all = [...hookList, ...heldHooks].sort((a, b) => rank(a) - rank(b));
  const { entries } = await parseHooks(all, { tools, project, ...(servers === undefined ? {} : { servers }) });
  return entries.map((entry) => ({ entry, held: heldHooks.includes(entry.declared) }));
}

function inEventOrder(hooks: readonly HookFacts[]): HookFacts[] {
  const rank = ({ event }: HookFacts): number => {
    const index = publicEvents.indexOf(event as PublicEvent);
    return index < 0 ? publicEvents.length : index;
  };
  return [...hooks].sort((a, b) => rank(a) - rank(b) || a.order - b.order);
}

const sessionsLookedAt = 20;

async function pastRuns(store: SessionStore): Promise<Map<string, PastRuns>> {
  const newest = (await store.list({ all: false })).filter(({ broken }) => broken === undefined).slice(0, sessionsLookedAt);
  const sessions = [];
  // One by one, and only what hooks did is kept: a list of long sessions must not be held in memory.
  for (const { id } of newest) {
    const events = await store.read(id).then(
      (session) => session.events,
      () => [],
    );
    sessions.push({ id, events: events.filter(({ type }) => type === "hook.fired") });
  }
  return tellPast(sessions);
}

/** HOOK_EVENT_UNKNOWN, also for an event that never comes here. */
function knownEvent(name: string): PublicEvent {
  const event = publicEvents.find((each) => each === name);
  const absent = event === undefined ? undefined : publicEventTable[event].absent;
  if (event !== undefined && absent === undefined) return event;
  if (event !== undefined) throw new GantryError("HOOK_EVENT_UNKNOWN", `${event} never comes: ${absent}`);
  const point = hookPoints.find((each) => each === name);
  const [served] = point === undefined ? [] : eventsOf(point);
  const near =
    served === undefined ? didYouMean(name, publicEvents) : ` ${name} is a point; its event in a config is ${served}.`;
  throw new GantryError("HOOK_EVENT_UNKNOWN", `there is no event ${JSON.stringify(name)}.${near}`);
}

async function runTrials(
  hooks: readonly ConfigHook[],
  input: JsonObject,
  { options, loaded }: { options: HostOptions; loaded: LoadedConfig },
): Promise<HookTrial[]> {
  if (hooks.length === 0) return [];
  const { deps, close } = await openHookTrials(options, loaded);
  try {
    const trials: HookTrial[] = [];
    let current = input;
    for (const hook of hooks) {
      const run = await runHook(hook, current, deps, { signal: options.signal });
      trials.push(trialOf(hook, run));
      // As in a run: the next hook sees the edit of the one before.
      if (run.reply.input !== undefined) current = { ...current, tool_input: run.reply.input };
    }
    return trials;
  } finally {
    await close();
  }
}

function trialOf(hook: ConfigHook, { ms, outcome, exit, stdout, stderr, violations, reply }: HookRun): HookTrial {
  const { event, source, handler } = hook;
  return {
    ...{ source, what: whatOf(handler as unknown as JsonObject), outcome, decision: decisionText(event, reply), ms },
    ...(exit === undefined ? {} : { exit }),
    ...{ stdout, stderr, violations },
  };
}
