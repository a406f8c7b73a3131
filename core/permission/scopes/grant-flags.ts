/**
 * Grants on a command line: `KIND=SCOPE`, lists by commas or by saying the flag again, `KIND` alone for a plain yes, and JSON
 * where commas or spaces belong to a scope: `process.host=["npx","-y","server"]`.
 */
import { hookPoints } from "../../contract/hooks.ts";
import { type Grants, type PermissionKind, permissionKinds, permissionTable } from "../../contract/permissions.ts";
import { type ReadGrants, readGrants } from "./read-grants.ts";

/** What the flags say together, and everything that is wrong with them. */
export function parseGrantFlags(flags: readonly string[]): ReadGrants {
  const { value, problems } = gather(flags);
  const read = readGrants(value);
  return { grants: read.grants, problems: [...problems, ...read.problems] };
}

/** The same for taking away: a kind alone takes all of it. */
export function parseRevokeFlags(flags: readonly string[]): { taken: Record<string, unknown>; problems: string[] } {
  const whole = flags.filter((flag) => !flag.includes("="));
  const { grants, problems } = parseGrantFlags(flags.filter((flag) => flag.includes("=")));
  const taken: Record<string, unknown> = { ...grants };
  for (const kind of whole) {
    if (permissionKinds.some((each) => each === kind)) taken[kind] = true;
    else problems.push(...readGrants({ [kind]: true }).problems);
  }
  return { taken, problems };
}

/** The flags that parse to these grants, one a kind, for a POSIX shell to take as they are. */
export function printGrantFlags(grants: Grants): string[] {
  return permissionKinds.flatMap((kind) => {
    const scope = grants[kind];
    return scope === undefined ? [] : [`--grant ${quoteWord(`${kind}${scopeText(kind, scope)}`)}`];
  });
}

/** One word of a shell line. */
export function quoteWord(word: string): string {
  return /^[A-Za-z0-9_@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function scopeText(kind: PermissionKind, scope: unknown): string {
  if (scope === true) return "";
  if (typeof scope === "string") return `=${scope}`;
  if (!Array.isArray(scope)) return `=${(scope as { tokensPerSession: number }).tokensPerSession}`;
  const plain = scope.join(",");
  const isPlain = permissionTable[kind].scope !== "argvs" && isSame(splitList(kind, plain), scope) && !/^\s*[[{"]/.test(plain);
  return `=${isPlain ? plain : JSON.stringify(scope)}`;
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function gather(flags: readonly string[]): { value: Record<string, unknown>; problems: string[] } {
  // No prototype: a kind may be called __proto__ by who wants to see what happens.
  const value: Record<string, unknown> = Object.create(null);
  const problems: string[] = [];
  for (const flag of flags) {
    const at = flag.indexOf("=");
    const key = at === -1 ? flag : flag.slice(0, at);
    const kind = permissionKinds.find((each) => each === key);
    if (kind === undefined) {
      value[key] = true;
      continue;
    }
    const said = at === -1 ? undefined : flag.slice(at + 1);
    const scope = readScope(kind, said);
    if (scope === undefined) problems.push(`${kind}: names no scope; write ${kind}=${examples[permissionTable[kind].scope]}`);
    else if (scope instanceof SyntaxError) problems.push(`${kind}: ${said?.slice(0, 80)} is no JSON: ${scope.message}`);
    else value[kind] = Array.isArray(scope) && Array.isArray(value[kind]) ? [...value[kind], ...scope] : scope;
  }
  return { value, problems };
}

const examples: Record<(typeof permissionTable)[PermissionKind]["scope"], string> = {
  paths: "'./notes/**'",
  commands: "'git log:*'",
  hosts: "api.example.com",
  names: "NOTES_TOKEN",
  taps: "turn.end",
  argvs: `'["npx","-y","server"]'`,
  bytes: "1MiB",
  tokens: "20000",
  sessions: "own",
  yes: "true",
};

function readScope(kind: PermissionKind, said: string | undefined): unknown {
  const form = permissionTable[kind].scope;
  if (said === undefined || said === "") return form === "yes" && said === undefined ? true : undefined;
  if (/^\s*[[{"]/.test(said)) {
    try {
      const value: unknown = JSON.parse(said);
      // One argument list without the list around it.
      return form === "argvs" && Array.isArray(value) && value.every((word) => typeof word === "string") ? [value] : value;
    } catch (error) {
      if (error instanceof SyntaxError) return error;
      throw error;
    }
  }
  switch (form) {
    case "yes":
      return said === "true" || said === "yes" ? true : said;
    case "tokens":
      return { tokensPerSession: /^\d[\d_]*$/.test(said) ? Number(said.replaceAll("_", "")) : said };
    case "bytes":
    case "sessions":
      return said;
    case "argvs":
      return [said.split(/ +/).filter((word) => word !== "")];
    default:
      return splitList(kind, said);
  }
}

/** Commas separate entries; in the tools of a tap they separate tools, so that what is no point belongs to the tap before. */
function splitList(kind: PermissionKind, text: string): string[] {
  const parts = text.split(",");
  if (kind !== "hook.tap") return parts;
  const taps: string[] = [];
  for (const part of parts) {
    const isTool =
      taps.at(-1)?.includes(":") === true && !hookPoints.some((point) => point === part.split(":")[0]) && !part.includes(".");
    if (isTool) taps.push(`${taps.pop()},${part}`);
    else taps.push(part);
  }
  return taps;
}
