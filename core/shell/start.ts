/**
 * Flags become a config and a running Gantry. The order: the folder, the config with all its problems, trust in the project,
 * the runtime. Nothing of a project is used before its trust is settled.
 */
import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { type LoadedConfig, loadConfig, problemLine } from "../../config/load.ts";
import { needsTrust, refuseProblems, trustRequired, warningsOf } from "../../config/usable.ts";
import { type Community, type FoundPlugin, findCommunity, refuseUnusable, withoutPlugins } from "../community/found.ts";
import { knownProblems } from "../config-problems.ts";
import { GantryError } from "../contract/errors.ts";
import type { PluginPlan, TrustStatus } from "../contract/host.ts";
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
  /** Asks whether a plugin of this run may do what it asks for; absent when nobody can be asked. */
  askPlugin?: ((plan: PluginPlan) => Promise<boolean>) | undefined;
  /** Ends the bundling of plugins of this run. */
  signal: AbortSignal;
}

interface Started {
  runtime: Runtime;
  config: LoadedConfig;
}

/** CONFIG_*, RULE_INVALID, TRUST_REQUIRED, PLUGIN_*. */
export async function start(options: StartOptions): Promise<Started> {
  const { io, cwd, flags } = options;
  const load = (): Promise<LoadedConfig> => loadConfig({ cwd, env: io.env, flags: flags.config });
  const config = await load();
  if (flags.plugins.length === 0)
    return await startWith(await trustedConfig(options, { config, load, given: [] }), load, options);
  const { openPluginsOfRun } = await import("./plugins-of-run.ts");
  const given = await openPluginsOfRun(options, config);
  try {
    const trusted = await trustedConfig(options, { config, load, given: given.plugins });
    const community = await given.answered(trusted.community);
    const { runtime } = await startWith({ ...trusted, community }, load, options);
    const close: Runtime["close"] = async (...how) => await runtime.close(...how).finally(given.drop);
    return { runtime: { ...runtime, close }, config: trusted.config };
  } catch (error) {
    await given.drop();
    throw error;
  }
}

async function startWith(
  { config, community }: Trusted,
  load: () => Promise<LoadedConfig>,
  options: StartOptions,
): Promise<Started> {
  const { io, cwd, flags, front } = options;
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

interface Loading {
  config: LoadedConfig;
  load(): Promise<LoadedConfig>;
  given: readonly FoundPlugin[];
}

async function trustedConfig(options: StartOptions, { config, load, given }: Loading): Promise<Trusted> {
  const { flags, askTrust } = options;
  const community = await refuseWrong(config, options, given);
  if (!needsTrust(config.trust)) return { config, community };
  if (flags.config.trust) return { config, community };
  if (!askTrust) throw trustRequired(config.trust);
  if (!(await askTrust(config.trust))) throw trustRequired(config.trust);
  await config.host().trust("grant");
  const trusted = await load();
  return { config: trusted, community: await refuseWrong(trusted, options, given) };
}

/** What a run goes on with is said first. */
async function refuseWrong(
  config: LoadedConfig,
  { io, flags }: StartOptions,
  given: readonly FoundPlugin[],
): Promise<Community> {
  const community = await findCommunity(config, io.manifests(), given);
  // A rule may name a tool of a plugin that waits: what is missing is the answer, and not the tool.
  if (!flags.noPlugins) refuseUnusable({ ...community, left: [] });
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
