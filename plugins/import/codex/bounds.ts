/**
 * What `requirements.toml` bounds: the pairs of approval and sandbox, servers, and hooks of users. One that cannot be read for
 * certain bounds everything. Source: developers.openai.com/codex/enterprise/managed-configuration.
 */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, own, textsOf } from "../fields.ts";
import type { Table } from "../table.ts";

export interface Bounds {
  /** Whether this pair may be what counts. */
  allows(policy: Json | undefined, sandbox: Json | undefined): boolean;
  /** Whether an entry of `mcp_servers` may be started. */
  allowsServer(name: string, entry: JsonObject): boolean;
  /** Hooks of users and projects do not run. */
  hooksOff: boolean;
}

export const unbounded: Bounds = { allows: () => true, allowsServer: () => true, hooksOff: false };

/** Keys that bound nothing about what goes ahead, or whose meaning is taken over elsewhere. */
const known = new Set(
  (
    "allowed_approval_policies allowed_sandbox_modes allowed_web_search_modes hooks allow_managed_hooks_only mcp_servers rules " +
    "enforce_residency"
  ).split(" "),
);

export function boundsOf({ data }: Table): Bounds {
  const isKnown = Object.keys(data).every((key) => known.has(key));
  const within = (key: string, value: Json | undefined): boolean => {
    const allowed = own(data, key);
    return allowed === undefined || (typeof value === "string" && (textsOf(allowed)?.includes(value) ?? false));
  };
  const servers = own(data, "mcp_servers");
  return {
    allows: (policy, sandbox) =>
      isKnown && within("allowed_approval_policies", policy) && within("allowed_sandbox_modes", sandbox),
    allowsServer: (name, entry) => servers === undefined || isSame(isObject(servers) ? own(servers, name) : undefined, entry),
    hooksOff: own(data, "allow_managed_hooks_only") === true,
  };
}

/** By the command or the url that it must have. */
function isSame(approved: Json | undefined, entry: JsonObject): boolean {
  const identity = isObject(approved) ? own(approved, "identity") : undefined;
  if (!isObject(identity)) return false;
  const keys = Object.keys(identity);
  return keys.length > 0 && keys.every((key) => typeof identity[key] === "string" && identity[key] === own(entry, key));
}
