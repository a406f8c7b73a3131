/** Plugins that a run goes without: why, what is said of it, and the judges that deny in their place. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { codeOf, GantryError, messageOf } from "../contract/errors.ts";
import type { TapManifest } from "../contract/manifest.ts";
import type { Grants } from "../contract/permissions.ts";
import type { AnyTap } from "../contract/plugin.ts";
import type { Hooks } from "../hooks.ts";
import { coversTap, parseTapScope } from "../permission/scopes/tap-scope.ts";
import { sourceOf } from "../plugin-store/installed.ts";
import type { Community, CommunityPlugin, LeftOut } from "./found.ts";
import type { Teller } from "./news.ts";
import { missingJudges } from "./remote-plugin.ts";

type Refusal = Pick<LeftOut, "code" | "message"> & { byUser?: true };

/** Why a plugin that was fine on disk is not loaded. A judge on plugin.load is the user's own word: nothing is denied in its place. */
export async function refusalOf(
  plugin: CommunityPlugin,
  { boundary, hooks }: { boundary: string | undefined; hooks: Hooks },
): Promise<Refusal | undefined> {
  const { name, version, scope, lock, grants, required } = plugin;
  if (boundary !== undefined) return { code: "ISOLATION_UNAVAILABLE", message: boundary };
  const ruling = await hooks.judge("plugin.load", { plugin: name, version, scope, sha512: lock.sha512, grants });
  let refusal: Refusal | undefined;
  if (ruling.verdict !== "allow")
    refusal = {
      code: "PLUGIN_STOPPED",
      message: `${ruling.by} left it out: ${ruling.reason ?? "no reason given"}`,
      byUser: true,
    };
  else if (required) {
    // Of the others the first call finds it out.
    refusal = await sourceOf({ ...plugin, sha512: lock.sha512 }).then(
      () => undefined,
      (error: unknown): Refusal => ({ code: codeOf(error) ?? "PLUGIN_INVALID", message: messageOf(error) }),
    );
  }
  if (refusal !== undefined && required)
    throw new GantryError("PLUGIN_REQUIRED", `${name} is required and not usable: ${refusal.code}: ${refusal.message}`);
  return refusal;
}

export async function missingBoundary({ taken }: Community, { config }: LoadedConfig): Promise<string | undefined> {
  if (config.isolation.require !== "os" || taken.length === 0) return undefined;
  const { osBoundary } = await import("../../workers/guests/os-boundary.ts");
  const { works, why } = await osBoundary();
  if (works) return undefined;
  const message = `ISOLATION_UNAVAILABLE: isolation.require is os, and this machine has no boundary of the operating system for plugins: ${why}`;
  const required = taken.filter((plugin) => plugin.required).map(({ name }) => name);
  if (required.length > 0) throw new GantryError("PLUGIN_REQUIRED", `${required.join(", ")}: ${message}`);
  return message;
}

export function leaveOut(
  { plugin, message, byUser }: LeftOut & Partial<Refusal>,
  { hooks, tell }: { hooks: Hooks; tell: Teller },
): void {
  const { name, manifest, grants, lock } = plugin;
  tell.note(name, `it is left out: ${message}`);
  if (byUser === true) return;
  const taps = manifest?.contributes.taps ?? judgesIn(Object.keys(grants).length > 0 ? grants : lock.asks);
  // Of a broken one nobody knows what it holds; of the others a judge that the user never let in is missed by nobody.
  const held = plugin.state === "broken" ? taps : taps.filter((tap) => coversTap(grants["hook.tap"] ?? [], tap));
  for (const tap of missingJudges(name, held, message)) tapSoftly(name, tap, hooks);
}

/** A tap that its point does not take is one that was never there. */
function tapSoftly(name: string, tap: AnyTap, hooks: Hooks): void {
  try {
    hooks.tap(name, tap);
  } catch (error) {
    if (codeOf(error) !== "PLUGIN_INVALID") throw error;
  }
}

/** The judges of calls that a plugin without a readable manifest would have had, by what it asked for. */
function judgesIn({ "hook.tap": scopes = [] }: Grants): TapManifest[] {
  return scopes.flatMap((scope) => {
    const parsed = parseTapScope(scope);
    if (typeof parsed === "string" || (parsed.on !== "tool.approve" && parsed.on !== "tool.ask")) return [];
    const { on, tools } = parsed;
    return [{ on, kind: "judge" as const, name: on, stage: 0, ...(tools === undefined ? {} : { tools: [...tools] }) }];
  });
}
