/**
 * From a text to the words that are compared: names are split where their words meet (camelCase, paths, flags, dots), words
 * are cut to their stem, and words that name nothing are left out.
 */

const stopWords = new Set(
  (
    "a an and any are as at be been but by can could did do does for from had has have he her here his how i if in into is it its " +
    "just let like may me might my no not of on or our out please shall she should so some such than that the their them then " +
    "there these they this those to too up us was we were what when where which who whom why will with would you your want need " +
    "im dont whats lets about all also am much get got give really very way thing something anything kindly use using used uses"
  ).split(" "),
);

const irregular: Readonly<Record<string, string>> = {
  ran: "run",
  wrote: "write",
  written: "write",
  found: "find",
  sent: "send",
  said: "say",
  told: "tell",
  kept: "keep",
  made: "make",
  denied: "deny",
  denial: "deny",
  files: "file",
};

const codeMarks = /\b(?:TODO|FIXME|XXX|HACK)\b/g;

const escapeCodes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|.)/g;

/** Lower case, in the order of the text; not stemmed. Marks in code such as `TODO` are one word, another than a `to-do`. */
export function splitWords(text: string): string[] {
  return text
    .normalize("NFKC")
    .replace(escapeCodes, " ")
    .replace(/['’]/g, "")
    .replace(codeMarks, " codemark ")
    .replace(/\bto-do/gi, "todo")
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

export function isStopWord(word: string): boolean {
  return stopWords.has(word);
}

/** Stems of the words that may name something, each once, with the word it came from first. */
export function termsOf(text: string): Map<string, string> {
  const terms = new Map<string, string>();
  for (const word of splitWords(text)) {
    if (isStopWord(word)) continue;
    const stem = stemOf(word);
    if (!terms.has(stem)) terms.set(stem, word === "codemark" ? (text.match(codeMarks)?.[0] ?? word) : word);
  }
  return terms;
}

/** `runs`, `running` → `run`; `denies`, `denied` → `deny`; `writes`, `writing` → `writ`. Short words stay. */
export function stemOf(word: string): string {
  const known = irregular[word] ?? word;
  if (known.length < 4) return known;
  return withoutE(withoutTense(withoutPlural(known)));
}

function withoutPlural(word: string): string {
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:s|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^su]s$/.test(word) && !/is$/.test(word) ? word.slice(0, -1) : word;
}

function withoutTense(word: string): string {
  if (/[^aeiou]ied$/.test(word)) return `${word.slice(0, -3)}y`;
  const [, root] = /^(.*[aeiouy].*?)(?:ing|ed)$/.exec(word) ?? [];
  if (root === undefined || root.length < 3) return word;
  // running → run, but calling → call and passing → pass.
  return /([^aeioulsz])\1$/.test(root) ? root.slice(0, -1) : root;
}

function withoutE(word: string): string {
  return word.length > 3 && word.endsWith("e") ? word.slice(0, -1) : word;
}

/**
 * What people say, and the words by which a build calls it. A word that is met this way counts for less than one that is met
 * as it was said.
 */
const saidAndMeant: readonly (readonly [said: string, meant: string])[] = [
  ["look locate seek where contain mention occurrence", "search find"],
  ["find", "search"],
  ["search", "find"],
  ["grep rg ripgrep regex regexp codemark", "search regular expression"],
  ["comment usage string text code source", "search"],
  ["typescript javascript python rust java css html", "name pattern"],
  ["list", "find"],
  ["execute launch start invoke", "run"],
  ["npm npx yarn pnpm pip cargo make git docker curl terminal console script", "shell bash"],
  ["build compile lint unit suite test status commit push", "shell"],
  ["change modify alter update fix refactor rename", "edit replace"],
  ["create add new", "create write add"],
  ["save store put", "write"],
  ["open view cat content", "read show"],
  ["print output wrote", "show output write"],
  ["process job task", "run"],
  ["delete erase drop", "remove uninstall"],
  ["kill abort cancel terminate stop", "stop end kill"],
  ["folder directory", "folder dir"],
  ["permit let approve", "allow permission"],
  ["forbid forbidden block refuse reject prevent", "deny permission"],
  ["rule", "permission"],
  ["setting option preference configuration configure", "config key"],
  ["history transcript conversation chat", "session"],
  ["continue resume previous", "resume session"],
  ["price money spend dollar budget usd", "cost"],
  ["extension addon", "plugin"],
  ["question confirm clarify", "ask user"],
  ["checklist task", "todo"],
  ["auth credential", "login token"],
  ["broken problem diagnose health setup", "doctor"],
  ["check invalid", "validate verify"],
  ["autocomplete tab", "completion"],
];

const stemPairs: readonly (readonly [said: string, meant: string])[] = saidAndMeant.flatMap(([said, meant]) =>
  said.split(" ").flatMap((word) => meant.split(" ").map((each) => [stemOf(word), stemOf(each)] as const)),
);

/** Stems that a build may use for what the stem says. */
export function relatedTo(stem: string): readonly string[] {
  const meant = stemPairs.filter(([said, each]) => said === stem && each !== stem).map(([, each]) => each);
  return [...new Set(meant)];
}
