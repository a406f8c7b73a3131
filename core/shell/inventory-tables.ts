/** Of an inventory: the tables of the contract, row by row. */
import { errorTable } from "../contract/errors.ts";
import { eventTypes } from "../contract/events.ts";
import { exitCodes, exitTable } from "../contract/exit-codes.ts";
import { handlerSchemas } from "../contract/hook-config.ts";
import { hookPoints, hookTable } from "../contract/hooks.ts";
import type { InventoryItem } from "../contract/inventory.ts";
import { modeAliases, modes } from "../contract/modes.ts";
import { permissionKinds, permissionTable } from "../contract/permissions.ts";
import { publicEvents, publicEventTable } from "../contract/public-events.ts";
import { stopReasons, stopReasonTable } from "../contract/stop-reasons.ts";
import { item, plain } from "./inventory-item.ts";

export function hookPointItems(): InventoryItem[] {
  return hookPoints.map((point) => {
    const { kinds, onJudgeFailure, moment } = hookTable[point];
    const judged = (kinds as readonly string[]).includes("judge") ? { onJudgeFailure } : {};
    return item(point, "hook table", { summary: moment, facts: plain({ kinds, ...judged }) });
  });
}

/** Handlers of a type that this build refuses are not named. */
export function hookEventItems(): InventoryItem[] {
  return publicEvents.map((event) => {
    const { points, matches, types, guard, timeoutSeconds, absent } = publicEventTable[event];
    if (absent !== undefined) {
      const facts = { points: [], absent };
      return item(event, "public event table", { summary: absent, status: "declared-only", facts });
    }
    const runnable = types.filter((type) => Object.hasOwn(handlerSchemas, type));
    return item(event, "public event table", { facts: plain({ points, matches, types: runnable, guard, timeoutSeconds }) });
  });
}

/** `rank` 1 is the strictest. */
export function modeItems(): InventoryItem[] {
  return modes.map((mode, index) => {
    const aliases = Object.keys(modeAliases)
      .filter((alias) => modeAliases[alias] === mode)
      .sort();
    return item(mode, "mode list", { facts: { rank: index + 1, aliases } });
  });
}

export function permissionItems(): InventoryItem[] {
  return permissionKinds.map((kind) => {
    const { scope, performed, atLeast, allows } = permissionTable[kind];
    return item(kind, "permission table", { summary: allows, facts: { scope, performed, atLeast } });
  });
}

export function errorItems(): InventoryItem[] {
  return Object.entries(errorTable).map(([code, { audience, exit, hint }]) =>
    item(code, "error table", { facts: { audience, exit, hint } }),
  );
}

export function exitItems(): InventoryItem[] {
  return exitCodes.map((code) => item(String(code), "exit code table", { summary: exitTable[code].meaning }));
}

export function stopItems(): InventoryItem[] {
  return stopReasons.map((reason) => item(reason, "stop reason table", { summary: stopReasonTable[reason] }));
}

export function eventItems(): InventoryItem[] {
  return eventTypes.map((type) => item(type, "event table", {}));
}
