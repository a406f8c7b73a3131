/** host.permissions: what the rules of this project say, and why. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { GantryError } from "../contract/errors.ts";
import type { PermissionsHost } from "../contract/host.ts";
import type { HostOptions } from "./host-options.ts";

export function createPermissionsHost(_options: HostOptions, _loaded: () => Promise<LoadedConfig>): PermissionsHost {
  throw new GantryError("INTERNAL", "not built yet");
}
