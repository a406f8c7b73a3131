/**
 * Names in expectations that nothing can ever meet: an event that no log holds, a tool that this build does not offer. An
 * expectation that something is absent would hold for each of them, whatever the product did.
 */
import { eventTypes } from "gantry/events";
import type { Inventory } from "../../../core/contract/inventory.ts";
import { didYouMean, nearest } from "../../../core/contract/nearest.ts";
import type { Place, Scenario } from "./format.ts";
import { itemNameOf } from "./item-name.ts";

/** What is wrong with it as a type of an event. */
export function eventTypeProblem(type: string): string | undefined {
  if ((eventTypes as readonly string[]).includes(type)) return undefined;
  return `no event has the type ${JSON.stringify(type)}.${didYouMean(type, eventTypes)}`;
}

/**
 * None where the scenario needs what is not there, or brings tools that only a play can tell. Calls that are expected to be
 * of an unknown tool name it as they like.
 */
export function unknownTools(scenario: Scenario, inventory: Inventory): { place: Place; message: string }[] {
  const names = namesIn(inventory, "tools");
  if (names.length === 0 || bringsTools(scenario) || missingNeeds(scenario, inventory).length > 0) return [];
  return toolsNamed(scenario).flatMap(({ place, name }) =>
    names.includes(name)
      ? []
      : [{ place, message: `this build has no tool ${JSON.stringify(name)}.${didYouMean(name, names)}` }],
  );
}

function toolsNamed({ steps }: Scenario): { place: Place; name: string }[] {
  return steps.flatMap(({ expect = {} }, step) => {
    const place: Place = ["steps", step, "expect"];
    const requests = (expect.requests ?? []).flatMap(({ tools = {} }, index) =>
      (["has", "lacks"] as const).flatMap((key) =>
        (tools[key] ?? []).map((name, at) => ({ place: [...place, "requests", index, "tools", key, at], name })),
      ),
    );
    const calls = (expect.calls ?? []).flatMap(({ tool, code }, index) =>
      code === "TOOL_UNKNOWN" ? [] : [{ place: [...place, "calls", index, "tool"], name: tool }],
    );
    return [...requests, ...calls];
  });
}

/** Its own plugins, or servers: by a config, a file that it lays out, or a line that adds them. */
function bringsTools({ plugins = [], config, project, files, home, steps }: Scenario): boolean {
  const laidOut = JSON.stringify([config, project, files, home]) ?? "";
  const adds = steps.some(({ gantry }) =>
    /--(?:plugin|mcp-config)\b|^(?:plugins (?:install|link)|mcp add)\b/.test(gantry.join(" ")),
  );
  return plugins.length > 0 || adds || /"mcpServers"|\\"mcpServers\\"|mcp_servers/.test(laidOut);
}

/** Items of `needs` that are not in this build. */
export function missingNeeds({ needs = [] }: Pick<Scenario, "needs">, inventory: Inventory): string[] {
  return needs.filter((item) => {
    const { part, name } = itemNameOf(item);
    return !namesIn(inventory, part).includes(name);
  });
}

/** Keyed by the missing item: the one of this build that may have been meant. */
export function meantItems(missing: readonly string[], inventory: Inventory): Record<string, string> {
  const near = missing.flatMap((item) => {
    const { part, name } = itemNameOf(item);
    const found = nearest(name, namesIn(inventory, part));
    return found === undefined ? [] : [[item, `${part}/${found}`] as const];
  });
  return Object.fromEntries(near);
}

const namesIn = ({ parts }: Inventory, part: string): string[] =>
  (Object.hasOwn(parts, part) ? (parts[part] ?? []) : []).map(({ name }) => name);
