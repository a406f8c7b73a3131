/** parity audit: against Claw Code, and against planted versions of this build, each change of which is found and named. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { Inventory, InventoryItem } from "../../core/contract/inventory.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { readAuditMap } from "../../plugins/parity/audit/map.ts";
import { type AuditReport, auditReport } from "../../plugins/parity/audit/report.ts";
import { readInventory } from "../../plugins/parity/inventory/format.ts";
import { bench } from "../support/cli.ts";

test("against Claw Code everything is explained", async () => {
  const { gantry } = await bench([]);
  const { stdout, stderr, exit } = await gantry(["parity", "audit", "--strict"]);
  expect([exit, stderr]).toEqual([0, ""]);
  // What only we have is no news of the comparison; the totals say how much it is.
  const [compared, onlyHere] = stdout.split("\n## Only here\n");
  await expect(compared).toMatchFileSnapshot("golden/audit-claw-code.md");
  expect(onlyHere).toContain("- tools: `BashOutput`, `KillShell`, `SubscribeMcpResource`\n");
});

test("every planted change of another version is found and named, and nothing else is; an excuse for what is not so is told", async () => {
  const { gantry, cwd } = await bench([]);
  const same = JSON.parse((await gantry(["parity", "manifest"])).stdout) as Inventory;
  await writeFile(path.join(cwd, "old.json"), JSON.stringify(planted(same)));
  const strict = await gantry(["parity", "audit", "--against", "old.json", "--strict", "--json"]);
  const { error } = JSON.parse(strict.stdout) as { error: { code: string; message: string; detail: AuditReport } };
  expect([strict.exit, error.code]).toEqual([1, "AUDIT_FAILED"]);
  const found = error.detail.items.filter(({ state }) => state !== "same");
  const told = found.map(({ item, state, differences = [] }) =>
    [item, state, ...differences.map(({ what }) => what)].join(", "),
  );
  expect(told.toSorted()).toEqual([
    "commands/sessions prune, missing",
    "commands/sessions verify, ours-only",
    "commands/trust status, different, summary, flag --deep",
    "error-codes/APPROVAL_DENIED, different, exit",
    "flags/--quiet, ours-only",
    "tools/Read, different, input file_path, input limit: minimum, input whole, input pages",
  ]);
  expect(error.detail.unexplained).toEqual(found.map(({ item }) => item));
  for (const { item } of found) expect(error.message).toContain(`${item} is not explained`);

  const excused = [...found.map(excuse), { item: "tools/Write", kind: "missing", reason: "It was to go." }];
  const map = { format: "gantry-audit-map/1", against: "gantry", same: [], excused };
  await writeFile(path.join(cwd, "map.json"), JSON.stringify(map));
  const stale = await gantry(["parity", "audit", "--against", "old.json", "--map", "map.json", "--strict"]);
  expect(stale.exit).toBe(1);
  const finding = "tools/Write is excused as missing, and is same";
  expect(stale.stderr).toContain(`AUDIT_FAILED: against gantry ${same.system.version}: ${finding}\n`);
  expect(stale.stdout).toContain(`## Findings\n\n- ${finding}\n`);
  expect(stale.stdout).toContain("- `tools/Read`\n  - input file_path is optional there, required here\n");
  expect(stale.stdout).toContain("- `commands/sessions verify`, `flags/--quiet`: Planted.\n");
});

const excuse = ({ item, state }: { item: string; state: string }) => ({ item, kind: state, reason: "Planted." });

/** As if an older version had said so: what is added there is gone here. */
function planted(inventory: Inventory): Inventory {
  const old = structuredClone(inventory);
  const itemOf = (part: string, name: string): InventoryItem & { facts: JsonObject } => {
    const item = old.parts[part]?.find((each) => each.name === name);
    if (!item?.facts) throw new Error(`there is no ${part}/${name}`);
    return item as InventoryItem & { facts: JsonObject };
  };
  const without = (part: string, name: string): void => {
    old.parts[part] = (old.parts[part] ?? []).filter((each) => each.name !== name);
  };
  const schema = itemOf("tools", "Read").facts["inputSchema"] as { properties: JsonObject; required: string[] };
  schema.properties["whole"] = { type: "boolean" };
  schema.properties["pages"] = { type: "string" };
  schema.required = [];
  schema.properties["limit"] = { ...(schema.properties["limit"] as JsonObject), minimum: 7 };
  const status = itemOf("commands", "trust status");
  status.summary = "Was said otherwise.";
  (status.facts["flags"] as JsonObject[]).push({ name: "deep", type: "boolean", summary: "Look twice." });
  itemOf("error-codes", "APPROVAL_DENIED").facts["exit"] = 9;
  old.parts["commands"]?.push({ name: "sessions prune", source: "plugin sessions", facts: { args: [], flags: [] } });
  without("commands", "sessions verify");
  without("flags", "--quiet");
  return old;
}

const other = [
  "format: gantry-inventory/1",
  "system: { name: other, version: '1' }",
  "parts: { tools: [ { name: cat, source: docs, facts: { inputSchema: { properties: { path: {} } } } } ] }",
].join("\n");

test("a map of names that nobody has is refused with their lines, every problem at once; what it says of items gone here is told", async () => {
  const { gantry, cwd } = await bench([], {
    "other.yaml": other,
    "map.yaml": [
      "format: gantry-audit-map/1",
      "against: elsewhere",
      "same:",
      "  - { theirs: tools/cta, ours: [tools/Read], reason: shows a file }",
      "  - { theirs: tools/cat, ours: [tools/Read], reason: shows a file, renamed: { pth: file_path } }",
      "  - { theirs: tools/cat, ours: [tools/Read], reason: shows a file }",
      "excused:",
      "  - { item: tools/Sleeep, kind: missing, reason: none }",
    ].join("\n"),
    "lost.yaml": [
      "format: gantry-audit-map/1",
      "against: other",
      "same:",
      "  - { theirs: tools/cat, ours: [tools/Raed], reason: shows a file, lacks: [colours] }",
      "excused: []",
    ].join("\n"),
  });
  const map = await gantry(["parity", "audit", "--against", "other.yaml", "--map", "map.yaml"]);
  expect(map.exit).toBe(2);
  for (const line of [
    'map.yaml:2: against: "elsewhere" is another system than the one it is used against, other',
    "map.yaml:4: same[0].theirs: tools/cta is no item of other. Did you mean tools/cat?",
    "map.yaml:5: same[1].renamed.pth: tools/cat has no property pth. Did you mean path?",
    "map.yaml:6: same[2].theirs: tools/cat is mapped twice",
    "map.yaml:8: excused[0].item: tools/Sleeep is no item of other.",
  ])
    expect(map.stderr).toContain(line);
  const { value: theirs } = await readInventory(path.join(cwd, "other.yaml"));
  const ours: Inventory = {
    ...theirs,
    system: { name: "gantry", version: "1" },
    parts: { tools: [{ name: "Read", source: "a" }] },
  };
  const lost = await readAuditMap(path.join(cwd, "lost.yaml"), theirs, ours);
  const report = auditReport(theirs, ours, lost);
  expect(report.findings.map(({ words }) => words)).toEqual([
    "tools/cat is mapped to tools/Raed, which is not here. Did you mean tools/Read?",
  ]);
  expect(report.unexplained).toEqual(["tools/cat"]);
  const found = auditReport(theirs, ours, { ...lost, same: lost.same.map((each) => ({ ...each, ours: ["tools/Read"] })) });
  expect(found.items).toMatchObject([{ state: "different", differences: [{ what: "colours", change: "only-there" }] }]);
});
