/**
 * A tool that is broken on purpose fails the scenarios that name it and no others. Over 5 s: scenarios are played against four
 * broken products, one of them with all tools broken at once, so that each scenario proves that it looks at results.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Inventory } from "../../core/contract/inventory.ts";
import { bench } from "../support/cli.ts";
import { type BrokenBuild, copyToBreak, type Played, playScenarios } from "./play-scenarios.ts";

const timeout = 300_000;

let build: BrokenBuild;
beforeAll(async () => {
  build = await copyToBreak();
});
afterAll(async () => await build.remove());

const namesOf = (played: readonly Played[]): string[] => played.map(({ name }) => name);
const naming = (played: readonly Played[], broken: readonly string[]): Played[] =>
  played.filter(({ items }) => broken.some((tool) => items.includes(`tools/${tool}`)));

/** Without those of MCP servers: they run in the core. */
async function threadTools(): Promise<string[]> {
  const { gantry } = await bench([]);
  const { data } = JSON.parse((await gantry(["tools", "list", "--json"])).stdout) as { data: { name: string }[] };
  return data.map(({ name }) => name);
}

/** Of the shipped scenarios, those that name one of the tools. That the others pass is shown below, one break at a time. */
async function scenariosNaming(tools: readonly string[]): Promise<string[]> {
  const { gantry } = await bench([]);
  const { data } = JSON.parse((await gantry(["parity", "manifest", "--json"])).stdout) as { data: Inventory };
  const names = new Set(tools.map((tool) => `tools/${tool}`));
  const covering = (data.parts["scenarios"] ?? []).filter(({ facts }) => {
    const covers = facts?.["covers"];
    return Array.isArray(covers) && covers.some((item) => names.has(String(item)));
  });
  return covering.map(({ name }) => name);
}

test("with every tool broken each scenario that names one fails, and every tool is named", { timeout }, async () => {
  const tools = await threadTools();
  const [named] = await Promise.all([scenariosNaming(tools), build.breaks(tools)]);
  expect(named.length).toBeGreaterThan(40);
  const played = await playScenarios(named, build);
  expect(played.filter(({ verdict }) => verdict !== "FAIL")).toEqual([]);
  expect(namesOf(naming(played, tools))).toEqual(named);
  expect(tools.filter((tool) => naming(played, [tool]).length === 0)).toEqual([]);
});

/** Beginnings of names: these are quick, and name all three. */
const some = [
  "bash_",
  "edit_",
  "fault_",
  "glob_",
  "grep_",
  "mode_",
  "multi_",
  "parallel_",
  "read_",
  "rule_",
  "todo_",
  "write_",
];

test.each([
  { tools: ["Read"], how: "wrongly" },
  { tools: ["Bash"], how: undefined },
  { tools: ["Edit", "Write", "Glob", "Grep", "TodoWrite"], how: "wrongly" },
] as const)("with $tools broken only scenarios that name one fail, and all of them", { timeout }, async ({ tools, how }) => {
  await build.breaks(tools, how);
  const played = await playScenarios(some, build);
  const failed = played.filter(({ verdict }) => verdict !== "PASS");
  expect(namesOf(failed)).toEqual(namesOf(naming(played, tools)));
  expect(failed.length).toBeGreaterThan(3);
  expect(failed.length).toBeLessThan(played.length);
});
