/** Scopes that are no patterns: names of secrets, argument lists, sizes. */

import { printable } from "../../contract/printable.ts";

const secret = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

export function nameProblem(scope: string): string | undefined {
  if (/[*?]/.test(scope)) return "has a star; every secret is named by itself";
  return secret.test(scope) ? undefined : "is not the name of a secret: letters, digits, _, . and -, at most 128";
}

const mostWords = 64;

/** Of one argument list of process.host. */
export function argvProblem(argv: unknown): string | undefined {
  if (!Array.isArray(argv)) return 'is one argument list, as ["npx", "-y", "server"]';
  if (argv.length === 0) return "is empty; its first word is the program";
  if (argv.length > mostWords) return `has ${argv.length} words; at most ${mostWords}`;
  const wrong = argv.findIndex((word) => typeof word !== "string" || word.length > 4096 || word !== printable(word));
  if (wrong !== -1) return `has word ${wrong + 1}, which is not a text of at most 4,096 letters that all print`;
  return argv[0].trim() === "" ? "names no program" : undefined;
}

export const mostStorageBytes = 64 * 1024 * 1024;
export const mostTokens = 100_000_000;
const units = ["B", "KiB", "MiB"];

/** Bytes of `64KiB` or `1MiB`; undefined for any other text. */
export function parseBytes(scope: string): number | undefined {
  const [, digits, unit = "B"] = /^([1-9]\d{0,8})(B|KiB|MiB)$/.exec(scope) ?? [];
  return digits === undefined ? undefined : Number(digits) * 1024 ** units.indexOf(unit);
}
