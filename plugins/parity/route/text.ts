/** What a prompt matched, as lines for people. */
import { plainLine } from "../plain-text.ts";
import type { Routed, RouteMatch } from "./score.ts";

export function describeRoute(routed: Routed, total: number): string {
  const { words, unknown, matches } = routed;
  if (words.length === 0) return "The prompt has no word that could name something: nothing to look for.";
  if (matches.length === 0) return `Nothing of this build is called or described by: ${words.map(plainLine).join(", ")}.`;
  const more = total > matches.length ? [`${total - matches.length} more match; --limit shows them.`] : [];
  const none = unknown.length === 0 ? [] : [`In nothing: ${unknown.map(plainLine).join(", ")}.`];
  return [...routeLines(matches), ...[...none, ...more].map((line, place) => (place === 0 ? `\n${line}` : line))].join("\n");
}

/** `score  item  why`, in columns. */
export function routeLines(matches: readonly RouteMatch[]): string[] {
  const rows = matches.map((match) => [match.score.toFixed(1), plainLine(match.item), whyText(match)] as const);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map(([score, item, why]) => `${score.padStart(widths[0] ?? 0)}  ${item.padEnd(widths[1] ?? 0)}  ${why}`);
}

/** `named; name: hooks; summary: run, order (ordered)`. */
export function whyText({ exact, why }: RouteMatch): string {
  const places = (["name", "summary", "facts"] as const).flatMap((place) => {
    const words = why
      .filter(({ where }) => where === place)
      .map(({ word, as }) => (as === undefined ? word : `${word} (${as})`));
    return words.length === 0 ? [] : [`${place}: ${words.map(plainLine).join(", ")}`];
  });
  return [...(exact ? ["named"] : []), ...places].join("; ");
}
