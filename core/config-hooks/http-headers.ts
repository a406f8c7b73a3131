/** Headers of an http hook: `$NAME` and `${NAME}` stand for variables that the hook lists, and for nothing else. */
import type { HttpHook } from "../contract/hook-config.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** A variable that is not listed, or not set, is empty and said. */
export function expandHeaders(
  { headers = {}, allowedEnvVars = [] }: HttpHook,
  env: Env,
): { headers: Record<string, string>; problems: string[] } {
  const problems: string[] = [];
  const expand = (header: string, text: string): string =>
    text.replace(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (_all, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? "";
      const value = allowedEnvVars.includes(name) ? env[name] : undefined;
      if (!allowedEnvVars.includes(name)) problems.push(`header ${header}: $${name} is empty, allowedEnvVars does not list it`);
      else if (value === undefined) problems.push(`header ${header}: $${name} is empty, it is not set`);
      return value ?? "";
    });
  const expanded = Object.entries(headers).map(([name, text]) => [name, expand(name, text)]);
  return { headers: Object.fromEntries(expanded) as Record<string, string>, problems };
}
