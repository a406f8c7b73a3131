/** The environment of every command of a scenario, and which names of it a step may set itself. */
import path from "node:path";

interface EnvironmentPlaces {
  home: string;
  temp: string;
  cache: string;
  modelUrl: string;
}

export function environmentOf({ home, temp, cache, modelUrl }: EnvironmentPlaces): Record<string, string> {
  return {
    PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: home,
    TMPDIR: temp,
    XDG_CACHE_HOME: cache,
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    ANTHROPIC_API_KEY: "scenario-key",
    ANTHROPIC_BASE_URL: modelUrl,
  };
}

/** Of names that say where a command reads and writes: elsewhere are the user's own files. */
const fixed = /^(?:PATH|HOME|TMPDIR|TMP|TEMP|GANTRY_HOME|XDG_\w+)$/;
const loopback = /^(?:http:\/\/127\.0\.0\.1(?::\d+)?(?:\/|$)|\{\{model\}\})/;

/** Why a step may not set this variable, if so. */
export function variableProblem(name: string, value: string): string | undefined {
  if (fixed.test(name)) return `${name} is set by the player, so that nothing outside of the scenario's folders is touched`;
  if (name.endsWith("_BASE_URL") && !loopback.test(value))
    return `${name} is {{model}} or http://127.0.0.1:PORT, so that no real model is asked`;
  return undefined;
}
