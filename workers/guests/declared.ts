/** Whether a bundle contributes what its manifest says, no more and no less: consent was given to the manifest. */
import { GantryError } from "../../core/contract/errors.ts";
import type { Contributions } from "../../core/contract/guest.ts";
import type { PluginManifest } from "../../core/contract/manifest.ts";
import { isObject, type Json } from "../../core/contract/messages.ts";

/** PLUGIN_UNDECLARED names all that differs. */
export function requireDeclared(found: Json, manifest: PluginManifest): void {
  if (!isObject(found)) throw undeclared(manifest.name, ["what it contributes is not an object"]);
  const has = found as unknown as Partial<Contributions>;
  const problems: string[] = [];
  if (has.name !== manifest.name) problems.push(`it is named ${wordOf(has.name)}, not ${manifest.name}`);
  const [actual, declared] = [partsOf(has.contributes), partsOf(manifest.contributes)];
  for (const part of actual) if (!declared.has(part)) problems.push(`${part} is not in the manifest`);
  for (const part of declared) if (!actual.has(part)) problems.push(`${part} is in the manifest only`);
  if (problems.length > 0) throw undeclared(manifest.name, problems);
}

function undeclared(name: string, problems: string[]): GantryError {
  const first = problems
    .slice(0, 8)
    .map((problem) => (problem.length <= 2 * maxShown ? problem : `${problem.slice(0, maxShown)}…`));
  const shown = problems.length <= 8 ? first : [...first, `${problems.length - 8} more`];
  return new GantryError("PLUGIN_UNDECLARED", `The bundle of ${name} is not what its manifest declares: ${shown.join("; ")}.`);
}

const maxShown = 200;

function wordOf(value: unknown): string {
  if (typeof value !== "string") return value === undefined ? "nothing" : `by no text (${typeof value})`;
  return value.length <= maxShown ? value : `${value.slice(0, maxShown)}…`;
}

/** Each part in words that hold what authority hangs on. The words of a bundle may be anything. */
function partsOf(contributes: unknown): Set<string> {
  const { tools, commands, taps, providers } = (isObject(contributes as Json) ? contributes : {}) as Partial<
    PluginManifest["contributes"]
  >;
  return new Set([
    ...listOf(tools).map(({ name, effect }) => `tool ${name} (${effect})`),
    ...listOf(commands).map(({ id }) => `command ${id}`),
    // Taps are called by their place.
    ...listOf(taps).map(
      ({ kind, on, name, tools: of }, place) =>
        `tap ${place}: ${kind} ${on} ${name}${of ? ` for ${listOf(of).join(",")}` : ""}`,
    ),
    ...listOf(providers).map((name) => `provider ${name}`),
  ]);
}

function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value.filter((item) => item !== null && item !== undefined) : [];
}
