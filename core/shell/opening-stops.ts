/** Why no run would start in a folder: the very checks that a run makes, each made whatever the others found. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { needsTrust, refuseProblems, trustRequired } from "../../config/usable.ts";
import { type Community, refuseUnusable } from "../community/found.ts";
import { describeError } from "../contract/errors.ts";
import type { ConfigProblem } from "../contract/host.ts";
import type { Opening } from "../contract/surface.ts";
import { refuseRootBypass } from "../permission/modes.ts";
import type { Registry } from "../registry.ts";
import { findProvider } from "../session-model.ts";

interface Looked {
  config: LoadedConfig;
  community: Community;
  problems: readonly ConfigProblem[];
  registry: Registry;
}

/** In the order in which a run would find them. */
export async function openingStops({ config, community, problems, registry }: Looked): Promise<Opening["stops"]> {
  const { mode } = config.config.permissions;
  const checks = [
    () => refuseUnusable({ ...community, left: [] }),
    () => refuseProblems(problems),
    () => {
      if (needsTrust(config.trust)) throw trustRequired(config.trust);
    },
    () => refuseUnusable({ ...community, waiting: [] }),
    () => refuseRootBypass({ mode, uid: process.getuid?.(), allowed: false }),
    async () => void (await findProvider(config.config.model, { registry, config })),
  ];
  const stops: Opening["stops"] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      const { code, message, hint } = describeError(error);
      stops.push({ code, message, hint });
    }
  }
  return stops;
}
