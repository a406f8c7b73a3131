/** Files that count for a part of the project only, or not at all there: of these only what restricts is taken. */
import path from "node:path";
import { addRule, type ConfigChange, type Finding, type Place } from "./findings.ts";

/** The project root and each folder from there down to where the agent would be started. */
export function levelsOf({ project, cwd = project }: Place): string[] {
  const inner = path.relative(project, cwd);
  if (inner === "" || inner === ".." || inner.startsWith(`..${path.sep}`) || path.isAbsolute(inner)) return [project];
  const names = inner.split(path.sep);
  return [project, ...names.map((_, at) => path.join(project, ...names.slice(0, at + 1)))];
}

/** What a folder's own files say counts there only; a file of Gantry counts in the whole project. */
export const belowWhy =
  "It counts only in a part of the project there, and here it would in all of it; only what restricts is taken";

interface Partly {
  why: string;
  /** What is found already; a mode must be at least as strict as any of it. Absent: no mode is taken. */
  before?: readonly Finding[];
}

/** What it denies or asks stays. A yes, a mode that lets more go ahead, a server and a value are left out, and said to be. */
export function onlyRestricting(findings: readonly Finding[], { why, before }: Partly): Finding[] {
  const least = before === undefined ? Number.POSITIVE_INFINITY : Math.max(1, ...before.flatMap(modeRanks));
  return findings.map((finding) => {
    const { becomes, otherwise: _, ...told } = finding;
    if (becomes === undefined) return finding.result === "already-there" ? { ...told, result: "not-mapped", why } : finding;
    const kept = becomes.flatMap((change) => restricting(change, finding, least));
    if (kept.length === becomes.length && kept.every((change, at) => change === becomes[at])) return finding;
    const words = finding.why === undefined ? why : `${why}. ${finding.why}`;
    return { ...told, result: "stricter", ...(kept.length === 0 ? {} : { becomes: kept }), why: words };
  });
}

const ranks: Readonly<Record<string, number>> = { default: 1, plan: 2, dontAsk: 3 };

function modeRanks({ becomes = [] }: Finding): number[] {
  return becomes.flatMap(({ key, value }) => (key === "permissions.mode" ? (ranks[String(value)] ?? 0) : []));
}

function restricting(change: ConfigChange, { otherwise = [] }: Finding, least: number): ConfigChange[] {
  const { key, value } = change;
  if (key === "permissions.ask" || key === "permissions.deny") return [change];
  if (key === "permissions.mode") return (ranks[String(value)] ?? 0) >= least ? [change] : [];
  if (key === "sandbox.shell") return value === "require" ? [change] : [];
  // A hook may also say yes: in its place what it guards is asked about.
  if (key.startsWith("hooks.")) return otherwise.filter((other) => other.key === "permissions.ask");
  const server = /^mcpServers\.([\w-]+)$/.exec(key)?.[1];
  const isOff = typeof value === "object" && value !== null && !Array.isArray(value) && value["enabled"] === false;
  return server !== undefined && isOff ? [addRule("deny", `mcp__${server}`)] : [];
}
