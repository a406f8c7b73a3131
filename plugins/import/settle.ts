/**
 * Findings against Gantry's own config: what it holds already, what it refuses, what of its own stays. What a reader offered
 * becomes what would really be written, and nothing of it is written here.
 */
import type { Host } from "gantry/plugin";
import type { ConfigChange, Finding, Layer } from "./findings.ts";
import { inScopeOnly, isInScope, type Scope } from "./scope.ts";
import { shownText } from "./shown.ts";

type ConfigHost = Host["config"];
type Tried = Awaited<ReturnType<ConfigHost["tryChange"]>>;
type Fate = Tried["fates"][number];

export interface LayerPlan {
  layer: Layer;
  /** Gantry's file of the layer. */
  file: string;
  /** Where a link in its place leads. */
  linkedTo?: string;
  exists: boolean;
  /** What is new in it; one element each. */
  changes: ConfigChange[];
}

export interface Settled {
  findings: Finding[];
  /** Of the layers that something was found for, lowest first. */
  plans: LayerPlan[];
}

export const layers = ["user", "project", "local"] as const;

/** Of all layers, whatever is written: with a scope only its findings come back. */
export async function settle(found: readonly Finding[], config: ConfigHost, scope?: Scope): Promise<Settled> {
  const findings = [...withoutHidden(found)];
  const files: Omit<LayerPlan, "changes">[] = [];
  for (const layer of layers) {
    const places = findings.flatMap((each, at) => (each.layer === layer && each.becomes !== undefined ? [at] : []));
    const own = places.flatMap((at) => findings[at] ?? []);
    if (own.length === 0) continue;
    const first = await tryAll(own, config, layer);
    const next = own.map((finding, at) => afterFirst(finding, first.fates[at] ?? []));
    // What takes the place of something refused may be there already, or be refused in its turn.
    const second = await tryAll(next, config, layer);
    for (const [at, finding] of next.entries()) {
      findings[places[at] ?? -1] = weakerSaid(afterSecond(finding, second.fates[at] ?? []));
    }
    const { file, exists, linkedTo } = first;
    files.push({ layer, file, exists, ...(linkedTo === undefined ? {} : { linkedTo }) });
  }
  const kept = scope === undefined ? findings : inScopeOnly(findings, scope);
  const plans = files
    .filter(({ layer }) => isInScope(layer, scope))
    .map((place) => ({
      ...place,
      changes: distinct(kept.filter(({ layer }) => layer === place.layer).flatMap(written)),
    }));
  return { findings: kept, plans };
}

/** A deny of which only a question is left. */
function weakerSaid(finding: Finding): Finding {
  const { what, becomes = [] } = finding;
  const isDeny = /^deny |\bforbidden\b|"(?:deny|none)"/.test(what);
  const isAsk = becomes.length > 0 && becomes.every(({ key }) => key === "permissions.ask");
  return isDeny && isAsk ? { ...finding, result: "weaker" } : finding;
}

/** A value that another file of the same layer sets again counts there alone. */
function* withoutHidden(found: readonly Finding[]): Generator<Finding> {
  const setter = new Map<string, Finding>();
  const keyOf = ({ layer, becomes = [] }: Finding): string | undefined =>
    becomes.length === 1 && becomes[0]?.how === "set" ? `${layer} ${becomes[0].key}` : undefined;
  for (const finding of found) setter.set(keyOf(finding) ?? "", finding);
  for (const finding of found) {
    const key = keyOf(finding);
    const last = key === undefined ? finding : (setter.get(key) ?? finding);
    if (last === finding) yield finding;
    else yield { ...without(finding), result: "not-mapped", why: `${last.source} sets it again, and the later one counts.` };
  }
}

interface AllTried extends Omit<Tried, "fates"> {
  /** For each finding those of its changes, element by element. */
  fates: Fate[][];
}

async function tryAll(findings: readonly Finding[], config: ConfigHost, layer: Layer): Promise<AllTried> {
  const each = findings.map(({ becomes = [] }) => becomes.flatMap(elements));
  const tried = await config.tryChange(each.flat(), layer);
  let start = 0;
  const fates = each.map(({ length }) => {
    start += length;
    return tried.fates.slice(start - length, start);
  });
  return { ...tried, fates };
}

/** A change of one element for each of its elements. */
function elements(change: ConfigChange): ConfigChange[] {
  if (change.how === "set" || !Array.isArray(change.value)) return [change];
  return change.value.map((value) => ({ ...change, value: [value] }));
}

const cannotWork = / cannot work: /;

/** A hook that would never run is none. */
function isRefused({ state, problems }: Fate): boolean {
  return state === "refused" || problems.some(({ code, message }) => code === "HOOK_INVALID" && cannotWork.test(message));
}

function afterFirst(finding: Finding, fates: readonly Fate[]): Finding {
  const refused = fates.find(isRefused);
  if (refused !== undefined) return inPlaceOf(finding, refused);
  const sleeping = fates.flatMap(({ problems }) => problems).find(({ message }) => / not in this build/.test(message));
  if (sleeping === undefined) return finding;
  const reason = reasonOf(sleeping.message);
  // A yes to something that is not there says nothing; a no is kept for the day that it comes.
  const isYes = finding.becomes?.every(({ key }) => key === "permissions.allow") === true;
  if (isYes) return { ...without(finding), result: "not-in-this-build", why: shownWhy(reason) };
  return { ...finding, result: "not-in-this-build", why: `${reason}; it is written, and counts when it is there.` };
}

function inPlaceOf(finding: Finding, { problems }: Fate): Finding {
  const reason = problems.map(({ message }) => reasonOf(message)).join("; ");
  const { otherwise } = finding;
  if (otherwise !== undefined) {
    const { otherwise: _, ...rest } = finding;
    return { ...rest, result: "stricter", becomes: otherwise, why: shownWhy(reason) };
  }
  return { ...without(finding), result: "not-mapped", why: shownWhy(reason) };
}

function afterSecond(finding: Finding, fates: readonly Fate[]): Finding {
  const { becomes } = finding;
  if (becomes === undefined) return finding;
  const refused = fates.filter(isRefused);
  const isYes = finding.kind === "permission" && finding.what.startsWith("allow ");
  if (refused.length > 0) {
    const kept = becomes.flatMap(elements).filter((_, at) => !refused.includes(fates[at] as Fate));
    if (kept.length > 0) return { ...finding, becomes: kept };
    const why = isYes ? `${finding.why ?? ""} It is left out.`.trimStart() : finding.why;
    return { ...without(finding), result: isYes ? "stricter" : "not-mapped", ...(why === undefined ? {} : { why }) };
  }
  const taken = fates.find(({ state }) => state === "taken");
  if (taken !== undefined) {
    return { ...without(finding), result: "not-mapped", why: `${taken.place} sets it otherwise, and stays as it is.` };
  }
  if (fates.length === 0 || !fates.every(({ state }) => state === "held")) return finding;
  const [first] = fates;
  const note = finding.result === "stricter" && finding.why !== undefined ? ` ${finding.why}` : "";
  return { ...without(finding), result: "already-there", why: `${first?.place} says it.${note}` };
}

function without({ becomes: _, otherwise: __, ...finding }: Finding): Finding {
  return finding;
}

/** Without the place, which is of a file that nobody wrote, and without what is said again in the table. */
function reasonOf(message: string): string {
  const [, reason] = /(?: is wrong: | has nothing to rule: | cannot work: |^MCP server [^:]*: )([\s\S]*)$/.exec(message) ?? [];
  const [first = ""] = (reason ?? message).split("\n");
  return first.replace(/[.?]$/, (end) => (end === "?" ? end : ""));
}

function shownWhy(text: string): string {
  const line = shownText(text);
  return /[.…?]$/.test(line) ? line : `${line}.`;
}

function written({ becomes = [] }: Finding): ConfigChange[] {
  return becomes.flatMap(elements);
}

function distinct(changes: readonly ConfigChange[]): ConfigChange[] {
  return [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()];
}
