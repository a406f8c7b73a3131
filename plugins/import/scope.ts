/**
 * `--scope`: every file is read, and only what one scope holds is written. A yes counts there beside the no of the other scope; so
 * none is written while something of the other that restricts is not in Gantry's config.
 */
import type { ConfigChange, Finding, Layer } from "./findings.ts";
import { shownText } from "./shown.ts";

export type Scope = "user" | "project";

export function isInScope(layer: Layer, scope: Scope | undefined): boolean {
  return scope === undefined || (layer === "user") === (scope === "user");
}

const strictModes = ["plan", "dontAsk", "default"];

/** It asks, denies or stops something, or makes less go ahead. */
export function restricts({ key, how, value }: ConfigChange): boolean {
  if (key === "permissions.deny" || key === "permissions.ask" || key.startsWith("hooks.") || key.startsWith("sandbox."))
    return true;
  if (key === "permissions.mode") return strictModes.includes(String(value));
  const isEntry = how === "set" && typeof value === "object" && value !== null && !Array.isArray(value);
  return key.startsWith("mcpServers.") && isEntry && value["enabled"] === false;
}

/** By it something may go ahead unasked; a hook that judges calls may say yes. */
function mayAllow({ key, value }: ConfigChange): boolean {
  if (key === "permissions.allow" || key === "permissions.additionalDirectories") return true;
  if (key === "permissions.mode") return !strictModes.includes(String(value));
  return key === "hooks.PreToolUse" || key === "hooks.PermissionRequest";
}

/** All are settled: of the others only what Gantry's config does not hold has changes. */
export function inScopeOnly(findings: readonly Finding[], scope: Scope): Finding[] {
  const own = findings.filter(({ layer }) => isInScope(layer, scope));
  const open = findings.filter(({ layer, becomes = [] }) => !isInScope(layer, scope) && becomes.some(restricts));
  const [first] = open;
  if (first === undefined) return own;
  const more = open.length === 1 ? "" : `, and ${open.length - 1} more like it`;
  const why = `--scope ${scope} does not write ${shownText(first.what)} (${first.source})${more}; import without --scope, which writes both.`;
  return own.map((finding) => withoutYes(finding, why));
}

function withoutYes(finding: Finding, why: string): Finding {
  const { becomes, otherwise = [], ...told } = finding;
  if (becomes === undefined || !becomes.some(mayAllow)) return finding;
  const kept = becomes.filter((change) => !mayAllow(change));
  const asked = otherwise.filter(({ key }) => key === "permissions.ask");
  // A guard may say yes too: what it guards is asked about.
  const instead = finding.kind === "hook" ? [...kept, ...asked] : kept;
  const words = `It is left out: ${why}`;
  return { ...told, result: "stricter", ...(instead.length === 0 ? {} : { becomes: instead }), why: words };
}
