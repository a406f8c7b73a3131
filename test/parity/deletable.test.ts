/** The layers that describe, play and import are guests of the runtime: it is built and works without their folders. */
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";
import { buildWithout } from "../support/second-build.ts";

test("without plugins/parity and plugins/import the product builds, runs a task and knows no command of theirs", async () => {
  const without = await buildWithout(["parity", "import"]);
  try {
    const { gantry, run } = await bench([{ call: { name: "Read", input: { file_path: "a.txt" } } }, { say: "It says one." }], {
      "a.txt": "one\n",
    });
    const { launcher } = without;
    const { json, exit } = await run("what does a.txt say?", [], { launcher });
    expect([exit, json.ok, json.toolCalls.map(({ outcome }) => outcome)]).toEqual([0, true, ["ok"]]);
    const [parity, imported, doctor] = await Promise.all([
      gantry(["parity", "run"], { launcher }),
      gantry(["import", "claude"], { launcher }),
      gantry(["doctor", "--json"], { launcher }),
    ]);
    expect([parity.exit, imported.exit]).toEqual([2, 2]);
    expect(parity.stderr).toContain("COMMAND_UNKNOWN: There is no command parity.");
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true });
  } finally {
    await without.remove();
  }
});
