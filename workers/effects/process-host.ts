/** process.host: a program outside isolation, with the user's own authority, by an argument list granted word by word. Ended with its call. */
import { coversWords } from "../../core/permission/grants.ts";
import type { HostedChild, HostProgram } from "./effect.ts";

export interface HostCall {
  argv: readonly string[];
}

export function covers(scopes: readonly (readonly string[])[], { argv }: HostCall): boolean {
  return coversWords(scopes, argv);
}

export function describe({ argv }: HostCall): string {
  return `run ${JSON.stringify(argv).slice(0, 300)} outside isolation`;
}

/** RUN_FAILED when it cannot be started. */
export function perform(
  { argv }: HostCall,
  { cwd, signal, host }: { cwd: string; signal: AbortSignal; host: HostProgram },
): Promise<HostedChild> {
  return host(argv, { cwd, signal });
}
