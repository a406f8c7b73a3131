/** A small reading of Claw Code's permissions, written from what is known of it and not from the importer: rules compare raw text. */
import type { Verdict } from "./reference-claude.ts";

export interface ClawCall {
  tool: "bash" | "read_file" | "write_file" | "edit_file" | "glob_search" | "grep_search";
  /** Raw, as the model wrote it. */
  subject: string;
  /** A line that shows files and does nothing else: what it does, read_file does. */
  isReading?: boolean;
  /** Of a line of several: what could have been called one after the other to the same end. */
  parts?: ClawCall[];
}

export interface ClawConfig {
  permissions: { allow: string[]; ask: string[]; deny: string[]; defaultMode?: string };
}

const needs = { bash: 2, write_file: 1, edit_file: 1, read_file: 0, glob_search: 0, grep_search: 0 } as const;
const ranks: Readonly<Record<string, number>> = {
  default: 0,
  plan: 0,
  "read-only": 0,
  acceptEdits: 1,
  auto: 1,
  "workspace-write": 1,
  dontAsk: 2,
  "danger-full-access": 2,
};

export function clawVerdict(call: ClawCall, { permissions }: ClawConfig): Verdict {
  const speaks = (rules: readonly string[]): boolean => rules.some((rule) => ruleMatches(rule, call));
  if (speaks(permissions.deny)) return "deny";
  if (speaks(permissions.ask)) return "ask";
  if (speaks(permissions.allow)) return "allow";
  const rank = ranks[permissions.defaultMode ?? "danger-full-access"] ?? 2;
  const needed = call.isReading === true ? 0 : needs[call.tool];
  if (rank >= needed) return "allow";
  if (call.parts?.every((part) => clawVerdict(part, { permissions }) === "allow")) return "allow";
  return rank === 1 ? "ask" : "deny";
}

function ruleMatches(rule: string, { tool, subject }: ClawCall): boolean {
  const [, name = "", inner] = /^([\w-]+)(?:\((.*)\))?$/s.exec(rule) ?? [];
  if (name !== tool) return false;
  if (inner === undefined || inner === "" || inner === "*") return true;
  const text = inner.replaceAll(/\\([()\\])/g, "$1");
  return text.endsWith(":*") ? subject.startsWith(text.slice(0, -2)) : subject === text;
}
