/** What an entry of `mcpServers` starts, as trust in it is bound to it: as its variables stand now, and as they are by default. */
import { join } from "node:path";
import type { Json } from "../core/contract/messages.ts";
import { isObject } from "./data.ts";
import type { Entry } from "./fragment.ts";
import type { StartedCommand } from "./hook-paths.ts";
import { expand } from "./mcp-variables.ts";
import type { Environment } from "./paths.ts";

interface Places {
  env: Environment;
  home: string;
  /** The project's root. */
  root: string;
}

/** Folders where programs look for more: what lies there is run and named nowhere. */
const lists = /^(?:PATH|PYTHONPATH|NODE_PATH|PERL5LIB|RUBYLIB|CLASSPATH|LUA_PATH|LD_LIBRARY_PATH|DYLD_\w+|LD_PRELOAD|GOPATH)$/;

const speakTo: readonly (readonly [name: RegExp, program: string])[] = [
  [/^NODE_(?:OPTIONS|PATH)$/, "node"],
  [/^PYTHON(?:PATH|HOME|STARTUP|INSPECT)$/, "python3"],
];

/** None for a server that is reached by a URL. */
export function startedBy(servers: readonly Entry[], places: Places): StartedCommand[] {
  return servers.flatMap((server) => variantsOf(server, places));
}

function variantsOf({ value, from, base }: Entry, { env, home, root }: Places): StartedCommand[] {
  const { command, args, cwd, env: set } = isObject(value) ? value : {};
  if (typeof command !== "string") return [];
  const own = { GANTRY_PROJECT_DIR: root, CLAUDE_PROJECT_DIR: root };
  const variants = [{ ...env, ...own }, own].map((variables): StartedCommand => {
    const fill = (text: Json): Json => (typeof text === "string" ? expand(text, variables).text : text);
    const given = Object.entries(isObject(set) ? set : {}).map(([name, text]): [string, Json] => [name, fill(text)]);
    const texts = [...(Array.isArray(args) ? args : []).map(fill), ...given.map(([, text]) => text)];
    const found = given.filter(([name]) => lists.test(name)).flatMap(([name, text]) => foldersIn(name, String(text)));
    const runs = speakTo.flatMap(([name, program]) => (given.some(([own]) => name.test(own)) ? [program] : []));
    const folder = typeof cwd === "string" ? { folder: fromHome(String(fill(cwd)), home) } : {};
    return {
      ...{ by: "an MCP server", shown: command, handler: { command: fill(command), args: texts }, ...from, base, ...folder },
      ...{
        runs,
        paths: found,
        inherited: (Object.hasOwn(isObject(set) ? set : {}, "PATH") ? "" : (env["PATH"] ?? "")).split(":"),
      },
    };
  });
  const seen = new Map(variants.map((variant) => [JSON.stringify(variant), variant]));
  return [...seen.values()];
}

function fromHome(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path;
}

/** An empty one is the working folder, of PATH alone. */
function foldersIn(name: string, text: string): string[] {
  return text.split(/[:;]/).filter((folder) => folder !== "" || name === "PATH");
}
