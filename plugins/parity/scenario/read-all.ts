/** Reads many scenarios; what is wrong with some is told with all that is wrong with the others. */
import { GantryError, hasCode, messageOf } from "gantry/errors";
import type { Inventory } from "../../../core/contract/inventory.ts";
import { readScenario, type Scenario } from "./format.ts";

interface ReadScenarios {
  /** In the order of the files. */
  scenarios: Scenario[];
  /** Messages of SCENARIO_INVALID, one for each file that is no scenario. */
  problems: string[];
}

export async function readScenarios(files: readonly string[], inventory?: Inventory): Promise<ReadScenarios> {
  const read: ReadScenarios = { scenarios: [], problems: [] };
  for (const file of files) {
    try {
      read.scenarios.push(await readScenario(file, inventory));
    } catch (error) {
      if (!hasCode(error, "SCENARIO_INVALID")) throw error;
      read.problems.push(messageOf(error));
    }
  }
  return read;
}

/** SCENARIO_INVALID with every problem of every file. */
export async function readSoundScenarios(files: readonly string[], inventory?: Inventory): Promise<Scenario[]> {
  const { scenarios, problems } = await readScenarios(files, inventory);
  if (problems.length > 0) throw new GantryError("SCENARIO_INVALID", problems.join("\n"));
  return scenarios;
}
