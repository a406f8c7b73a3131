/** What `config set KEY VALUE` names: the place in a file, and the value of the type that its key has. */
import { GantryError } from "../core/contract/errors.ts";
import type { Json } from "../core/contract/messages.ts";
import type { KeyChange } from "./change-key.ts";
import { nameableKeys, unknownKey } from "./check.ts";
import { isObject } from "./data.ts";
import { mcpFaults } from "./mcp-entries.ts";
import { type ConfigKey, configKeys } from "./schema.ts";
import type { Edit } from "./spot.ts";

export interface FoundChange {
  path: string[];
  edit: Edit;
}

/** CONFIG_KEY_UNKNOWN with the nearest key, CONFIG_INVALID. */
export function findChange({ key, value }: KeyChange): FoundChange {
  // Groups can be taken out, and so can a key that is none: that is how it is mended.
  if (value === undefined) return { path: partsOf(key), edit: { how: "remove" } };
  const { known, path } = findKey(key);
  const isInside = known.key !== key;
  const type = known.key === "hooks" && isInside ? "list" : isInside && known.key !== "mcpServers" ? "string" : known.type;
  const edit = editOf(key, type, value, known.key);
  if (known.key === "mcpServers") refuseServers(path, edit);
  return { path, edit };
}

/** A wrong entry would be left out of every run: it is not written in the first place. */
function refuseServers(path: readonly string[], edit: Edit): void {
  if (edit.how === "remove") return;
  const said = serverWords(path, edit.value);
  if (said.length > 0) throw new GantryError("CONFIG_INVALID", `${said.join("\n")}\nNothing is written.`);
}

/** What is wrong with the servers at `path`. */
export function serverWords([, name]: readonly string[], value: Json): string[] {
  return mcpFaults(name === undefined ? value : { [name]: value }).map(
    ({ message, hint }) => `${message.replace(/; it is left out$/, "")}${hint === undefined ? "" : `\n  ${hint}`}`,
  );
}

/** The names below a map may have dots. */
function partsOf(key: string): string[] {
  const map = configKeys().find((known) => known.type === "map" && key.startsWith(`${known.key}.`));
  return map === undefined ? key.split(".") : [map.key, key.slice(map.key.length + 1)];
}

/** CONFIG_KEY_UNKNOWN for a key that is none and is not there. */
export function refuseAbsent(key: string, file: string): never {
  const [group = ""] = partsOf(key);
  const isKnown = nameableKeys().includes(key) || nameableKeys().includes(group);
  const unknown = isKnown ? "" : `${unknownKey(partsOf(key)).message}; `;
  throw new GantryError("CONFIG_KEY_UNKNOWN", `${unknown}${file} does not set ${key}; nothing is taken out`);
}

/** CONFIG_KEY_UNKNOWN with the nearest, CONFIG_INVALID for a group. */
export function findKey(key: string): { known: ConfigKey; path: string[] } {
  const keys = configKeys();
  const own = keys.find((known) => known.key === key);
  const path = partsOf(key);
  const known = own ?? keys.find((one) => one.type === "map" && one.key === path[0] && path.length === 2);
  if (known !== undefined) return { known, path };
  if (nameableKeys().includes(key)) {
    const inside = keys.filter((known) => known.key.startsWith(`${key}.`)).map((known) => known.key);
    throw new GantryError("CONFIG_INVALID", `${key} is a group; its keys are ${inside.join(", ")}`);
  }
  const { code, message, hint } = unknownKey(key.split("."));
  throw new GantryError(code, hint === undefined ? message : `${message}\n  ${hint}`);
}

/** A list takes JSON for the whole of the layer's list, or one element more: a plain word never replaces what is there. */
function editOf(key: string, type: ConfigKey["type"], text: string, root: string): Edit {
  const isNumber = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text);
  if (type === "integer" || type === "number") return { how: "set", value: isNumber ? Number(text) : text };
  if (type === "string") return { how: "set", value: text };
  const start = text.trimStart().charAt(0);
  if (type === "map") {
    const value = start === "{" ? fromJson(key, text) : undefined;
    if (!isObject(value) && root === "mcpServers" && key !== root) {
      const how = `gantry config set mcpServers.NAME '{"enabled":false}'`;
      throw new GantryError("CONFIG_INVALID", `${key}: a server is set as a whole, by a JSON object, as ${how}`);
    }
    if (!isObject(value))
      throw new GantryError("CONFIG_INVALID", `${key} is set by a JSON object, or key by key as ${key}.NAME`);
    return { how: "set", value };
  }
  if (start === "[") {
    const value = fromJson(key, text);
    // [name, settings] is one plugin; a list of plugins is never a name and an object.
    const isOnePlugin = key === "plugins" && Array.isArray(value) && typeof value[0] === "string" && isObject(value[1]);
    return { how: isOnePlugin ? "add" : "set", value };
  }
  if (start === "{") return { how: "add", value: fromJson(key, text) };
  if (root === "hooks" || key === "permissions.tests") {
    throw new GantryError("CONFIG_INVALID", `${key} takes JSON: a list for all of it, an object for one more`);
  }
  return { how: "add", value: text };
}

function fromJson(key: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new GantryError("CONFIG_INVALID", `${key}: the value looks like JSON and is none: ${cause.message}`, { cause });
  }
}
