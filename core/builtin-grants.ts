/** What the default config grants a built-in; nothing to anybody else. */
import { builtinPlugins } from "../config/defaults.ts";
import type { Grants } from "./contract/permissions.ts";

export function grantsOfBuiltin(plugin: string): Grants {
  return builtinPlugins.find(({ name }) => name === plugin)?.grants ?? {};
}
