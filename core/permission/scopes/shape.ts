/** Whether a value has the shape of grants: fast, for files of the user's own that were checked when they were written. */
import { type Grants, isHostKind, type PermissionKind, permissionTable } from "../../contract/permissions.ts";

/**
 * Known kinds with scopes of the right types. A text in them that is no scope covers nothing (core/permission/grants.ts);
 * read-grants.ts says what is wrong with it, and is not loaded for this.
 */
export function hasShapeOfGrants(value: unknown): value is Grants {
  return misfitIn(value) === undefined;
}

/** What of a value is no permission, in words; undefined when all of it fits. */
export function misfitIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "they are not an object of permissions";
  const wrong = Object.entries(value).find(([key, scope]) => !fits(key, scope));
  return wrong === undefined
    ? undefined
    : `${JSON.stringify(wrong[0].slice(0, 80))} is no permission of a plugin, or has no scope of its kind`;
}

function fits(key: string, scope: unknown): boolean {
  if (!Object.hasOwn(permissionTable, key) || isHostKind(key as PermissionKind)) return false;
  switch (permissionTable[key as PermissionKind].scope) {
    case "argvs":
      return Array.isArray(scope) && scope.every(isTexts);
    case "bytes":
      return typeof scope === "string";
    case "tokens":
      return (
        typeof scope === "object" && scope !== null && "tokensPerSession" in scope && typeof scope.tokensPerSession === "number"
      );
    case "sessions":
      return scope === "own" || scope === "all";
    case "yes":
      return scope === true;
    default:
      return isTexts(scope);
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 64 && value.every((text) => typeof text === "string" && text.length <= 4096);
}
