/**
 * Trust in what a project's own file asks for beyond a fresh project: those parts wait until this user has seen them. The
 * record is this user's own, by the project's real path, with a hash of the parts; when the parts change it no longer fits.
 */
import { join } from "node:path";
import type { TrustStatus } from "../core/contract/host.ts";
import { type Mode, modes } from "../core/contract/modes.ts";
import { readText, removeFile, writeOwn } from "./files.ts";
import type { Entry } from "./fragment.ts";
import { projectSlug, sha256 } from "./paths.ts";
import type { Config } from "./schema.ts";

export type TrustPart = TrustStatus["parts"][number];

/** Entries that need trust, with what they ask for in plain words; the others hold as they are. */
export interface Division {
  held: Entry[];
  free: Entry[];
  parts: TrustPart[];
}

/** `lower` is the config without the project: an entry that loosens nothing in it needs no trust. Deny and ask rules never do. */
export function divide(entries: readonly Entry[], lower: Config): Division {
  const division: Division = { held: [], free: [], parts: [] };
  for (const entry of entries) {
    const what = asksFor(entry, lower);
    if (what === undefined) division.free.push(entry);
    else {
      division.held.push(entry);
      division.parts.push({ what, source: entry.from.source });
    }
  }
  return division;
}

/** SHA-256 of the held entries, whatever their order. */
export function trustHash(held: readonly Entry[]): string {
  const lines = held.map(({ key, value }) => JSON.stringify([key, value])).sort();
  return sha256(JSON.stringify(lines));
}

/** One record per project, so that two processes never overwrite each other's. */
export function createTrustStore(stateHome: string, project: string) {
  const file = (): string => join(stateHome, "trust", `${projectSlug(project)}.json`);
  return {
    file,
    async state(held: readonly Entry[]): Promise<TrustStatus["state"]> {
      if (held.length === 0) return "nothing-to-trust";
      const recorded = recordedHash((await readText(file())) ?? "", project);
      if (recorded === undefined) return "untrusted";
      return recorded === trustHash(held) ? "trusted" : "changed";
    },
    async grant(held: readonly Entry[]): Promise<void> {
      const record = { project, sha256: trustHash(held), grantedAt: new Date().toISOString() };
      await writeOwn(file(), `${JSON.stringify(record, null, 2)}\n`);
    },
    /** True when there was a record. */
    async revoke(): Promise<boolean> {
      return await removeFile(file());
    },
  };
}

/** A record that cannot be read, or is another project's, is none. */
function recordedHash(text: string, project: string): string | undefined {
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record !== "object" || record === null) return undefined;
    if (!("project" in record && "sha256" in record) || record.project !== project) return undefined;
    return typeof record.sha256 === "string" ? record.sha256 : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const bounds: Readonly<Record<string, (config: Config) => number | undefined>> = {
  "limits.maxTurns": ({ limits }) => limits.maxTurns,
  // Not set is no limit: nothing can raise it.
  "limits.maxCostUsd": ({ limits }) => limits.maxCostUsd ?? Number.POSITIVE_INFINITY,
  "limits.timeoutSeconds": ({ limits }) => limits.timeoutSeconds ?? Number.POSITIVE_INFINITY,
  "limits.toolTimeoutMs": ({ limits }) => limits.toolTimeoutMs,
  "limits.toolOutputBytes": ({ limits }) => limits.toolOutputBytes,
  "limits.toolOutputLines": ({ limits }) => limits.toolOutputLines,
  "limits.parallelReads": ({ limits }) => limits.parallelReads,
  "providers.anthropic.maxOutputTokens": ({ providers }) => providers.anthropic.maxOutputTokens,
  "providers.anthropic.thinkingBudgetTokens": ({ providers }) => providers.anthropic.thinkingBudgetTokens ?? 0,
};

function asksFor({ key, value, written }: Entry, lower: Config): string | undefined {
  const shown = printable(String(value));
  if (key === "permissions.allow") return `allow rule ${shown}`;
  if (key === "permissions.additionalDirectories") return `access to the folder ${shown}`;
  if (key.startsWith("env.")) return `environment variable ${printable(key.slice(4))}=${shown}`;
  if (/^providers\..+\.baseUrl$/.test(key)) return `model requests sent to ${shown}`;
  if (key === "model") return shown.startsWith("scripted/") ? `the scripted model ${shown}` : undefined;
  if (key === "permissions.mode") {
    return isLooser(value as Mode, lower.permissions.mode) ? `permission mode ${written ?? shown}` : undefined;
  }
  const bound = bounds[key]?.(lower);
  return bound !== undefined && Number(value) > bound ? `${key} raised from ${bound} to ${shown}` : undefined;
}

/** A project's words may hold terminal codes and invisible letters; here they are spelled out. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16) ?? ""}}`);
}

/** Whether `mode` lets more happen without a question than `other`. */
function isLooser(mode: Mode, other: Mode): boolean {
  return modes.indexOf(mode) > modes.indexOf(other);
}
