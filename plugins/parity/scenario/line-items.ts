/** The surface items of one command line: the command, its flags, and values that are names themselves. */
import type { KnownItems } from "./items.ts";

/** `argv` without the program. */
export function lineItems(argv: readonly string[], known: KnownItems): string[] {
  const { words, flags } = cut(argv, known);
  const command = commandOf(words, known);
  return [
    ...(command === undefined ? [] : [`commands/${command}`]),
    ...flags.flatMap(({ name, value }) => [`flags/${name}`, ...valueItems(name, value, known)]),
  ];
}

interface Line {
  words: string[];
  flags: { name: string; value: string | undefined }[];
}

function cut(argv: readonly string[], known: KnownItems): Line {
  const line: Line = { words: [], flags: [] };
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index] ?? "";
    if (token === "--") {
      line.words.push(...argv.slice(index + 1));
      break;
    }
    if (!token.startsWith("-") || token === "-") {
      line.words.push(token);
      continue;
    }
    const [spelling = token, value] = token.split(/=(.*)/s);
    const flag = flagOf(spelling, known);
    const takesNext = value === undefined && flag.takesValue;
    line.flags.push({ name: flag.name, value: takesNext ? argv[++index] : value });
  }
  return line;
}

/** A flag that no inventory has is taken as one without a value. */
function flagOf(spelling: string, known: KnownItems): { name: string; takesValue: boolean } {
  const item =
    known.find("flags", spelling) ?? known.items("flags").find(({ facts }) => facts?.["char"] === spelling.replace(/^-/, ""));
  return { name: item?.name ?? spelling, takesValue: item?.facts?.["type"] !== undefined && item.facts["type"] !== "boolean" };
}

/** The longest command that the words begin with; without a table, the first word. */
function commandOf(words: readonly string[], known: KnownItems): string | undefined {
  for (let length = Math.min(words.length, 4); length > 0; length--) {
    const id = words.slice(0, length).join(" ");
    if (known.find("commands", id) !== undefined) return id;
  }
  return words[0];
}

function valueItems(flag: string, value: string | undefined, known: KnownItems): string[] {
  if (value === undefined) return [];
  if (flag === "--permission-mode") return [`permission-modes/${modeNameOf(value, known)}`];
  if (flag === "--model") return [`providers/${value.split("/")[0]}`];
  if (flag === "--set") return [`config-keys/${value.split("=")[0]}`];
  if (flag === "--grant") return value === "" ? [] : [`permission-kinds/${value.split("=")[0]}`];
  return [];
}

/** Its own name for one of its other names. */
export function modeNameOf(word: string, known: KnownItems): string {
  if (known.find("permission-modes", word) !== undefined) return word;
  const named = known
    .items("permission-modes")
    .find(({ facts }) =>
      Object.values(facts ?? {}).some((value) => (Array.isArray(value) ? value.includes(word) : value === word)),
    );
  return named?.name ?? word;
}
