/**
 * Which items of an inventory a prompt speaks of. Words of the prompt are looked up in each item's name, summary and facts;
 * a word that few items have weighs more (ln(1 + items / items with it)). No model is asked: the same prompt and the same
 * inventory give the same answer.
 */
import type { Inventory, InventoryItem } from "../../../core/contract/inventory.ts";
import { relatedTo, splitWords, termsOf } from "./words.ts";

export interface RouteMatch {
  /** `part/name`. */
  item: string;
  part: string;
  name: string;
  summary: string;
  score: number;
  /** The prompt has the name as it is written. */
  exact: boolean;
  /** In the prompt's order. `as` is the word that the item has, where it is another than was said. */
  why: { word: string; where: Place; as?: string }[];
}

export interface Routed {
  /** Of the prompt, without stop words. */
  words: string[];
  /** Those that no item has. */
  unknown: string[];
  /** All that match, the best tool and the best command first; then by score, part and name. */
  matches: RouteMatch[];
}

type Place = "name" | "summary" | "facts";

const weights = { name: 5, head: 2, summary: 1.2, facts: 0.8 } as const;
/** Of a word that is met by another one. */
const relatedShare = 0.7;
const exactBonus = 100;

interface Indexed {
  part: string;
  item: InventoryItem;
  name: Map<string, string>;
  head: Map<string, string>;
  summary: Map<string, string>;
  facts: Map<string, string>;
}

export function routePrompt(prompt: string, inventory: Inventory): Routed {
  const terms = termsOf(prompt);
  const items = Object.entries(inventory.parts).flatMap(([part, each]) => each.map((item) => indexed(part, item)));
  const weightOf = rarity(items);
  const scored = items.flatMap((each, place) => {
    const match = matchOf(each, { prompt, terms, weightOf });
    return match === undefined ? [] : [{ match, place }];
  });
  // The inventory's own order, part by part and name by name, decides between equals.
  const matches = scored.sort((a, b) => b.match.score - a.match.score || a.place - b.place).map(({ match }) => match);
  const known = new Set(matches.flatMap(({ why }) => why.map(({ word }) => word)));
  return {
    words: [...terms.values()],
    unknown: [...terms.values()].filter((word) => !known.has(word)),
    matches: bestFirst(matches),
  };
}

/** What was named, then the best tool and the best command, the better one first, then all others. */
function bestFirst(matches: readonly RouteMatch[]): RouteMatch[] {
  const named = matches.filter(({ exact }) => exact);
  const others = matches.filter(({ exact }) => !exact);
  const heads = ["tools", "commands"].flatMap((part) => others.find((match) => match.part === part) ?? []);
  const first = others.filter((match) => heads.includes(match));
  return [...named, ...first, ...others.filter((match) => !heads.includes(match))];
}

function indexed(part: string, item: InventoryItem): Indexed {
  const { name, summary = "", facts = {} } = item;
  const [head = ""] = summary.split(/(?<=[.;:])\s/, 1);
  return {
    ...{ part, item },
    name: termsOf(name),
    head: termsOf(head),
    summary: termsOf(summary.slice(head.length)),
    facts: termsOf(factWords(facts).join(" ")),
  };
}

const mostFactWords = 4_000;

/** Keys and texts of the facts, whatever their shape. */
function factWords(facts: unknown, words: string[] = []): string[] {
  if (words.length >= mostFactWords) return words;
  if (typeof facts === "string") words.push(facts);
  else if (Array.isArray(facts)) for (const each of facts) factWords(each, words);
  else if (typeof facts === "object" && facts !== null)
    for (const [key, value] of Object.entries(facts)) {
      if (!schemaWords.has(key)) words.push(key);
      factWords(value, words);
    }
  return words;
}

/** Keys of JSON Schema and of item facts themselves: every item has them. */
const schemaWords = new Set(
  "type properties required additionalProperties items description enum default minimum maximum inputSchema args flags name summary".split(
    " ",
  ),
);

type WeightOf = (stem: string) => number;

function rarity(items: readonly Indexed[]): WeightOf {
  const holders = new Map<string, number>();
  for (const { name, head, summary, facts } of items)
    for (const stem of new Set([...name.keys(), ...head.keys(), ...summary.keys(), ...facts.keys()]))
      holders.set(stem, (holders.get(stem) ?? 0) + 1);
  return (stem) => Math.log(1 + items.length / Math.max(1, holders.get(stem) ?? 0));
}

interface Asked {
  prompt: string;
  terms: ReadonlyMap<string, string>;
  weightOf: WeightOf;
}

function matchOf(indexed: Indexed, { prompt, terms, weightOf }: Asked): RouteMatch | undefined {
  const { part, item } = indexed;
  const exact = isNamed(item.name, prompt);
  const share = nameShare(indexed, (stem) => terms.has(stem));
  let score = exact ? exactBonus : 0;
  const why: RouteMatch["why"] = [];
  for (const [stem, word] of terms) {
    const found = bestPlace(stem, indexed, { share, terms, weightOf });
    if (found === undefined) continue;
    score += found.points;
    const as = found.as === word ? {} : { as: found.as };
    why.push({ word, where: found.where, ...as });
  }
  if (score === 0) return undefined;
  const { name, summary = "" } = item;
  return { item: `${part}/${name}`, part, name, summary, score: Math.round(score * 10) / 10, exact, why };
}

/** How much of a name was said: the verb of a command says little without its noun. */
function nameShare({ name }: Indexed, isSaid: (stem: string) => boolean): number {
  return name.size === 0 ? 0 : ([...name.keys()].filter(isSaid).length / name.size) ** 2;
}

interface Found {
  points: number;
  where: Place;
  as: string;
}

interface Rated {
  share: number;
  terms: ReadonlyMap<string, string>;
  weightOf: WeightOf;
}

function bestPlace(stem: string, indexed: Indexed, { share, terms, weightOf }: Rated): Found | undefined {
  const direct = placesOf(stem, indexed, { share, weightOf });
  // What was said itself counts as that, and once.
  const others = relatedTo(stem).filter((other) => !terms.has(other));
  const related = others.flatMap((other) => {
    // Of what was not said a name gives no more than a summary does: it was not named.
    const named = (nameShare(indexed, (each) => each === other) * weights.head) / weights.name;
    const found = placesOf(other, indexed, { share: named, weightOf });
    return found === undefined ? [] : [{ ...found, points: found.points * relatedShare }];
  });
  return [...(direct === undefined ? [] : [direct]), ...related].sort((a, b) => b.points - a.points)[0];
}

function placesOf(
  stem: string,
  { name, head, summary, facts }: Indexed,
  { share, weightOf }: { share: number; weightOf: WeightOf },
): Found | undefined {
  const weight = weightOf(stem);
  const places: (Found | undefined)[] = [
    found(name, "name", weights.name * share),
    found(head, "summary", weights.head),
    found(summary, "summary", weights.summary),
    found(facts, "facts", weights.facts),
  ];
  function found(words: ReadonlyMap<string, string>, where: Place, each: number): Found | undefined {
    const as = words.get(stem);
    return as === undefined ? undefined : { points: weight * each, where, as };
  }
  return places.reduce((best, each) => (each !== undefined && each.points > (best?.points ?? 0) ? each : best), undefined);
}

/**
 * Whether the prompt has the name as it is written, as a word of its own. A single plain word, such as `run` or a `Read` that
 * begins a sentence, is a name only where it stands alone or in quotes.
 */
function isNamed(name: string, prompt: string): boolean {
  if (prompt.trim() === name) return true;
  const quoted = ['"', "'", "`"].some((quote) => prompt.includes(quote + name + quote));
  if (quoted) return true;
  const isPlain = /^\p{Ll}+$/u.test(name);
  if (isPlain) return false;
  const isCapitalised = /^\p{Lu}\p{Ll}+$/u.test(name) && splitWords(name).length === 1;
  for (let at = prompt.indexOf(name); at !== -1; at = prompt.indexOf(name, at + 1)) {
    const isOwn = !/[\p{L}\p{N}_-]/u.test(prompt[at - 1] ?? " ") && !/[\p{L}\p{N}_-]/u.test(prompt[at + name.length] ?? " ");
    const isBegin = /(?:^|[.!?:]\s*)$/.test(prompt.slice(0, at).trimEnd());
    if (isOwn && !(isCapitalised && isBegin)) return true;
  }
  return false;
}
