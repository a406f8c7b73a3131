/** host.hooks: the hooks of this project, what would run, and what ran. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { GantryError } from "../contract/errors.ts";
import type { HooksHost } from "../contract/host.ts";
import type { HostOptions } from "./host-options.ts";

export function createHooksHost(_options: HostOptions, _loaded: () => Promise<LoadedConfig>): HooksHost {
  throw new GantryError("INTERNAL", "not built yet");
}
