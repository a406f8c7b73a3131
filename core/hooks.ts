/**
 * The hook table as live tapable hooks. Observers run in series; rewriters are a waterfall over the payload; judges are a
 * waterfall over a verdict that can only get stricter. Every tap is named, timed, bounded and reported, and what it says
 * beside its answer is handed to whoever asked.
 */

import tapable from "tapable";
import { GantryError } from "./contract/errors.ts";
import type { EventData } from "./contract/events.ts";
import {
  type ElicitAnswer,
  type HookKind,
  type HookPayloads,
  type HookPoint,
  hookTable,
  type RewritePoint,
  type Verdict,
} from "./contract/hooks.ts";
import type { JsonObject } from "./contract/messages.ts";
import type { AnyTap, TapContext } from "./contract/plugin.ts";
import type { PublicEvent } from "./contract/public-events.ts";
import { type LiveTap, runTap, type TapRun } from "./taps/tap-run.ts";

/** One run of one tap. `payload` lets the owner find the session it belongs to. */
export interface HookFired extends Omit<EventData["hook.fired"], "point"> {
  point: HookPoint;
  payload: HookPayloads[HookPoint];
  /** For the user, as the tap said it. */
  say?: string;
}

/** What taps said to others than the one who asked, in the order of the taps. `by` is the tap's name. */
export interface Heard {
  context: readonly { by: string; text: string }[];
  /** The first one's. */
  stop?: { by: string; reason: string };
}

/** What all judges of a point said together. `by` names the judge whose verdict stands; empty when none was stricter. */
export interface Ruling {
  verdict: Verdict;
  reason?: string;
  by: string;
  /** A config hook's yes, which answers what a decision would ask. Never a plugin's. */
  allowedBy?: string;
  /** That hook's changed input, and rules for the rest of the session. */
  input?: JsonObject;
  remember?: readonly string[];
  /** What a config hook answers an MCP server. */
  answer?: ElicitAnswer;
  heard: Heard;
}

export interface Rewritten<P extends HookPoint> {
  /** The very object that was given when nothing changed it. */
  payload: HookPayloads[P];
  heard: Heard;
}

/** What is known of a config hook's tap: where it is written, and that its allow counts. */
export interface TapOrigin {
  source: string;
  event: PublicEvent;
  mayAllow: true;
  /** What its config says is done meanwhile, for whoever waits. */
  status?: string;
}

export interface TapEntry extends Partial<TapOrigin> {
  tap: AnyTap;
}

/** One tap as it will run; a list of them is in the order of points and, within one, of runs. */
export interface ListedTap {
  point: HookPoint;
  kind: HookKind;
  tap: string;
  stage: number;
  tools?: string[];
  /** `file:line` of a config hook. */
  source?: string;
}

interface HookOptions {
  /** Ends what runs: of judges, that is a deny. */
  signal?: AbortSignal;
}

export interface Hooks {
  /** PLUGIN_INVALID when the point does not have the tap's kind. */
  tap(owner: string, tap: AnyTap, origin?: TapOrigin): void;
  /** In place of all that the owner has tapped: what runs now is not disturbed, and nothing runs twice. PLUGIN_INVALID. */
  replace(owner: string, entries: readonly TapEntry[]): void;
  list(): ListedTap[];
  /** Never rejects; nor do the others. */
  observe<P extends HookPoint>(point: P, payload: HookPayloads[P], options?: HookOptions): Promise<Heard>;
  rewrite<P extends RewritePoint>(point: P, payload: HookPayloads[P], options?: HookOptions): Promise<Rewritten<P>>;
  judge<P extends HookPoint>(point: P, payload: HookPayloads[P], options?: HookOptions): Promise<Ruling>;
}

/** Of one run of a tap. */
export interface ContextRequest {
  owner: string;
  payload: HookPayloads[HookPoint];
  signal: AbortSignal;
  options: JsonObject;
}

export interface HooksOptions {
  onFired(fired: HookFired): void;
  /** The config's section of the owner's own name: `ctx.options` of its taps. */
  settings?(owner: string): JsonObject;
  /** What a tap may use of the world. Absent: nothing. */
  context?(about: ContextRequest): TapContext;
  /** Takes secrets out of what taps say. */
  redact?(text: string): string;
  /** A config hook has run for a second, and somebody waits for it. */
  onWait?(hook: { event: PublicEvent; source: string; status?: string }): void;
}

type Series = tapable.AsyncSeriesHook<[TapRun]>;
type Waterfall = tapable.AsyncSeriesWaterfallHook<[unknown, TapRun]>;

/** Shared by all who ask where nobody listens: a bare run pays for no object of its own. */
const nothing: Heard = Object.freeze({ context: Object.freeze([]) });
const unjudged: Ruling = Object.freeze({ verdict: "allow", by: "", heard: nothing });

export function createHooks(options: HooksOptions): Hooks {
  let entries: LiveTap[] = [];
  let observers = new Map<HookPoint, Series>();
  let rewriters = new Map<HookPoint, Waterfall>();
  let judges = new Map<HookPoint, Waterfall>();

  function hang(entry: LiveTap): void {
    const { on: point, kind } = entry.tap;
    const facts = Object.assign(tapOptions(entry), { entry });
    if (kind === "observe") {
      const hook: Series = observers.get(point) ?? new tapable.AsyncSeriesHook(["run"], point);
      observers.set(point, hook);
      hook.tapPromise(facts, async (run) => void (await runTap(entry, undefined, run, options)));
      return;
    }
    const table = kind === "judge" ? judges : rewriters;
    const hook: Waterfall = table.get(point) ?? new tapable.AsyncSeriesWaterfallHook(["value", "run"], point);
    table.set(point, hook);
    hook.tapPromise(facts, (value, run) => runTap(entry, value, run, options));
  }

  function replace(owner: string, given: readonly TapEntry[]): void {
    const fresh = given.map((entry) => liveTap(owner, entry));
    const place = entries.findIndex((entry) => entry.owner === owner);
    const others = entries.filter((entry) => entry.owner !== owner);
    entries = others.toSpliced(place === -1 ? others.length : place, 0, ...fresh);
    observers = new Map();
    rewriters = new Map();
    judges = new Map();
    for (const entry of entries) hang(entry);
  }

  return {
    tap(owner, tap, origin) {
      const entry = liveTap(owner, { tap, ...origin });
      entries.push(entry);
      hang(entry);
    },
    replace,
    list: () =>
      (Object.keys(hookTable) as HookPoint[]).flatMap((point) =>
        [rewriters.get(point), judges.get(point), observers.get(point)].flatMap((hook) => listed(hook?.taps ?? [])),
      ),
    async observe(point, payload, { signal } = {}) {
      const hook = observers.get(point);
      if (hook === undefined) return nothing;
      const run = newRun(payload, signal);
      await hook.promise(run);
      return run.heard;
    },
    async rewrite(point, payload, { signal } = {}) {
      const hook = rewriters.get(point);
      if (hook === undefined) return { payload, heard: nothing };
      const run = newRun(payload, signal);
      return { payload: (await hook.promise(payload, run)) as typeof payload, heard: run.heard };
    },
    async judge(point, payload, { signal } = {}) {
      const hook = judges.get(point);
      if (hook === undefined) return unjudged;
      const run = newRun(payload, signal);
      const ruling = (await hook.promise(unjudged, run)) as Ruling;
      return run.heard === nothing ? ruling : { ...ruling, heard: run.heard };
    },
  };
}

function newRun(payload: TapRun["payload"], signal: AbortSignal | undefined): TapRun {
  return { payload, heard: nothing, signal };
}

function liveTap(owner: string, { tap, source, event, mayAllow, status }: TapEntry): LiveTap {
  const { on: point, kind } = tap;
  if (!hookTable[point]?.kinds.includes(kind)) {
    const offered = hookTable[point]?.kinds.join(" or ") ?? "no kind: there is no such point";
    throw new GantryError("PLUGIN_INVALID", `plugin ${owner} taps ${point} as ${kind}; the point takes ${offered}`);
  }
  return {
    owner,
    tap,
    name: `${owner}:${tap.name ?? point}`,
    mayAllow: mayAllow ?? false,
    status,
    origin: { ...(source === undefined ? {} : { source }), ...(event === undefined ? {} : { event }) },
  };
}

/** `before` names taps of the same owner by their own names, of another as `owner:name`. */
function tapOptions({ owner, name, tap: { stage, before } }: LiveTap): tapable.Tap {
  const whole = before?.map((other) => (other.includes(":") ? other : `${owner}:${other}`));
  // The types say one name; the library takes a list.
  return Object.assign({ name, stage: stage ?? 0 }, whole ? { before: whole as string & string[] } : {});
}

/** The library keeps its taps in the order in which it runs them, and what else was handed over with each. */
function listed(taps: readonly tapable.FullTap[]): ListedTap[] {
  return (taps as readonly (tapable.FullTap & { entry: LiveTap })[]).map(({ entry: { tap, name, origin } }) => ({
    point: tap.on,
    kind: tap.kind,
    tap: name,
    stage: tap.stage ?? 0,
    ...(tap.tools === undefined ? {} : { tools: tap.tools }),
    ...(origin.source === undefined ? {} : { source: origin.source }),
  }));
}
