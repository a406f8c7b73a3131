/** A hook of a config file that was looked at and can work. */
import type { HookHandler } from "../../contract/hook-config.ts";
import type { DeclaredHook } from "../../contract/host.ts";
import type { PublicEvent } from "../../contract/public-events.ts";
import type { Rule } from "../../permission/rules/rules.ts";

export interface ConfigHook {
  event: PublicEvent;
  /** 1-based, among all declared hooks of the event, broken ones too: layers lowest first, then as in the file. */
  order: number;
  layer: DeclaredHook["layer"];
  /** `file:line`, a variable, or a flag. */
  source: string;
  base: string;
  /** As written; absent when it matches all. */
  matcher?: string;
  /** Compares the tool's name, or the event's field. An event without either gives undefined, which matches. */
  matches(value: string | undefined): boolean;
  /** Its `if`. */
  rule?: Rule;
  handler: HookHandler;
  timeoutMs: number;
  /** Always `continue` for what is no guard. */
  onFailure: "block" | "continue";
  /** It can stop something, and is waited for. */
  guard: boolean;
  /** At most one run in a session. */
  once: boolean;
  /** Runs in the background and decides nothing. */
  isAsync: boolean;
}
