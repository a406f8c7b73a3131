/** Which surface items follow from a scenario's file, and what no scenario touches. */
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Inventory, InventoryItem } from "../../core/contract/inventory.ts";
import { coverageOf } from "../../plugins/parity/scenario/cover.ts";
import { coverageText } from "../../plugins/parity/scenario/cover-text.ts";
import { type Scenario, scenarioSchema } from "../../plugins/parity/scenario/format.ts";
import { itemsOf } from "../../plugins/parity/scenario/items.ts";

const items = (source: string, ...names: (string | Partial<InventoryItem>)[]): InventoryItem[] =>
  names.map((given) => (typeof given === "string" ? { name: given, source } : { name: "", source, ...given }));

const inventory: Inventory = {
  format: "gantry-inventory/1",
  system: { name: "gantry", version: "1" },
  parts: {
    tools: items("plugin files", "Read", "Write"),
    commands: items("plugin sessions", "run", "sessions", "sessions list"),
    flags: items(
      "shell",
      { name: "--permission-mode", facts: { type: "string" } },
      { name: "--cwd", facts: { type: "string", char: "C" } },
      { name: "--all", facts: { type: "boolean" } },
    ),
    "permission-modes": items("modes", { name: "plan", facts: { alias: ["read-only"] } }, "default"),
    "hook-events": items(
      "events",
      { name: "PreToolUse", facts: { points: ["tool.call", "tool.approve"] } },
      { name: "Setup", status: "declared-only" },
    ),
    "config-keys": items("schema", "permissions.deny", "mcpServers.<name>.command", "hooks"),
    "error-codes": items("errors", "APPROVAL_DENIED", "LIMIT_TURNS"),
    scenarios: items("file", "sample"),
  },
};

function scenarioOf(value: object): Scenario {
  const data = scenarioSchema.parse({ name: "sample", about: "x", category: "y", ...value });
  return { ...data, file: "sample.scenario.yaml", lineOf: () => 1 };
}

describe("the items of a scenario", () => {
  test("are commands, flags, modes, tools, codes, events, exits and typed slash commands of its steps", () => {
    const scenario = scenarioOf({
      steps: [
        {
          gantry: ["-C", "sub", "sessions", "list", "last", "--all", "--permission-mode=read-only"],
          stdin: "/help\nno /cost\n",
          model: [{ calls: [{ name: "Read" }, { name: "Reed" }] }, { say: "x" }],
          expect: {
            exit: 4,
            stderr: { contains: "LIMIT_TURNS: no" },
            json: { stopReason: "max_turns" },
            calls: [
              { tool: "Read", code: "APPROVAL_DENIED" },
              { tool: "Reed", code: "TOOL_UNKNOWN" },
            ],
            events: [{ type: "hook.fired", event: "PreToolUse", point: "tool.call" }],
            absent: [{ type: "limit" }],
          },
        },
      ],
    });
    expect(itemsOf(scenario, inventory)).toEqual(
      [
        ...[
          "commands/sessions list",
          "plugins/sessions",
          "plugins/files",
          "flags/--cwd",
          "flags/--all",
          "flags/--permission-mode",
        ],
        ...["permission-modes/plan", "tools/Read", "slash-commands//help", "exit-codes/4", "stop-reasons/max_turns"],
        ...["error-codes/LIMIT_TURNS", "error-codes/APPROVAL_DENIED", "error-codes/TOOL_UNKNOWN", "session-events/hook.fired"],
        ...["hook-events/PreToolUse", "hook-points/tool.call", "hook-points/tool.approve", "providers/anthropic"],
      ].sort(),
    );
  });

  test("are config keys, hook events and grants; the names of a line that is to be refused are its mistake", () => {
    const scenario = scenarioOf({
      config: { permissions: { deny: ["Read"] }, mcpServers: { docs: { command: "x" } } },
      project: { hooks: { PreToolUse: [] }, model: "scripted/x.json" },
      files: { "p/index.ts": "" },
      plugins: [{ folder: "p", grants: ["fs.read=./**"] }],
      steps: [{ gantry: ["rnu", "--alll"], env: { GANTRY_LIMITS__MAX_TURNS: "3" }, expect: { exit: 2 } }],
    });
    const found = itemsOf(scenario, inventory);
    expect(found.filter((item) => !item.startsWith("hook-points"))).toEqual([
      ...["commands/plugins", "config-keys/hooks", "config-keys/limits.maxTurns", "config-keys/mcpServers.<name>.command"],
      ...["config-keys/model", "config-keys/permissions.deny", "exit-codes/2", "flags/--grant", "hook-events/PreToolUse"],
      ...["permission-kinds/fs.read", "providers/scripted"],
    ]);
  });
});

test("a call of a server's tool touches who offers it", () => {
  const steps = [{ gantry: ["run", "go"], model: [{ call: { name: "mcp__a__b" } }, { say: "x" }] }];
  const withServers = { ...inventory, parts: { ...inventory.parts, plugins: [{ name: "mcp", source: "built-in" }] } };
  expect(itemsOf(scenarioOf({ steps }), withServers)).toContain("plugins/mcp");
  expect(itemsOf(scenarioOf({ steps }), inventory)).not.toContain("plugins/mcp");
});

test("coverage counts what scenarios touch part by part, and names what they name and the inventory lacks", async () => {
  const step = { gantry: ["run", "go"], model: [{ call: { name: "Read" } }, { say: "x" }] };
  const played = scenarioOf({ steps: [step], covers: ["tools/Raed"] });
  const needing = scenarioOf({
    name: "needing",
    needs: ["tools/Teleport", "tools/Read"],
    steps: [{ ...step, gantry: ["sessions", "list"] }],
  });
  const coverage = coverageOf([played, needing], inventory);
  expect(coverage.parts.find(({ part }) => part === "tools")).toEqual({
    part: "tools",
    items: 2,
    touched: 1,
    untouched: ["Write"],
  });
  expect(coverage.missing).toEqual([{ scenario: "needing", needs: ["tools/Teleport"] }]);
  expect(coverage.lacking.map(({ item }) => item)).toEqual([
    "exit-codes/0",
    "plugins/files",
    "plugins/sessions",
    "providers/anthropic",
    "tools/Raed",
  ]);
  await expect(coverageText(coverage)).toMatchFileSnapshot(path.join(import.meta.dirname, "golden/coverage.txt"));
});
