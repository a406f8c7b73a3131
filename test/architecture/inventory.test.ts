/** docs/inventory.json has each row of each table of the code, and nothing that no table has. */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorTable } from "gantry/errors";
import { eventTypes } from "gantry/events";
import { describe, expect, test } from "vitest";
import { configKeys } from "../../config/schema.ts";
import { exitTable } from "../../core/contract/exit-codes.ts";
import { hookTable } from "../../core/contract/hooks.ts";
import { type Inventory, type InventoryPart, inventoryParts } from "../../core/contract/inventory.ts";
import type { PluginManifest } from "../../core/contract/manifest.ts";
import { modes } from "../../core/contract/modes.ts";
import { permissionTable } from "../../core/contract/permissions.ts";
import { publicEventTable } from "../../core/contract/public-events.ts";
import { stopReasonTable } from "../../core/contract/stop-reasons.ts";
import { inventoryChanges } from "../../scripts/docs/inventory.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string): Promise<string> => readFile(join(root, file), "utf8");
const { parts } = JSON.parse(await read("docs/inventory.json")) as Inventory;
const manifests = JSON.parse(await read("dist/manifests.json")) as PluginManifest[];
const contributed = manifests.map(({ contributes }) => contributes);

/** Offered by the mcp plugin where a server is configured; in no manifest. */
const toolsOfServers = ["ListMcpResources", "ReadMcpResource", "SubscribeMcpResource", "ToolSearch"];

const rows: Readonly<Record<InventoryPart, readonly string[]>> = {
  tools: [...contributed.flatMap(({ tools }) => tools.map(({ name }) => name)), ...toolsOfServers],
  commands: [...(await headings("docs/commands.md")), "(line session)"],
  flags: [
    ...new Set([...(await read("docs/commands.md")).matchAll(/^\| `(--[\w-]+)/gm)].map(([, name = ""]) => name)),
    "--fork",
  ],
  "slash-commands": namesIn(await read("core/shell/slash.ts")).map((name) => `/${name}`),
  "hook-points": Object.keys(hookTable),
  "hook-events": Object.keys(publicEventTable),
  "permission-modes": modes,
  "permission-kinds": Object.keys(permissionTable),
  "error-codes": Object.keys(errorTable),
  "exit-codes": Object.keys(exitTable),
  "stop-reasons": Object.keys(stopReasonTable),
  "session-events": eventTypes,
  "config-keys": configKeys().map(({ key }) => key),
  providers: contributed.flatMap(({ providers }) => providers),
  plugins: manifests.map(({ name }) => name),
  scenarios: await scenarioNames(),
};

describe.each(inventoryParts)("the part %s", (part) => {
  test("has each row and no other, in the order of code units, each with its source", () => {
    const items = parts[part] ?? [];
    expect(items.map(({ name }) => name)).toEqual(rows[part].toSorted());
    expect(items.filter(({ source }) => source === "")).toEqual([]);
  });
});

test("the parts are those of the contract, in its order", () => {
  expect(Object.keys(parts)).toEqual(inventoryParts);
});

/** A new table must say which part it is, or that it is none. */
const ofSurface = [
  "config/schema.ts",
  "core/contract/errors.ts",
  "core/contract/events.ts",
  "core/contract/exit-codes.ts",
  "core/contract/hooks.ts",
  "core/contract/modes.ts",
  "core/contract/permissions.ts",
  "core/contract/public-events.ts",
  "core/contract/stop-reasons.ts",
  "core/shell/commands.ts",
  "core/shell/slash.ts",
];

test("no table of the contract, the shell or the config is left out", async () => {
  const found: string[] = [];
  for await (const file of glob("{config,core/contract,core/shell}/*.ts", { cwd: root })) {
    if (/^(?:\/\*\*| \*) THE .*\b(?:table|list|union|shape)\b/m.test(await read(file))) found.push(file);
  }
  expect(found.sort()).toEqual(ofSurface);
});

test("a change of the surface is told item by item, as npm run check does", () => {
  const before = { parts: structuredClone(parts) };
  const after = { parts: structuredClone(parts) };
  const read = after.parts["tools"]?.find(({ name }) => name === "Read");
  Object.assign(read?.facts ?? {}, { effect: "writes" });
  after.parts["commands"]?.shift();
  const list = after.parts["commands"]?.find(({ name }) => name === "sessions list");
  const flags = list?.facts?.["flags"];
  if (Array.isArray(flags)) flags.unshift({ name: "aged", type: "boolean" });
  after.parts["flags"]?.push({ name: "--new", source: "shell" });
  expect(inventoryChanges(JSON.stringify(before), JSON.stringify(after))).toEqual([
    "- commands/(line session)",
    "~ commands/sessions list: facts.flags.aged is new",
    "+ flags/--new",
    '~ tools/Read: facts.effect "reads" → "writes"',
  ]);
});

/** The names of commands, without their arguments. */
async function headings(page: string): Promise<string[]> {
  const lines = [...(await read(page)).matchAll(/^## `gantry ([^`]*)`$/gm)];
  return lines.map(([, usage = ""]) => usage.replace(/ (?:\[?[A-Z]).*$/, ""));
}

function namesIn(text: string): string[] {
  const table = text.slice(text.indexOf("export const slashCommands"), text.indexOf("\n];"));
  return [...table.matchAll(/\bname: "([^"]+)"/g)].map(([, name = ""]) => name);
}

async function scenarioNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const file of glob("plugins/parity/data/scenarios/**/*.scenario.yaml", { cwd: root }))
    names.push(/([^/\\]+)\.scenario\.yaml$/.exec(file)?.[1] ?? file);
  return names;
}
