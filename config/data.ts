/** Data as a file says it, and the places in it. */
export { isObject } from "../core/contract/messages.ts";

export type KeyPath = readonly (string | number)[];

/** Levels inside each other: many times what a config needs; parsers call themselves for each. */
export const deepest = 64;
