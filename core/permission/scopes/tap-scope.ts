/**
 * Scopes of hook.tap: a point of the hook table; at a point of single calls also its tools, as `tool.approve:Bash,Write` or
 * `tool.approve:*`. A judge of calls must name them.
 */
import { type HookPoint, hookPoints, hookTable } from "../../contract/hooks.ts";
import { didYouMean } from "../../contract/nearest.ts";

export interface TapScope {
  on: HookPoint;
  /** Undefined: of no tool in particular, which at a point of calls is all of them. */
  tools: readonly string[] | undefined;
}

/** A plugin cannot be asked whether plugins are loaded. */
const kept: readonly HookPoint[] = ["plugin.load"];

/** Points that a community plugin may be granted. */
export const tappablePoints: readonly HookPoint[] = hookPoints.filter((point) => !kept.includes(point));

/** tool.batch is of many calls at once. */
const ofCalls = (point: HookPoint): boolean => point.startsWith("tool.") && point !== "tool.batch";

const judgesCalls = (point: HookPoint): boolean =>
  ofCalls(point) && (hookTable[point].kinds as readonly string[]).includes("judge");

const mostTools = 64;

/** The scope, or what is wrong with it. */
export function parseTapScope(scope: string): TapScope | string {
  const colon = scope.indexOf(":");
  const name = colon === -1 ? scope : scope.slice(0, colon);
  const on = hookPoints.find((point) => point === name);
  if (on === undefined) return `names no point of the hook table.${didYouMean(name, tappablePoints)}`;
  if (kept.includes(on)) return "is decided before any plugin runs; no plugin can take part in it";
  if (colon === -1)
    return judgesCalls(on) ? `names its tools; write "${on}:Bash,Write", or "${on}:*" for all` : { on, tools: undefined };
  if (!ofCalls(on)) return `has no tools; write ${JSON.stringify(on)}`;
  const tools = scope.slice(colon + 1).split(",");
  if (tools.length === 1 && tools[0] === "*") return { on, tools: undefined };
  if (tools.length > mostTools) return `names ${tools.length} tools; at most ${mostTools}, or * for all`;
  const wrong = tools.find((tool) => !/^[A-Za-z_][A-Za-z0-9_-]{0,127}$/.test(tool));
  if (wrong !== undefined) return `has ${JSON.stringify(wrong)} in place of a tool's name, as in "${on}:Bash,Write"`;
  return { on, tools: [...new Set(tools)] };
}

export function printTapScope({ on, tools }: TapScope): string {
  if (tools === undefined) return judgesCalls(on) ? `${on}:*` : on;
  return `${on}:${tools.join(",")}`;
}

/** Whether scopes let a tap be at this point, for all of its tools; a tap without tools is for all. */
export function coversTap(scopes: readonly string[], tap: { on: HookPoint; tools?: readonly string[] }): boolean {
  return tapsBeyond([{ on: tap.on, tools: tap.tools }], scopes).length === 0;
}

/** What of `asked` the scopes do not cover. Scopes add up: Bash in one and Write in another cover both. */
export function tapsBeyond(asked: readonly TapScope[], scopes: readonly string[]): TapScope[] {
  const held = scopes.map(parseTapScope).filter((scope) => typeof scope !== "string");
  return asked.flatMap(({ on, tools }): TapScope[] => {
    const here = held.filter((scope) => scope.on === on);
    if (here.some((scope) => scope.tools === undefined)) return [];
    if (tools === undefined) return [{ on, tools }];
    const rest = tools.filter((tool) => !here.some((scope) => scope.tools?.includes(tool)));
    return rest.length === 0 && here.length > 0 ? [] : [{ on, tools: rest }];
  });
}

/** What both cover. */
export function tapsWithin(asked: readonly TapScope[], scopes: readonly string[]): TapScope[] {
  const held = scopes.map(parseTapScope).filter((scope) => typeof scope !== "string");
  return asked.flatMap(({ on, tools }): TapScope[] => {
    const here = held.filter((scope) => scope.on === on);
    if (here.length === 0) return [];
    if (here.some((scope) => scope.tools === undefined)) return [{ on, tools }];
    const known = [...new Set(here.flatMap((scope) => scope.tools ?? []))];
    const both = tools === undefined ? known : tools.filter((tool) => known.includes(tool));
    return both.length === 0 ? [] : [{ on, tools: both }];
  });
}
