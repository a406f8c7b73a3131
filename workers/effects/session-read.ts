/** session.read: what the session last knew of a file. Performed in the core, from the session's folded state. */
import type { SessionEffects } from "../../core/contract/plugin.ts";
import type { CoreEnv } from "./effect.ts";

export interface SessionReadRequest {
  path: string;
}

export function covers(scope: true): boolean {
  return scope;
}

export function describe({ path }: SessionReadRequest): string {
  return `know what this session has read of ${path}`;
}

export async function perform({ path }: SessionReadRequest, env: CoreEnv): ReturnType<SessionEffects["lastRead"]> {
  return env.coreEffects.lastRead(path);
}
