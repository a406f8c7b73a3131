/**
 * ToolContext in a built-in's thread. Every effect first asks the `covers` of its kind with the plugin's grant; then it is
 * performed here (fs.*) or asked for from the core. Effect files load with their first use, and so does the part of the
 * context that a guest has too (context-brokered.ts).
 */
import type { PermissionKind } from "../core/contract/permissions.ts";
import type { FileEffects, ProcessEffects, SessionEffects, ToolContext, UserAnswer } from "../core/contract/plugin.ts";
import type { UnpackedTask } from "./call-messages.ts";
import type { CorePort } from "./core-port.ts";
import { denied } from "./denied.ts";
import type { EffectEnv, ScopePlace, SpawnedFile } from "./effects/effect.ts";
import type { ProcessRequest } from "./effects/process-run.ts";

export function createContext(task: UnpackedTask, core: CorePort): ToolContext {
  const { callId, cwd, reach, options } = task;
  const facts = { callId, cwd, workspace: reach.workspace, signal: core.signal, options };
  const talk = { progress: (text: string) => core.progress(text), log: (text: string) => core.log(text) };
  let made: Promise<ToolContext> | undefined;
  const brokered = (): Promise<ToolContext> => {
    made ??= import("./context-brokered.ts").then((file) => file.createContext({ ...facts, ...talk }, core.effect));
    return made;
  };
  return {
    ...facts,
    ...talk,
    fs: fileEffects(task, core),
    net: { fetch: async (...args) => (await brokered()).net.fetch(...args) },
    process: processEffects(task, core, brokered),
    secrets: { read: async (name) => (await brokered()).secrets.read(name) },
    model: { ask: async (...args) => (await brokered()).model.ask(...args) },
    user: {
      async ask(questions) {
        const { covers, describe } = await import("./effects/user-ask.ts");
        const request = { questions };
        demand({ covers, describe }, "user.ask", request, task);
        return (await core.request({ kind: "user.ask", request })) as UserAnswer[];
      },
      notify: async (text) => (await brokered()).user.notify(text),
    },
    storage: {
      get: async (key) => (await brokered()).storage.get(key),
      set: async (key, value) => (await brokered()).storage.set(key, value),
      delete: async (key) => (await brokered()).storage.delete(key),
      keys: async (prefix) => (await brokered()).storage.keys(prefix),
    },
    session: sessionEffects(task, core, brokered),
  };
}

/** What every effect file has in common here; each knows its own request. */
interface Covering<Scope, Request> {
  covers(scope: Scope, request: Request, place: ScopePlace): boolean;
  describe(request: Request): string;
}

type ScopeOf<Kind extends PermissionKind> = NonNullable<UnpackedTask["grants"][Kind]>;

/** Throws PERMISSION_DENIED unless the plugin's grant of the kind covers the request. */
function demand<Kind extends PermissionKind, Request>(
  effect: Covering<ScopeOf<Kind>, Request>,
  kind: Kind,
  request: Request,
  { plugin, grants, reach, cwd, home }: UnpackedTask,
): void {
  const scope: UnpackedTask["grants"][Kind] = grants[kind];
  const place = { workspace: reach.workspace, cwd, home };
  if (scope !== undefined && effect.covers(scope as ScopeOf<Kind>, request, place)) return;
  throw denied(plugin, kind, { scope, what: effect.describe(request) });
}

function fileEffects(task: UnpackedTask, core: CorePort): FileEffects {
  const env: EffectEnv = {
    ...{ cwd: task.cwd, home: task.home, reach: task.reach, workspace: task.reach.workspace, signal: core.signal },
    spawnFile: async (file, args, options) => (await core.request({ kind: "spawn.file", file, args, options })) as SpawnedFile,
  };
  return {
    async read(path, options = {}) {
      const { covers, describe, perform } = await import("./effects/fs-read.ts");
      const request = { path, ...options };
      demand({ covers, describe }, "fs.read", request, task);
      return perform(request, env);
    },
    async readLines(path, window) {
      const { covers, describe, perform } = await import("./effects/fs-read.ts");
      const request = { path, window };
      demand({ covers, describe }, "fs.read", request, task);
      return perform(request, env);
    },
    async write(path, content, { expect }) {
      const { covers, describe, perform } = await import("./effects/fs-write.ts");
      const request = { path, content, expect };
      demand({ covers, describe }, "fs.write", request, task);
      return perform(request, env);
    },
    async list(query) {
      const { covers, describe, perform } = await import("./effects/fs-list.ts");
      demand({ covers, describe }, "fs.list", query, task);
      return perform(query, env);
    },
    async search(query) {
      const { covers, describe, perform } = await import("./effects/fs-search.ts");
      demand({ covers, describe }, "fs.search", query, task);
      return perform(query, env);
    },
  };
}

function processEffects(task: UnpackedTask, core: CorePort, brokered: () => Promise<ToolContext>): ProcessEffects {
  async function ask<Reply>(request: ProcessRequest): Promise<Reply> {
    const { covers, describe } = await import("./effects/process-run.ts");
    demand({ covers, describe }, "process.run", request, task);
    // The core answers with what SessionShells promises for this operation.
    return (await core.request({ kind: "process.run", request })) as Reply;
  }
  return {
    exec: async (...args) => (await brokered()).process.exec(...args),
    host: async (argv) => (await brokered()).process.host(argv),
    run: (run) => ask({ op: "run", run }),
    start: (run) => ask({ op: "start", run }),
    list: () => ask({ op: "list" }),
    output: (id, fromByte) => ask({ op: "output", id, fromByte }),
    stop: (id) => ask({ op: "stop", id }),
  };
}

function sessionEffects(task: UnpackedTask, core: CorePort, brokered: () => Promise<ToolContext>): SessionEffects {
  return {
    events: async (options) => (await brokered()).session.events(options),
    async lastRead(path) {
      const { covers, describe } = await import("./effects/session-read.ts");
      const request = { path };
      const own = (scope: "own" | "all"): boolean => covers(scope, request);
      demand({ covers: own, describe }, "session.read", request, task);
      return (await core.request({ kind: "session.read", request })) as Awaited<ReturnType<SessionEffects["lastRead"]>>;
    },
  };
}
