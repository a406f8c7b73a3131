/** `parity coverage` through the built command. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Coverage } from "../../plugins/parity/scenario/cover.ts";
import { bench } from "../support/cli.ts";

const sample = fileURLToPath(new URL("../fixtures/scenarios/reads_a_file.scenario.yaml", import.meta.url));

test("what no scenario touches is said part by part, of all that ship or of the given ones; nothing is played", async () => {
  const { gantry, model } = await bench([]);
  const [shipped, given, part, unknown] = await Promise.all([
    gantry(["parity", "coverage", "--json"]),
    gantry(["parity", "coverage", sample]),
    gantry(["parity", "coverage", sample, "--part", "stop-reasons"]),
    gantry(["parity", "coverage", "--part", "tool"]),
  ]);
  const { data } = JSON.parse(shipped.stdout) as { data: Coverage };
  // What ships names nothing that is not there, and touches every tool and every way a run can end.
  expect(data.lacking).toEqual([]);
  expect(data.parts.map(({ part: name }) => name)).toEqual(expect.arrayContaining(["tools", "commands", "error-codes"]));
  expect(data.parts.find(({ part: name }) => name === "stop-reasons")?.untouched).toEqual([]);
  expect(given.stdout).toMatch(/^PART +ITEMS +TOUCHED +UNTOUCHED\ntools +\d+ +1 +\d+\n/);
  expect(given.stdout).toMatch(/\n1 scenario\.\n$/);
  expect([part.exit, part.stdout]).toEqual([0, expect.stringMatching(/^stop-reasons: 0 of 10 touched\.\n {2}\w+\n/)]);
  expect([unknown.exit, unknown.stderr]).toEqual([
    2,
    expect.stringContaining("The inventory has no part tool. Did you mean tools?"),
  ]);
  expect(model.requests).toEqual([]);
});
