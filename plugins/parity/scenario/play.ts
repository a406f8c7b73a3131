/**
 * Plays one scenario from outside: a clean place, a model server of its own, its plugins installed, then step by step the built
 * command. Whatever happens, children are ended and the place is gone, unless it is to be kept.
 */
import { startModelServer } from "gantry/testing";
import type { Inventory } from "../../../core/contract/inventory.ts";
import { startChild } from "./child.ts";
import { type Failure, quoted } from "./failure.ts";
import type { Scenario } from "./format.ts";
import { itemsOf } from "./items.ts";
import { meantItems, missingNeeds } from "./known-names.ts";
import { withPlaces } from "./placeholders.ts";
import { playStep, type SceneModel, type StepParts } from "./play-step.ts";
import { checkCovers, type PlayedStep } from "./seen.ts";
import { toldFailures, type Verdict } from "./verdict.ts";
import { counted } from "./words.ts";
import { fillWorkspace, makeWorkspace } from "./workspace.ts";

export interface PlayOptions {
  /** What starts the command: program and first arguments. */
  program: readonly string[];
  inventory: Inventory;
  /** Aborted: children are ended, the place is removed, and the reason is thrown. */
  signal: AbortSignal;
  /** A cache folder that plays share; absent: each has its own. */
  cache?: string;
  /** Keeps the place, and says where. */
  keep?: boolean;
}

const installTimeoutMs = 120_000;

export async function playScenario(scenario: Scenario, options: PlayOptions): Promise<Verdict> {
  const { inventory, signal } = options;
  signal.throwIfAborted();
  const missing = missingNeeds(scenario, inventory);
  const about = {
    ...{ name: scenario.name, file: scenario.file, category: scenario.category },
    ...(scenario.reference === undefined ? {} : { reference: scenario.reference }),
    items: itemsOf(scenario, inventory),
  };
  if (missing.length > 0)
    return { ...about, verdict: "MISSING", ms: 0, requests: 0, failures: [], missing, meant: meantItems(missing, inventory) };
  const startedAt = performance.now();
  const { failures, requests, kept } = await playInPlace(scenario, options);
  signal.throwIfAborted();
  return {
    ...about,
    verdict: failures.length === 0 ? "PASS" : "FAIL",
    ms: Math.round(performance.now() - startedAt),
    requests,
    failures: toldFailures(scenario, failures),
    missing: [],
    ...(kept === undefined ? {} : { kept }),
  };
}

interface Played {
  failures: Failure[];
  requests: number;
  kept?: string;
}

async function playInPlace(scenario: Scenario, options: PlayOptions): Promise<Played> {
  const workspace = await makeWorkspace(scenario, { cache: options.cache });
  try {
    const model = await startSceneModel();
    try {
      const filled = withPlaces(scenario, { workspace: workspace.folder, home: workspace.home, model: model.server.url });
      const parts = { program: options.program, signal: options.signal, workspace, model };
      const unlaid = await fillWorkspace(filled, workspace);
      // What follows would say nothing of a place that is not as it was to be.
      const failures = unlaid.length > 0 ? unlaid : await playAll(filled, parts, options.inventory);
      const played = { failures, requests: model.server.requests.length };
      return options.keep ? { ...played, kept: workspace.root } : played;
    } finally {
      await model.server.close();
    }
  } finally {
    if (!options.keep || options.signal.aborted) await workspace.remove();
  }
}

async function startSceneModel(): Promise<SceneModel> {
  let listener: ((count: number) => void) | undefined;
  let count = 0;
  const server = await startModelServer({
    script: [],
    onRequest: () => listener?.(++count),
  });
  return {
    server,
    onRequest(next) {
      count = 0;
      listener = next;
    },
  };
}

async function playAll(scenario: Scenario, parts: StepParts, inventory: Inventory): Promise<Failure[]> {
  const failures = await installPlugins(scenario, parts);
  // Without its plugins nothing that follows would say anything.
  if (failures.length > 0) return failures;
  const steps: PlayedStep[] = [];
  for (const [index, step] of scenario.steps.entries()) {
    parts.signal.throwIfAborted();
    const { failures: found, ...played } = await playStep(step, { ...parts, place: ["steps", index] });
    failures.push(...found);
    steps.push(played);
    if (!played.end.isTimedOut) continue;
    const unplayed = scenario.steps.length - index - 1;
    if (unplayed > 0)
      failures.push({
        place: ["steps", index + 1],
        what: `${counted(unplayed, "later step")} not played, for the one before hung`,
      });
    break;
  }
  const implied = itemsOf({ ...scenario, covers: [] }, inventory);
  return [...failures, ...checkCovers(scenario, { implied, steps })];
}

async function installPlugins(scenario: Scenario, { program, workspace, model, signal }: StepParts): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const [index, { folder, grants }] of (scenario.plugins ?? []).entries()) {
    signal.throwIfAborted();
    const argv = [...program, "plugins", "install", `./${folder}`, ...(grants ?? []).flatMap((grant) => ["--grant", grant])];
    const child = startChild(argv, {
      ...{ cwd: workspace.folder, env: workspace.env(model.server.url), stdin: "", signal, timeoutMs: installTimeoutMs },
    });
    const { exit, stdout, stderr } = await child.ended;
    if (exit === 0) continue;
    const found = `exit ${exit}: ${quoted(`${stdout}${stderr}`)}`;
    failures.push({ place: ["plugins", index], what: `the plugin ${folder} should install`, wanted: "exit 0", found });
  }
  return failures;
}
