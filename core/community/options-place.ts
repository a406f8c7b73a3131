/** Wrong options are the user's to mend: the error says where they were given. */
import { codeOf, GantryError, messageOf } from "../contract/errors.ts";
import type { CommunityPlugin } from "./found.ts";

/** The same error, unless it is about options that the config gives. */
export function withOptionsPlace(error: unknown, { optionsAt }: Pick<CommunityPlugin, "optionsAt">): unknown {
  if (codeOf(error) !== "PLUGIN_OPTIONS_INVALID" || optionsAt === undefined) return error;
  return new GantryError("PLUGIN_OPTIONS_INVALID", `${messageOf(error)}\nThe config gives them at ${optionsAt}.`, {
    cause: error,
  });
}
