/** `gantry`: what a program that embeds the runtime uses. */
import { realpath } from "node:fs/promises";
import { loadConfig } from "../config/load.ts";
import { needsTrust, refuseProblems, trustRequired } from "../config/usable.ts";
import { findCommunity } from "./community/found.ts";
import { knownProblems } from "./config-problems.ts";
import type { AnyTap } from "./contract/plugin.ts";
import { readBuiltinManifests } from "./manifests.ts";
import { createRuntime as compose, type FrontEnd, type Runtime } from "./runtime.ts";
import { version } from "./version.ts";

export interface EmbedOptions {
  /** The working folder; the project root is found from it. */
  cwd: string;
  /** Read for config, credentials and the programs that tools start. Default: an empty one. */
  env?: Readonly<Record<string, string | undefined>>;
  /** As `--set key=value`. */
  set?: readonly string[];
  front?: FrontEnd;
  taps?: readonly AnyTap[];
  approve?: "always" | "never" | "prompt";
  /** Use what the project's own files ask for without a recorded trust. */
  trust?: boolean;
}

/** Starts a runtime on the user's and the project's config. CONFIG_*, RULE_INVALID, TRUST_REQUIRED, PLUGIN_*, NAME_TAKEN. */
export async function createRuntime(options: EmbedOptions): Promise<Runtime> {
  const { env = {}, front, taps, approve } = options;
  const cwd = await realpath(options.cwd);
  const reload = () => loadConfig({ cwd, env, flags: { set: [...(options.set ?? [])], trust: options.trust ?? false } });
  const config = await reload();
  const manifests = readBuiltinManifests();
  const community = await findCommunity(config, manifests);
  refuseProblems(await knownProblems(config, manifests, community));
  if (needsTrust(config.trust)) throw trustRequired(config.trust);
  return await compose({
    version,
    cwd,
    env,
    config,
    reload,
    manifests,
    community,
    ...(front ? { front } : {}),
    ...(taps ? { taps } : {}),
    ...(approve ? { approve } : {}),
  });
}

export type { Session } from "./open-session.ts";
export type { ApprovalAnswer, ApprovalQuestion } from "./permission/approval.ts";
export type { FrontEnd, Runtime } from "./runtime.ts";
export type { TurnOutcome } from "./turn/ending.ts";
