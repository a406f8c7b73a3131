/** Where gantry.json and the plugin itself do not say the same: all of it, so that one look at the file mends it. */
import { isDeepStrictEqual } from "node:util";
import type { Contributions } from "../contract/guest.ts";
import { didYouMean } from "../contract/nearest.ts";
import { type Grants, permissionKinds } from "../contract/permissions.ts";
import { readGrants } from "../permission/scopes/read-grants.ts";
import type { ManifestFile } from "./manifest-shape.ts";

export interface Difference {
  /** Keys that lead to it in the file. */
  at: (string | number)[];
  said: string;
}

type Part = Record<string, unknown>;

export function differencesOf(file: ManifestFile, found: Contributions): Difference[] {
  const { tools = [], commands = [], taps = [], providers = [] } = file.contributes ?? {};
  const { contributes } = found;
  return [
    ...stated(file, found, ["name", "description", "optionsSchema"], [], ""),
    ...permissionDifferences(readGrants(file.permissions ?? {}).grants, found.permissions),
    ...byName("tools", "name", tools, contributes.tools),
    ...byName("commands", "id", commands, contributes.commands),
    ...byName("providers", "name", providers.map(asPart), contributes.providers.map(asPart)),
    ...tapDifferences(taps, contributes.taps),
  ];
}

const asPart = (name: string): Part => ({ name });

/** What the file says of `keys` and is not so. */
function stated(file: object, found: object, keys: readonly string[], at: (string | number)[], who: string): Difference[] {
  const [says, is] = [file as Part, found as Part];
  return keys.flatMap((key) => {
    if (says[key] === undefined || isDeepStrictEqual(says[key], is[key])) return [];
    return [{ at: [...at, key], said: `${who}${key} is ${shown(says[key])} here and ${shown(is[key])} in the plugin` }];
  });
}

function byName(list: string, key: string, declared: readonly object[], actual: readonly object[]): Difference[] {
  const nameOf = (part: object): string => String((part as Part)[key]);
  const names = actual.map(nameOf);
  const differences = declared.flatMap((part, i): Difference[] => {
    const name = nameOf(part);
    const found = actual.find((one) => nameOf(one) === name);
    const at = ["contributes", list, i];
    if (found) return stated(part, found, Object.keys(part), at, `${name}: `);
    return [{ at, said: `${name} is declared, and the plugin does not contribute it.${didYouMean(name, names)}` }];
  });
  const known = new Set(declared.map(nameOf));
  return [
    ...differences,
    ...undeclared(
      list,
      names.filter((name) => !known.has(name)),
    ),
  ];
}

function undeclared(list: string, names: readonly string[]): Difference[] {
  return names.map((name) => ({ at: ["contributes", list], said: `the plugin contributes ${name}, which is not declared` }));
}

/** A tap has no name that an author must give: each declared one takes the first that fits it, or is at the same point. */
function tapDifferences(declared: readonly { on: string }[], actual: readonly { on: string }[]): Difference[] {
  const left = [...actual];
  const take = (fits: (one: { on: string }) => boolean): { on: string } | undefined => {
    const index = left.findIndex(fits);
    return index < 0 ? undefined : left.splice(index, 1)[0];
  };
  const exact = declared.map((tap) => take((one) => stated(tap, one, Object.keys(tap), [], "").length === 0));
  const differences = declared.flatMap((tap, i): Difference[] => {
    if (exact[i]) return [];
    const at = ["contributes", "taps", i];
    const near = take((one) => one.on === tap.on);
    if (near) return stated(tap, near, Object.keys(tap), at, `the tap on ${tap.on}: `);
    return [{ at, said: `a tap on ${tap.on} is declared, and the plugin does not contribute it` }];
  });
  return [
    ...differences,
    ...undeclared(
      "taps",
      left.map(({ on }) => `a tap on ${on}`),
    ),
  ];
}

function permissionDifferences(declared: Grants, actual: Grants): Difference[] {
  return permissionKinds.flatMap((kind): Difference[] => {
    const [says, is] = [declared[kind], actual[kind]];
    if (isDeepStrictEqual(ordered(says), ordered(is))) return [];
    const at = says === undefined ? ["permissions"] : ["permissions", kind];
    if (says === undefined) return [{ at, said: `the plugin asks for ${kind} ${shown(is)}, which is not declared` }];
    if (is === undefined) return [{ at, said: `${kind} is declared, and the plugin does not ask for it` }];
    return [{ at, said: `${kind} is ${shown(says)} here and ${shown(is)} in the plugin` }];
  });
}

function ordered(scope: unknown): unknown {
  return Array.isArray(scope) ? scope.map((one) => JSON.stringify(one)).sort() : scope;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
