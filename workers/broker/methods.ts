/** THE table of methods that a plugin may ask for. Looked up in a Map: no name of an object's own can be one. */
import { fileMethods } from "./files.ts";
import type { Method } from "./method.ts";
import { netMethods } from "./net.ts";
import { programMethods } from "./programs.ts";
import { sessionMethods } from "./session.ts";

export const methods: ReadonlyMap<string, Method> = new Map([
  ...fileMethods,
  ...netMethods,
  ...programMethods,
  ...sessionMethods,
]);
