/** The refusal of an effect, in the same words in every tier: what was asked for, and what the plugin holds. */
import { type ErrorCode, GantryError } from "../core/contract/errors.ts";
import type { Grants, PermissionKind } from "../core/contract/permissions.ts";

/** PERMISSION_DENIED, unless the effect has a code of its own for it. */
export function denied(
  plugin: string,
  kind: PermissionKind,
  { scope, what, code = "PERMISSION_DENIED" }: { scope: Grants[PermissionKind]; what: string; code?: ErrorCode },
): GantryError {
  return new GantryError(code, `${plugin} may not ${what}; it holds ${heldWords(kind, scope)}.`, {
    detail: { plugin, kind },
  });
}

function heldWords(kind: PermissionKind, scope: Grants[PermissionKind]): string {
  if (scope === undefined || (Array.isArray(scope) && scope.length === 0)) return `no ${kind}`;
  if (scope === true) return kind;
  if (!Array.isArray(scope)) return `${kind} for ${typeof scope === "string" ? scope : JSON.stringify(scope)}`;
  return `${kind} for ${scope.map((one: unknown) => (typeof one === "string" ? one : JSON.stringify(one))).join(", ")}`;
}
