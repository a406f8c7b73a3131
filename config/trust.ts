/**
 * Trust in what a project's own file asks for beyond a fresh project: those parts wait until this user has seen them. The
 * record is this user's own, by the project's real path, with a hash of the parts; when the parts change it no longer fits.
 */
import { join } from "node:path";
import type { GuestLimits } from "../core/contract/guest.ts";
import type { TrustStatus } from "../core/contract/host.ts";
import type { Json } from "../core/contract/messages.ts";
import { type Mode, modes } from "../core/contract/modes.ts";
import { printable } from "../core/contract/printable.ts";
import { defaults } from "./defaults.ts";
import { readText, removeFile, writeOwn } from "./files.ts";
import { type Entry, isObject } from "./fragment.ts";
import { serverWords } from "./mcp-words.ts";
import { projectSlug, sha256 } from "./paths.ts";
import { pluginWords } from "./plugin-entries.ts";
import type { Config } from "./schema.ts";
import { shown } from "./secrets.ts";

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

/** SHA-256 of the held entries, whatever their order, and of the files that are bound with them. */
export function trustHash(held: readonly Entry[], seals: readonly (readonly [file: string, content: string])[] = []): string {
  const lines = [...held.map(({ key, value }) => JSON.stringify([key, value])), ...seals.map((seal) => JSON.stringify(seal))];
  lines.sort();
  return sha256(JSON.stringify(lines));
}

/** One record per project, so that two processes never overwrite each other's. */
export function createTrustStore(stateHome: string, project: string) {
  const file = (): string => join(stateHome, "trust", `${projectSlug(project)}.json`);
  return {
    file,
    /** `hash` of what asks for trust now; undefined when nothing does. */
    async state(hash: string | undefined): Promise<TrustStatus["state"]> {
      if (hash === undefined) return "nothing-to-trust";
      const recorded = recordedHash((await readText(file())) ?? "", project);
      if (recorded === undefined) return "untrusted";
      return recorded === hash ? "trusted" : "changed";
    },
    async grant(hash: string): Promise<void> {
      const record = { project, sha256: hash, grantedAt: new Date().toISOString() };
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

/** From the one that confines least. */
const sandboxWords: readonly string[] = ["off", "auto", "require"];

const bounds: Readonly<Record<string, (config: Config) => number | undefined>> = {
  "limits.maxTurns": ({ limits }) => limits.maxTurns,
  // Not set is no limit: nothing can raise it.
  "limits.maxCostUsd": ({ limits }) => limits.maxCostUsd ?? Number.POSITIVE_INFINITY,
  "limits.timeoutSeconds": ({ limits }) => limits.timeoutSeconds ?? Number.POSITIVE_INFINITY,
  "limits.toolTimeoutMs": ({ limits }) => limits.toolTimeoutMs,
  "limits.toolOutputBytes": ({ limits }) => limits.toolOutputBytes,
  "limits.toolOutputLines": ({ limits }) => limits.toolOutputLines,
  "limits.parallelReads": ({ limits }) => limits.parallelReads,
  "limits.mcpToolsPercent": ({ limits }) => limits.mcpToolsPercent,
  ...quotaBounds(),
  "providers.anthropic.maxOutputTokens": ({ providers }) => providers.anthropic.maxOutputTokens,
  "providers.anthropic.thinkingBudgetTokens": ({ providers }) => providers.anthropic.thinkingBudgetTokens ?? 0,
};

function quotaBounds(): Record<string, (config: Config) => number> {
  const { require: _require, ...quotas } = defaults.isolation;
  return Object.fromEntries(
    (Object.keys(quotas) as (keyof GuestLimits)[]).map((name) => [
      `isolation.${name}`,
      ({ isolation }: Config) => isolation[name],
    ]),
  );
}

function asksFor({ key, value, written }: Entry, lower: Config): string | undefined {
  const text = printable(String(value));
  if (key === "permissions.allow") return `allow rule ${text}`;
  if (key === "permissions.additionalDirectories") return `access to the folder ${text}`;
  if (key.startsWith("env.")) return `environment variable ${printable(key.slice(4))}=${text}`;
  if (/^providers\..+\.baseUrl$/.test(key)) return `model requests sent to ${text}`;
  if (key === "model") return text.startsWith("scripted/") ? `the scripted model ${text}` : undefined;
  if (key.startsWith("hooks.") && isEmptyGroup(value)) return undefined;
  if (key.startsWith("hooks.")) return `a hook on ${printable(key.slice("hooks.".length))}${hookText(shown(value, key))}`;
  if (key.startsWith("mcpServers.")) return `MCP server ${printable(key.slice("mcpServers.".length))}: ${serverWords(value)}`;
  if (key === "claudeSettings") return `reading the ${text} settings of .claude`;
  if (key === "sandbox.shell") {
    const weaker = sandboxWords.indexOf(text) < sandboxWords.indexOf(lower.sandbox.shell);
    return weaker ? `sandbox.shell ${text} in place of ${lower.sandbox.shell}` : undefined;
  }
  if (key === "plugins") return printable(pluginWords(shown(value, key)));
  if (key === "isolation.require") {
    return text === "none" && lower.isolation.require === "os" ? "isolation.require none in place of os" : undefined;
  }
  if (key === "policy.edits") {
    return text === "off" && lower.policy.edits !== "off" ? "policy.edits off: no question before guarded edits" : undefined;
  }
  if (key === "permissions.mode") {
    return isLooser(value as Mode, lower.permissions.mode) ? `permission mode ${written ?? text}` : undefined;
  }
  const bound = bounds[key]?.(lower);
  return bound !== undefined && Number(value) > bound ? `${key} raised from ${bound} to ${text}` : undefined;
}

function isEmptyGroup(value: Json): boolean {
  return isObject(value) && Array.isArray(value["hooks"]) && value["hooks"].length === 0;
}

/** ` of Bash: ./check.sh --fast`: the matcher, and what would be run or called. A list of arguments is shown as one, never as a line. */
function hookText(value: Json): string {
  const { matcher, hooks } = isObject(value) ? value : {};
  const [handler] = Array.isArray(hooks) ? hooks : [];
  if (!isObject(handler)) return "";
  const { command, args, url, prompt, type } = handler;
  const what = [command ?? url ?? prompt ?? `of type ${String(type)}`, ...(args === undefined ? [] : [JSON.stringify(args)])];
  const condition = handler["if"] === undefined ? "" : ` if ${String(handler["if"])}`;
  return printable(`${matcher === undefined ? "" : ` of ${String(matcher)}`}${condition}: ${what.map(String).join(" ")}`);
}

/** Whether `mode` lets more happen without a question than `other`. */
function isLooser(mode: Mode, other: Mode): boolean {
  return modes.indexOf(mode) > modes.indexOf(other);
}
