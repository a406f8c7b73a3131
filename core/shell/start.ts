/**
 * Flags become a config and a running Gantry. The order: the folder, the config with all its problems, trust in the project,
 * the runtime. Nothing of a project is used before its trust is settled.
 */
import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { type LoadedConfig, loadConfig, problemLine } from "../../config/load.ts";
import { needsTrust, refuseProblems, trustRequired, warningsOf } from "../../config/usable.ts";
import { type Community, findCommunity, withoutPlugins } from "../community/found.ts";
import { knownProblems } from "../config-problems.ts";
import { GantryError } from "../contract/errors.ts";
import type { TrustStatus } from "../contract/host.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import { createRuntime, type FrontEnd, type Runtime } from "../runtime.ts";
import { version } from "../version.ts";
import type { ShellIo } from "./io.ts";
import { sanitizeText } from "./sanitize.ts";
import type { SessionFlags } from "./session-flags.ts";
import { withSmallYoungHeap } from "./young-heap.ts";

/** The real folder a command works in. USAGE_INVALID when -C names none. */
export async function workingFolder(io: ShellIo, flag: string | undefined): Promise<string> {
  // An absolute folder is used as it is: the one that the shell stands in may be gone.
  const folder = flag !== undefined && path.isAbsolute(flag) ? path.resolve(flag) : path.resolve(io.cwd, flag ?? ".");
  try {
    const real = await realpath(folder);
    if ((await stat(real)).isDirectory()) return real;
  } catch (cause) {
    throw new GantryError("USAGE_INVALID", `The folder ${folder} cannot be used: ${(cause as Error).message}`, { cause });
  }
  throw new GantryError("USAGE_INVALID", `${folder} is not a folder.`);
}

export interface StartOptions {
  io: ShellIo;
  cwd: string;
  flags: SessionFlags;
  front: FrontEnd;
  wantCost: boolean;
  /** Asks whether to trust the project; absent when nobody can be asked. */
  askTrust?: ((status: TrustStatus) => Promise<boolean>) | undefined;
}

/** CONFIG_*, RULE_INVALID, TRUST_REQUIRED. */
export async function start(options: StartOptions): Promise<{ runtime: Runtime; config: LoadedConfig }> {
  const { io, cwd, flags, front } = options;
  const load = (): Promise<LoadedConfig> => loadConfig({ cwd, env: io.env, flags: flags.config });
  const { config, community } = await trustedConfig(options, load);
  const manifests = flags.noPlugins ? onlyProviders(io.manifests()) : io.manifests();
  const runtime = await createRuntime({
    version,
    cwd,
    env: io.env,
    config,
    reload: load,
    manifests,
    community: flags.noPlugins ? withoutPlugins(community) : community,
    front: withSmallYoungHeap(front),
    allowRootBypass: flags.allowRootBypass,
    wantCost: options.wantCost,
    ...(flags.approve === undefined ? {} : { approve: flags.approve }),
    ...(flags.systemPrompt === undefined ? {} : { systemPrompt: flags.systemPrompt }),
    ...(flags.appendSystemPrompt === undefined ? {} : { appendSystemPrompt: flags.appendSystemPrompt }),
    ...(flags.tools === undefined ? {} : { tools: flags.tools }),
  });
  return { runtime, config };
}

interface Trusted {
  config: LoadedConfig;
  community: Community;
}

async function trustedConfig({ io, flags, askTrust }: StartOptions, load: () => Promise<LoadedConfig>): Promise<Trusted> {
  const config = await load();
  const community = await refuseWrong(config, io);
  if (!needsTrust(config.trust)) return { config, community };
  if (flags.config.trust) return { config, community };
  if (!askTrust) throw trustRequired(config.trust);
  if (!(await askTrust(config.trust))) throw trustRequired(config.trust);
  await config.host().trust("grant");
  const trusted = await load();
  return { config: trusted, community: await refuseWrong(trusted, io) };
}

/** What a run goes on with is said first. */
async function refuseWrong(config: LoadedConfig, io: ShellIo): Promise<Community> {
  const community = await findCommunity(config, io.manifests());
  const problems = await knownProblems(config, io.manifests(), community);
  refuseProblems(problems);
  for (const warning of warningsOf(problems)) io.stderr.write(`warning: ${sanitizeText(problemLine(warning))}\n`);
  return community;
}

/** --no-plugins: no tool, command or tap; a provider is kept, because without one there is nobody to ask. */
function onlyProviders(manifests: readonly PluginManifest[]): PluginManifest[] {
  return manifests
    .filter(({ contributes }) => contributes.providers.length > 0)
    .map((manifest) => ({ ...manifest, contributes: { ...manifest.contributes, tools: [], commands: [], taps: [] } }));
}
