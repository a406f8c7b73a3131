/**
 * The process beside the core that holds the sandbox runtime: its proxy, its clean-up and its searches stay out of the core,
 * and each Gantry has its own. It ends with the core, however that ends, and leaves nothing in the temp folder.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { SandboxManager as Runtime, SandboxRuntimeConfig } from "@anthropic-ai/sandbox-runtime";
import { messageOf } from "../core/contract/errors.ts";
import { markName } from "./descendants.ts";
import {
  type Answered,
  type Asked,
  type HostAnswer,
  type HostQuestion,
  lineName,
  type SandboxNetwork,
  type SandboxPolicy,
} from "./sandbox-messages.ts";
import { createPathSearch } from "./sandbox-paths.ts";
import { tryOut } from "./sandbox-trial.ts";

interface Open {
  runtime: typeof Runtime;
  config: SandboxRuntimeConfig;
  /** Throws for what is no host: the runtime itself looks at no list that comes later. */
  checkNetwork(network: SandboxRuntimeConfig["network"]): void;
}

/** Of this process: gone with it. `temp` is what lines get as TMPDIR. */
const base = realpathSync(mkdtempSync(join(tmpdir(), "gantry-sandbox-")));
const folders = { temp: join(base, "tmp"), sockets: join(base, "run"), empty: join(base, "empty"), trial: join(base, "trial") };
const search = createPathSearch();
let open: Promise<Open> | undefined;

for (const folder of Object.values(folders)) mkdirSync(folder, { mode: 0o700 });
// The runtime guards names in its working folder, and opens folders in its home: both are empty here.
process.chdir(folders.empty);
Object.assign(process.env, { TMPDIR: folders.sockets, HOME: folders.empty, CLAUDE_CODE_TMPDIR: folders.temp });

process.on("disconnect", () => void close().finally(() => process.exit(0)));
process.on("message", (asked: Asked) => {
  answer(asked.question)
    .catch((error): HostAnswer => ({ kind: "failed", problem: messageOf(error) }))
    .then((answer) => process.send?.({ id: asked.id, answer } satisfies Answered))
    .catch(() => undefined);
});

async function answer(question: HostQuestion): Promise<HostAnswer> {
  switch (question.kind) {
    case "open":
      open ??= begin(question);
      await open;
      return { kind: "opened" };
    case "wrap":
      return { kind: "wrapped", line: await wrap(question) };
    case "ended":
      (await open)?.runtime.cleanupAfterCommand();
      return { kind: "done" };
    case "close":
      await close();
      return { kind: "done" };
  }
}

async function begin({ shell, tools, mark }: HostQuestion & { kind: "open" }): Promise<Open> {
  // Its own children carry the core's mark, this process does not: it cleans up and ends by itself.
  process.env[markName] = mark;
  const pathOf = (name: string): string | undefined => tools.find((tool) => tool.name === name)?.path;
  const { SandboxManager: runtime, NetworkConfigSchema } = await import("@anthropic-ai/sandbox-runtime");
  const config: SandboxRuntimeConfig = {
    network: { allowedDomains: [], deniedDomains: [], strictAllowlist: true },
    filesystem: { denyRead: [], allowWrite: [], denyWrite: [] },
    bwrapPath: pathOf("bwrap"),
    socatPath: pathOf("socat"),
    ripgrep: { command: pathOf("rg") ?? "rg" },
  };
  const opened: Open = { runtime, config, checkNetwork: (network) => void NetworkConfigSchema.parse(network) };
  try {
    await runtime.initialize(config);
    await tryOut({ folder: folders.trial, shell, env: process.env, wrap: (policy) => wrapWith(opened, { shell, policy }) });
    runtime.cleanupAfterCommand();
  } catch (error) {
    await runtime.reset();
    throw error;
  }
  return opened;
}

async function wrap(question: { shell: string; policy: SandboxPolicy }): Promise<string> {
  if (open === undefined) throw new Error("the sandbox was not opened");
  return await wrapWith(await open, question);
}

async function wrapWith(opened: Open, { shell, policy }: { shell: string; policy: SandboxPolicy }): Promise<string> {
  const { runtime } = opened;
  follow(opened, policy.network);
  const closed = await search(policy);
  const literal = (paths: readonly string[]) => [...new Set(paths)].map((path) => ({ path, literal: true as const }));
  const entries = {
    denyRead: literal([...closed.unreadable, ...policy.unreadable]),
    allowWrite: literal([...policy.roots, ...policy.writable, folders.temp]),
    // The runtime itself opens /tmp/claude; its own files may lie in the work.
    denyWrite: literal([...closed.unwritable, ...policy.unwritable, "/tmp/claude", packageFolder()]),
  };
  const own = policy.network.allowed.some(isLocal) ? "unset NO_PROXY no_proxy; " : "";
  const inside = `l=$${lineName}; unset ${lineName}; ${own}exec ${shell} -c "$l"`;
  return await runtime.wrapWithSandbox(inside, shell, { filesystem: entries });
}

/** Rules may have changed since the last line. */
function follow(opened: Open, { allowed, denied }: SandboxNetwork): void {
  const { network } = opened.config;
  if (String(network.allowedDomains) === String(allowed) && String(network.deniedDomains) === String(denied)) return;
  const changed = { ...network, allowedDomains: allowed, deniedDomains: denied };
  opened.checkNetwork(changed);
  opened.config = { ...opened.config, network: changed };
  opened.runtime.updateConfig(opened.config);
}

/** Programs go to these directly, past the proxy, where a sandbox has only itself. */
function isLocal(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || /^[\d.]+(?::\d+)?$|^\[/.test(host);
}

function packageFolder(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve("@anthropic-ai/sandbox-runtime")));
}

async function close(): Promise<void> {
  const opened = await open?.catch(() => undefined);
  await opened?.runtime.reset();
  rmSync(base, { recursive: true, force: true, maxRetries: 5 });
}
