/** Variables and flags as fragments: variables are the lower layer. */
import type { ConfigProblem } from "../core/contract/host.ts";
import { type Fragment, fragmentAt } from "./fragment.ts";
import type { LoadOptions } from "./loaded.ts";
import { isConfigVariable } from "./paths.ts";

/** `overrides` are the flags that have names of their own. */
export async function typedFragments(
  { env, flags }: Pick<LoadOptions, "env" | "flags">,
  cwd: string,
  problems: ConfigProblem[],
): Promise<Fragment[]> {
  const overrides = (flags.overrides ?? []).map(({ key, value, flag }) =>
    fragmentAt({ layer: "flag", name: flag, base: cwd }, key.split("."), value),
  );
  const misspelled = Object.keys(env).filter((name) => /^gantry_/i.test(name) && !name.startsWith("GANTRY_"));
  if (misspelled.length > 0) problems.push(...(await (await import("./typed-text.ts")).misspelledVariables(misspelled)));
  const hasVariables = Object.keys(env).some(isConfigVariable);
  if (!hasVariables && (flags.set ?? []).length === 0) return overrides;
  const { variablesOf, settingsOf } = await import("./typed-text.ts");
  const variables = await variablesOf(env, cwd);
  const settings = await settingsOf(flags.set ?? [], cwd);
  problems.push(...variables.problems, ...settings.problems);
  return [...variables.fragments, ...overrides, ...settings.fragments];
}
