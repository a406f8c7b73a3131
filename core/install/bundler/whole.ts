/** The last look at a bundle before it leaves: what the realm would refuse is refused here, where the author can read it. */
import { Script } from "node:vm";
import { refusedByRealm } from "./escape.ts";

/** Why the realm could not evaluate `source`, or undefined. Nothing of it is run. */
export function unparsed(source: string): string | undefined {
  for (const pattern of refusedByRealm) {
    const match = pattern.exec(source);
    if (match) return `The bundle holds text that no plugin's code may hold: ${around(source, match.index)}`;
  }
  try {
    new Script(`"use strict";${source}`, { filename: "plugin.js" });
    return undefined;
  } catch (error) {
    return `The bundle is not a script in strict mode: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function around(source: string, at: number): string {
  return JSON.stringify(source.slice(Math.max(0, at - 40), at + 40));
}
