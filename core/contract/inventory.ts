/**
 * An inventory: what a system offers, part by part, as data. Gantry's own is made from its registry and tables; anybody
 * can write one for another system. Types only; plugins/parity reads and checks the files.
 */
import type { JsonObject } from "./messages.ts";

/** Whether the thing does what its name says: `shallow` does some of it, `declared-only` none. */
export type ItemStatus = "real" | "shallow" | "declared-only";

export interface InventoryItem {
  /** Unique in its part. */
  name: string;
  /** Who offers it: `shell`, `plugin files`, `plugin notes 1.2.0 (community)`, or the table it is a row of. */
  source: string;
  summary?: string;
  /** Absent: real. */
  status?: ItemStatus;
  /** What an audit compares beside the name: a tool's schema and effect, a command's arguments and flags, a row's columns. */
  facts?: JsonObject;
}

/** Parts of Gantry's own inventory, in the order they are written. Another system may lack some and have others. */
export const inventoryParts = [
  "tools",
  "commands",
  "flags",
  "slash-commands",
  "hook-points",
  "hook-events",
  "permission-modes",
  "permission-kinds",
  "error-codes",
  "exit-codes",
  "stop-reasons",
  "session-events",
  "config-keys",
  "providers",
  "plugins",
  "scenarios",
] as const;

export type InventoryPart = (typeof inventoryParts)[number];

export interface Inventory {
  format: "gantry-inventory/1";
  system: { name: string; version: string };
  /** For readers: where the facts are from. */
  about?: string;
  /** Items sorted by name, by code units. */
  parts: Record<string, InventoryItem[]>;
}
