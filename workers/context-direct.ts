/**
 * ToolContext in a built-in's thread. Every effect first asks the `covers` of its kind with the plugin's grant; then it is
 * performed here (fs.*) or asked for from the core. Effect files load with their first use.
 */
import { GantryError } from "../core/contract/errors.ts";
import type { PermissionKind } from "../core/contract/permissions.ts";
import type { FileEffects, ProcessEffects, SessionEffects, ToolContext, UserAnswer } from "../core/contract/plugin.ts";
import type { UnpackedTask } from "./call-messages.ts";
import type { CorePort } from "./core-port.ts";
import type { EffectEnv, SpawnedFile } from "./effects/effect.ts";
import type { ProcessRequest } from "./effects/process-run.ts";

export function createContext(task: UnpackedTask, core: CorePort): ToolContext {
  const { callId, cwd, reach } = task;
  return {
    ...{ callId, cwd, workspace: reach.workspace, signal: core.signal },
    progress: (text) => core.progress(text),
    fs: fileEffects(task, core),
    process: processEffects(task, core),
    user: {
      async ask(questions) {
        const { covers, describe } = await import("./effects/user-ask.ts");
        const request = { questions };
        demand({ covers, describe }, "user.ask", request, task);
        return (await core.request({ kind: "user.ask", request })) as UserAnswer[];
      },
    },
    session: sessionEffects(task, core),
  };
}

/** What every effect file has in common here; each knows its own request. */
interface Covering<Scope, Request> {
  covers(scope: Scope, request: Request, workspace: string): boolean;
  describe(request: Request): string;
}

type ScopeOf<Kind extends PermissionKind> = NonNullable<UnpackedTask["grants"][Kind]>;

/** Throws PERMISSION_DENIED unless the plugin's grant of the kind covers the request. */
function demand<Kind extends PermissionKind, Request>(
  effect: Covering<ScopeOf<Kind>, Request>,
  kind: Kind,
  request: Request,
  { plugin, grants, reach }: UnpackedTask,
): void {
  const scope: UnpackedTask["grants"][Kind] = grants[kind];
  if (scope !== undefined && effect.covers(scope as ScopeOf<Kind>, request, reach.workspace)) return;
  const held = Array.isArray(scope) && scope.length > 0 ? `${kind} for ${scope.join(", ")}` : `no ${kind}`;
  throw new GantryError("PERMISSION_DENIED", `${plugin} may not ${effect.describe(request)}; it holds ${held}.`, {
    detail: { plugin, kind },
  });
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

function processEffects(task: UnpackedTask, core: CorePort): ProcessEffects {
  async function ask<Reply>(request: ProcessRequest): Promise<Reply> {
    const { covers, describe } = await import("./effects/process-run.ts");
    demand({ covers, describe }, "process.run", request, task);
    // The core answers with what SessionShells promises for this operation.
    return (await core.request({ kind: "process.run", request })) as Reply;
  }
  return {
    run: (run) => ask({ op: "run", run }),
    start: (run) => ask({ op: "start", run }),
    list: () => ask({ op: "list" }),
    output: (id, fromByte) => ask({ op: "output", id, fromByte }),
    stop: (id) => ask({ op: "stop", id }),
  };
}

function sessionEffects(task: UnpackedTask, core: CorePort): SessionEffects {
  return {
    async lastRead(path) {
      const { covers, describe } = await import("./effects/session-read.ts");
      const request = { path };
      demand({ covers, describe }, "session.read", request, task);
      return (await core.request({ kind: "session.read", request })) as Awaited<ReturnType<SessionEffects["lastRead"]>>;
    },
  };
}
