/** Data as a file says it, and the places in it. */
export { isObject } from "../core/contract/messages.ts";

export type KeyPath = readonly (string | number)[];
