/** Variables (`GANTRY_LIMITS__MAX_TURNS=5`) and `--set key=value`: texts that become values of the type their key has. */

import type { ConfigProblem } from "../core/contract/host.ts";
import type { Json } from "../core/contract/messages.ts";
import { nearest } from "../core/contract/nearest.ts";
import { type Fragment, fragmentAt } from "./fragment.ts";
import { type Environment, isConfigVariable, reservedNames } from "./paths.ts";
import { plainKeys } from "./plainly-sound.ts";
import type { ConfigKey } from "./schema.ts";

export interface TypedTexts {
  fragments: Fragment[];
  problems: ConfigProblem[];
}

/** `base` is the folder that relative values start from: the working folder. */
export async function variablesOf(env: Environment, base: string): Promise<TypedTexts> {
  const texts: TypedTexts = { fragments: [], problems: [] };
  const names = Object.keys(env).filter(isConfigVariable).sort();
  const keys = await keysFor((known) => names.every((name) => findVariable(name, known) !== undefined));
  for (const name of names) {
    const text = env[name] ?? "";
    const found = findVariable(name, keys);
    if (found === undefined) texts.problems.push(unknownVariable(name, keys));
    else if (text === "" && found.key.type !== "map") {
      texts.problems.push({
        code: "CONFIG_INVALID",
        message: `${name} is empty`,
        key: found.path.join("."),
        hint: "Unset it, or give it a value.",
      });
    } else texts.fragments.push(fragmentAt({ layer: "env", name, base }, found.path, typed(text, found)));
  }
  return texts;
}

export async function settingsOf(settings: readonly string[], base: string): Promise<TypedTexts> {
  const keys = await keysFor((known) =>
    settings.every((setting) => findKey(setting.split("=", 1)[0] ?? "", known) !== undefined),
  );
  const texts: TypedTexts = { fragments: [], problems: [] };
  for (const setting of settings) {
    const equals = setting.indexOf("=");
    if (equals < 1) {
      texts.problems.push({ code: "CONFIG_INVALID", message: `--set ${JSON.stringify(setting)} is not key=value` });
      continue;
    }
    const path = setting.slice(0, equals).split(".");
    const key = findKey(path.join("."), keys);
    const text = setting.slice(equals + 1);
    const check = key === undefined ? await import("./check.ts") : undefined;
    if (check !== undefined && !check.nameableKeys().includes(path.join("."))) {
      const { code, message, hint } = check.unknownKey(path);
      const problem = { code, message: `--set: ${message}`, key: path.join(".") };
      texts.problems.push(hint === undefined ? problem : { ...problem, hint });
      continue;
    }
    // A group as a whole goes on as text: the schema says what is wrong with it.
    const value = key === undefined ? text : typed(text, { key, path });
    texts.fragments.push(fragmentAt({ layer: "flag", name: "--set", base }, path, value));
  }
  return texts;
}

type Key = Pick<ConfigKey, "key" | "type">;

/** The few keys that are told without the schema, where they are enough: the schema costs more than all of the load. */
async function keysFor(areEnough: (keys: readonly Key[]) => boolean): Promise<readonly Key[]> {
  const plain = plainKeys();
  return areEnough(plain) ? plain : (await import("./schema.ts")).configKeys();
}

function findKey(dotted: string, keys: readonly Key[]): Key | undefined {
  const [first, ...rest] = dotted.split(".");
  return keys.find(({ key, type }) => key === dotted || (type === "map" && rest.length === 1 && key === first));
}

interface Target {
  key: Key;
  path: string[];
}

function findVariable(name: string, keys: readonly Key[]): Target | undefined {
  const parts = name.slice("GANTRY_".length).split("__");
  const plain = parts.map(lettersOf).join(".");
  const key = keys.find((known) => known.key.toLowerCase() === plain);
  if (key !== undefined) return { key, path: key.key.split(".") };
  const map = keys.find((known) => known.type === "map" && known.key.toLowerCase() === lettersOf(parts[0] ?? ""));
  return map === undefined || parts.length < 2 ? undefined : { key: map, path: [map.key, parts.slice(1).join("__")] };
}

function lettersOf(part: string): string {
  return part.replaceAll("_", "").toLowerCase();
}

function unknownVariable(name: string, keys: readonly Key[]): ConfigProblem {
  const exact = nearestVariable(name, keys);
  const message = `${name} sets no config key${exact === undefined ? "" : `; did you mean ${exact}?`}`;
  return {
    code: "CONFIG_KEY_UNKNOWN",
    message,
    hint: "Nested keys are written GANTRY_LIMITS__MAX_TURNS; gantry config schema lists all.",
  };
}

/** GANTRY_ is part of every name: only what stands behind it makes one near. */
function nearestVariable(name: string, keys: readonly Key[]): string | undefined {
  const known = [...keys.map(({ key }) => variableOf(key)), ...reservedNames];
  const ownPart = (variable: string): string => variable.slice("GANTRY_".length);
  const wanted = ownPart(name);
  const near = nearest(wanted, known.map(ownPart)) ?? nearest(wanted, known.map(ownPart).map(withoutPairs));
  return known.find((one) => ownPart(one) === near || withoutPairs(ownPart(one)) === near);
}

const withoutPairs = (name: string): string => name.replaceAll("__", "_");

/** A warning for each variable whose beginning is ours but for its case: it sets nothing. */
export async function misspelledVariables(names: readonly string[]): Promise<ConfigProblem[]> {
  const keys = (await import("./schema.ts")).configKeys();
  return names.map((name) => {
    const upper = name.toUpperCase();
    const right = reservedNames.has(upper) || findVariable(upper, keys) ? upper : nearestVariable(upper, keys);
    const guess = right === undefined ? "" : `; did you mean ${right}?`;
    const message = `${name} is not read: names of variables begin with GANTRY_${guess}`;
    return { code: "CONFIG_KEY_UNKNOWN", severity: "warning", message };
  });
}

/** `limits.maxTurns` → `GANTRY_LIMITS__MAX_TURNS`. */
function variableOf(key: string): string {
  return `GANTRY_${key
    .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
    .replaceAll(".", "__")
    .toUpperCase()}`;
}

/** What does not fit the type stays a text, which the schema then refuses with the type it wants. */
function typed(text: string, { key, path }: Target): Json {
  const isInside = path.join(".") !== key.key;
  if (isInside && key.key === "hooks") return text.trimStart().startsWith("[") ? jsonOr(text) : text;
  if (isInside && key.key === "mcpServers") return jsonOr(text);
  if (isInside || key.type === "string") return text;
  if (key.type === "integer" || key.type === "number")
    return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
  const opening = key.type === "list" ? "[" : "{";
  if (text.trimStart().startsWith(opening)) return jsonOr(text);
  return key.type === "list" ? [text] : text;
}

function jsonOr(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
