/** Which scopes a login asks for. */
import type { Discovered } from "./discovery.ts";

/** @param scope Words between blanks, as in RFC 6749. */
export function scopesOf(scope: string | undefined): string[] {
  return [...new Set((scope ?? "").split(" ").filter((word) => word !== ""))];
}

export function joinScopes(...lists: (readonly string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

interface Wishes {
  /** Of the config: these are asked for, and what the server demands beyond them. */
  configured: readonly string[] | undefined;
  /** What the server's refusals demanded. */
  demanded: readonly string[];
  /** Whether the login wants a refresh token. */
  isOffline: boolean;
}

/**
 * What the server demanded, else what its metadata list, else none at all: then the authorization server's own default
 * counts. `offline_access` is asked for where the authorization server lists it (the SDK 1.32.2 never adds it), and never
 * where it lists others only. undefined: no scope parameter.
 */
export function scopesToAsk(found: Discovered, { configured, demanded, isOffline }: Wishes): string[] | undefined {
  const base = joinScopes(configured, demanded);
  const asked = base.length > 0 ? base : (found.resourceScopes ?? []);
  const offered = found.metadata?.scopes_supported;
  const hasOffline = offered?.includes("offline_access") === true;
  const kept = offered !== undefined && !hasOffline ? asked.filter((scope) => scope !== "offline_access") : asked;
  if (kept.length === 0) return undefined;
  return isOffline && hasOffline ? joinScopes(kept, ["offline_access"]) : kept;
}
