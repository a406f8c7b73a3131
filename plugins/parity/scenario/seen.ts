/** Which surface items a play has shown, beyond what its file says: `covers` is held to this. */

import type { ModelRequestSeen } from "gantry/testing";
import { resultsOf } from "./calls.ts";
import type { ChildEnd } from "./child.ts";
import type { Failure } from "./failure.ts";
import type { Scenario } from "./format.ts";
import { itemNameOf } from "./item-name.ts";
import type { LoggedEvent } from "./log-events.ts";

export interface PlayedStep {
  end: ChildEnd;
  events: readonly LoggedEvent[];
  requests: readonly ModelRequestSeen[];
}

/** Parts of which a mention in an output proves nothing. */
const mustHappen: readonly string[] = [
  "tools",
  "session-events",
  "exit-codes",
  "stop-reasons",
  "commands",
  "flags",
  "slash-commands",
];

/** `implied`: what follows from the file without its `covers`. */
export function checkCovers(
  scenario: Scenario,
  { implied, steps }: { implied: readonly string[]; steps: readonly PlayedStep[] },
): Failure[] {
  const seen = new Set([...implied, ...steps.flatMap(happenedIn)]);
  const text = steps.flatMap(textsOf).join("\n");
  return (scenario.covers ?? []).flatMap((item, index): Failure[] => {
    const { part, name } = itemNameOf(item);
    if (seen.has(item) || (!mustHappen.includes(part) && holdsWord(text, name))) return [];
    return [
      {
        place: ["covers", index],
        what: "what the scenario covers should be seen when it is played",
        wanted: item,
        found: "not seen",
      },
    ];
  });
}

function happenedIn({ end, events }: PlayedStep): string[] {
  return [
    ...(typeof end.exit === "number" ? [`exit-codes/${end.exit}`] : []),
    ...events.flatMap(itemsOfEvent),
    ...stopReasonOf(end),
  ];
}

function itemsOfEvent({ type, data }: LoggedEvent): string[] {
  const items = [`session-events/${type}`];
  const add = (part: string, value: unknown): void => {
    if (typeof value === "string") items.push(`${part}/${value}`);
  };
  add("error-codes", data["code"]);
  if (type === "tool.call") add("tools", data["name"]);
  if (type === "turn.end") add("stop-reasons", data["stop"]);
  if (type === "session.open") add("providers", String(data["model"]).split("/")[0]);
  if (type === "hook.fired") {
    add("hook-points", data["point"]);
    add("hook-events", data["event"]);
    add("plugins", /^([a-z][\w-]*):/.exec(String(data["tap"]))?.[1]);
  }
  if (type === "tool.approval") {
    const by = data["by"] as { kind?: unknown; name?: unknown } | undefined;
    if (by?.kind === "mode") add("permission-modes", by.name);
  }
  return items;
}

function stopReasonOf({ stdout }: ChildEnd): string[] {
  return [...stdout.matchAll(/"stopReason":"(\w+)"/g)].map((match) => `stop-reasons/${match[1]}`);
}

function textsOf({ end, requests }: PlayedStep): string[] {
  return [end.stdout, end.stderr, ...requests.flatMap((request) => resultsOf(request).map(({ text }) => text))];
}

function holdsWord(text: string, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])${escaped}(?![\\w-])`).test(text);
}
