/** The runtime as a program embeds it, against a scripted model server; threads and tools are the built ones. */
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createRuntime, type FrontEnd, type Runtime } from "gantry";
import type { SessionEvent } from "gantry/events";
import type { AnyTap } from "gantry/plugin";
import { type ModelServer, startModelServer } from "gantry/testing";
import { onTestFinished } from "vitest";
import { writeFiles } from "./cli.ts";

export interface Embedded {
  cwd: string;
  model: ModelServer;
  runtime: Runtime;
  events: SessionEvent[];
}

export interface EmbedOptions {
  files?: Record<string, string>;
  set?: string[];
  taps?: AnyTap[];
  ask?: FrontEnd["ask"];
  approve?: "always" | "never";
  trust?: boolean;
}

export async function embed(steps: readonly unknown[], options: EmbedOptions = {}): Promise<Embedded> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), "gantry-embed-")));
  const cwd = path.join(root, "work");
  await mkdir(path.join(cwd, ".git"), { recursive: true });
  await writeFiles(cwd, options.files ?? {});
  const model = await startModelServer({ script: { steps } });
  const events: SessionEvent[] = [];
  const { taps, ask, approve, set, trust } = options;
  const runtime = await createRuntime({
    cwd,
    env: { HOME: root, PATH: process.env["PATH"], ANTHROPIC_API_KEY: "test", ANTHROPIC_BASE_URL: model.url },
    front: { onEvent: (event) => events.push(event), ...(ask ? { ask } : {}) },
    ...(taps ? { taps } : {}),
    ...(approve ? { approve } : {}),
    ...(set ? { set } : {}),
    ...(trust ? { trust } : {}),
  });
  onTestFinished(async () => {
    await runtime.close();
    await model.close();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });
  return { cwd, model, runtime, events };
}

export const say = (text: string): { type: "text"; text: string }[] => [{ type: "text", text }];
