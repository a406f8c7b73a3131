/** A real broker over a real pool and a real process table, in a temporary workspace with a home beside it. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { CoreEffects, HiddenPaths } from "../../core/contract/execution.ts";
import type { CallServices } from "../../core/contract/guest.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { Grants, PermissionKind } from "../../core/contract/permissions.ts";
import { type Broker, type BrokerHost, createBroker, type LiveCall } from "../../workers/broker.ts";
import { createPool, type Pool, type PoolOptions } from "../../workers/pool.ts";
import { createProcesses, type Processes } from "../../workers/processes.ts";
import { bundleThread } from "./pool.ts";

export interface BrokerBench {
  broker: Broker;
  host: BrokerHost;
  /** Made when it is first needed. */
  pool(): Promise<Pool>;
  processes: Processes;
  /** Real paths. */
  workspace: string;
  home: string;
  outside: string;
  /** What the plugin holds from now on. */
  grant(grants: Grants): void;
  /** One request of a call that goes on. */
  ask(method: string, ...args: Json[]): Promise<Json>;
  /** A call of its own. */
  newCall(services?: Partial<CallServices> & { cwd?: string; sessionId?: string }): {
    call: LiveCall;
    ask: BrokerBench["ask"];
    stop(): void;
  };
  endCall(): void;
  put(path: string, content: string | Uint8Array): Promise<string>;
  records: PermissionKind[];
  refusals: { kind: PermissionKind; message: string }[];
  secrets: Map<string, string>;
  close(): Promise<void>;
}

export interface BrokerBenchOptions {
  hidden?: HiddenPaths[];
  core?: Partial<CoreEffects>;
  edge?: BrokerHost["edge"];
  env?: Record<string, string>;
}

export async function startBroker(options: BrokerBenchOptions = {}): Promise<BrokerBench> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "gantry-broker-")));
  const [workspace, home, outside] = [join(base, "work"), join(base, "home"), join(base, "outside")] as const;
  await Promise.all([workspace, home, outside].map((folder) => mkdir(folder)));
  const processes = createProcesses({ env: { PATH: process.env["PATH"] ?? "", HOME: home, LANG: "C.UTF-8", ...options.env } });
  const thread = lazyThread({ home, spawnFile: processes.spawnFile });
  const secrets = new Map<string, string>();
  const host: BrokerHost = {
    fileEffect: async (...effect) => (await thread.pool()).fileEffect(...effect),
    ...{ exec: processes.exec, host: processes.host, home },
    secret: (name) => secrets.get(name),
    storageFile: (plugin) => join(base, "storage", `${plugin}.json`),
    ownFolders: [join(home, ".config/gantry"), join(base, "storage")],
    ...(options.edge !== undefined && { edge: options.edge }),
  };
  const shells = processes.shells({ outputDir: join(base, "output") });
  const records: BrokerBench["records"] = [];
  const refusals: BrokerBench["refusals"] = [];
  let held: Grants = {};
  const broker = createBroker({
    ...{ plugin: "notes", host, grants: () => held },
    record: (kind) => records.push(kind),
    refused: (kind, message) => refusals.push({ kind, message }),
  });
  let calls = 0;

  const newCall: BrokerBench["newCall"] = ({ cwd = workspace, sessionId = "s1", ...services } = {}) => {
    const stop = new AbortController();
    const core: CoreEffects = { shells, lastRead: async () => undefined, askUser: undefined, ...options.core };
    const call: LiveCall = {
      context: { callId: `call-${++calls}`, cwd, workspace, sessionId },
      services: {
        reach: { workspace, roots: [workspace], approved: [], hidden: options.hidden ?? [] },
        home,
        core,
        ...services,
      },
      signal: stop.signal,
    };
    return { call, ask: (method, ...args) => broker.perform(method, args, call), stop: () => stop.abort() };
  };
  const first = newCall();

  return {
    ...{
      broker,
      host,
      pool: thread.pool,
      processes,
      workspace,
      home,
      outside,
      records,
      refusals,
      secrets,
      newCall,
      ask: first.ask,
    },
    grant(grants) {
      held = grants;
    },
    endCall: () => broker.endCall(first.call),
    async put(path, content) {
      const file = join(base, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    async close() {
      broker.close();
      await thread.close();
      await processes.close();
      await rm(base, { recursive: true, force: true });
    },
  };
}

/** A pool whose thread is bundled where it finds ripgrep, as the built product does. */
function lazyThread(options: Pick<PoolOptions, "home" | "spawnFile">) {
  let pool: Promise<Pool> | undefined;
  let folder: string | undefined;
  const make = async (): Promise<Pool> => {
    const modules = join(import.meta.dirname, "../../node_modules/.cache");
    await mkdir(modules, { recursive: true });
    folder = await mkdtemp(join(modules, "gantry-thread-"));
    const filename = join(folder, "tool-thread.cjs");
    await bundleThread(filename);
    return createPool({ threads: 2, grants: new Map(), filename, ...options });
  };
  return {
    pool: () => (pool ??= make()),
    async close() {
      await (await pool)?.close();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The code of what a promise is rejected with, and its message. */
export async function refusal(work: Promise<unknown>): Promise<{ code: unknown; message: string }> {
  try {
    const value = await work;
    return { code: "none", message: JSON.stringify(value) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "none";
    return { code, message: error instanceof Error ? error.message : String(error) };
  }
}
