/**
 * A project's server never takes the place of one of the user's own: allow rules and remembered answers of the user for
 * `mcp__docs` would then hold for the project's program. The user's stays, the project's is left out and told.
 */
import type { ConfigProblem } from "../core/contract/host.ts";
import { mcpPrefix, mcpWord } from "../core/contract/mcp-names.ts";
import { placeIn } from "../core/contract/place.ts";
import { printable } from "../core/contract/printable.ts";
import type { Entry } from "./fragment.ts";
import { isWhole } from "./mcp-whole.ts";
import { isServer, mcpKey } from "./server-layers.ts";

/** The entries without those. Layers above the project's win by their rank anyway; of another spelling of a name they do here. */
export function withoutShadows(entries: readonly Entry[], problems: ConfigProblem[]): Entry[] {
  const servers = entries.filter((entry) => isServer(entry) && isWhole(entry.value));
  const own = servers.filter(({ from }) => from.layer !== "project");
  const left = new Set<Entry>();
  for (const entry of servers.filter(({ from }) => from.layer === "project")) {
    const other = own.find((each) => takesPlaceOf(entry, each));
    if (other === undefined) continue;
    left.add(entry);
    problems.push(shadowProblem(entry, other));
  }
  return entries.filter((entry) => !left.has(entry));
}

function takesPlaceOf(entry: Entry, other: Entry): boolean {
  const [name, its] = [nameOf(entry), nameOf(other)];
  if (name === its) return other.from.layer === "user";
  return areOneInTools(name, its);
}

/** Whether names of their tools begin alike, as rules write them or cut for models. */
export function areOneInTools(name: string, other: string): boolean {
  return mcpWord(name) === mcpWord(other) || mcpPrefix(name) === mcpPrefix(other);
}

const nameOf = ({ key }: Entry): string => key.slice(mcpKey.length);

function shadowProblem(entry: Entry, other: Entry): ConfigProblem {
  const [name, its] = [nameOf(entry), nameOf(other)].map(printable);
  return {
    code: "CONFIG_INVALID",
    severity: "warning",
    message: `MCP server ${name}: it would stand in place of yours, ${its} (${other.from.source}), and rules and answers for ${mcpPrefix(nameOf(other))}… would hold for the project's program; it is left out`,
    ...placeIn(entry.from.source),
    key: entry.key,
    hint: "Give one of them another name; to use the project's under this one, write it into your local layer: gantry mcp add NAME … --scope local.",
  };
}
