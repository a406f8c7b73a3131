/**
 * Writes the plans so that no yes stands in one file without the no of another, wherever it stops: what restricts goes into every
 * layer first. A layer's file is changed all or none in each step.
 */
import { codeOf, GantryError, messageOf } from "gantry/errors";
import type { Host } from "gantry/plugin";
import type { ConfigChange, Layer } from "./findings.ts";
import type { Written } from "./report.ts";
import { restricts } from "./scope.ts";
import type { LayerPlan } from "./settle.ts";

interface Step {
  layer: Layer;
  file: string;
  changes: ConfigChange[];
}

export async function writeAll(plans: readonly LayerPlan[], config: Host["config"]): Promise<Written[]> {
  const filled = plans.filter(({ changes }) => changes.length > 0);
  const done: Step[] = [];
  const places = new Map<ConfigChange, string>();
  for (const step of stepsOf(filled)) {
    try {
      const at = await config.change(step.changes, step.layer);
      for (const [index, change] of step.changes.entries()) places.set(change, at[index] ?? step.file);
      done.push(step);
    } catch (cause) {
      throw new GantryError(codeOf(cause) ?? "IMPORT_INVALID", `${messageOf(cause)}\n${stateWords(done)}`, { cause });
    }
  }
  const written = filled.map(async ({ layer, file, changes }) => {
    // Lines move where a file was changed twice.
    const isTwice = done.filter((step) => step.layer === layer).length > 1;
    const fates = isTwice ? (await config.tryChange(changes, layer)).fates : [];
    const placed = changes.map((change, at) => ({ change, place: fates[at]?.place ?? places.get(change) ?? file }));
    return { layer, file, places: placed };
  });
  return await Promise.all(written);
}

/** The last layer needs one step: by then all that restricts in the others stands. */
function stepsOf(plans: readonly LayerPlan[]): Step[] {
  const part = ({ layer, file, changes }: LayerPlan, wanted: (change: ConfigChange) => boolean): Step => {
    return { layer, file, changes: changes.filter(wanted) };
  };
  const before = plans.slice(0, -1);
  const steps = [
    ...before.map((plan) => part(plan, restricts)),
    ...plans.slice(-1).map((plan) => part(plan, () => true)),
    ...before.map((plan) => part(plan, (change) => !restricts(change))),
  ];
  return steps.filter(({ changes }) => changes.length > 0);
}

function stateWords(done: readonly Step[]): string {
  if (done.length === 0) return "Nothing of the import was written.";
  const words = done.map(({ file, changes }) => {
    const all = changes.every(restricts) ? "what restricts" : "all that is for it";
    return `  ${file}: ${all} (${changes.length} ${changes.length === 1 ? "value" : "values"})`;
  });
  return `Written before that, the rest not:\n${words.join("\n")}\nRun the import again when it is mended: it adds what is missing.`;
}
