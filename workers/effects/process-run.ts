/** process.run: shell lines in the foreground and background. Performed in the core: a shell outlives no thread's crash unowned. */
import type { RunRequest } from "../../core/contract/plugin.ts";
import { coversCommand } from "../../core/permission/grants.ts";
import type { CoreEnv } from "./effect.ts";

export type ProcessRequest =
  | { op: "run" | "start"; run: RunRequest }
  | { op: "list" }
  | { op: "output"; id: string; fromByte: number | "unread" }
  | { op: "stop"; id: string };

/** A new line is compared with the scopes; runs that exist were covered when they started. */
export function covers(scope: readonly string[], request: ProcessRequest): boolean {
  return "run" in request ? coversCommand(scope, request.run.command) : scope.length > 0;
}

export function describe(request: ProcessRequest): string {
  if ("run" in request) return `run ${JSON.stringify(request.run.command)}`;
  return request.op === "list" ? "list its background runs" : `${request.op} background run ${request.id}`;
}

export async function perform(request: ProcessRequest, env: CoreEnv): Promise<unknown> {
  const { shells } = env.coreEffects;
  switch (request.op) {
    case "run": {
      const { signal, onProgress: onOutput } = env;
      const result = await shells.run({ ...request.run, cwd: env.cwd, roots: env.reach.roots }, { signal, onOutput });
      if (result.cwd !== env.cwd) env.onMoved(result.cwd);
      return result;
    }
    case "start":
      return shells.start({ ...request.run, cwd: env.cwd });
    case "list":
      return shells.list();
    case "output":
      return shells.output(request.id, request.fromByte);
    case "stop":
      return shells.stop(request.id);
  }
}
