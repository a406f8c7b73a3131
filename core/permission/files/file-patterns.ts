/** The files that a pattern of the shell stands for, looked up on the disk: more rather than fewer, as deny rules need it. */
import { isFolder, namesIn } from "./confined-path.ts";

/** More files than these behind one pattern are not looked at one by one. */
const maxFound = 100;
const maxStars = 4;

/** Where a path leads; undefined when it means nothing. */
type FindReal = (path: string) => Promise<string | undefined>;

/** Paths as the pattern spells them; undefined when they cannot all be looked at. A name without a pattern need not exist. */
export async function filesOfPattern(pattern: string, realOf: FindReal): Promise<string[] | undefined> {
  const names = pattern.split("/");
  const first = names.findIndex(isPattern);
  if (first !== -1 && names.includes("..", first)) return undefined;
  let found = [""];
  for (const [index, name] of names.entries()) {
    const before = (path: string) => (index === 0 ? "" : `${path}/`);
    if (isPattern(name)) {
      const matches = await matchesIn(found.map(before), name, realOf);
      if (matches === undefined) return undefined;
      found = matches;
    } else found = found.map((path) => before(path) + plain(name));
    if (found.length > maxFound) return undefined;
  }
  // What a pattern without any file stands for is its own text.
  return found.length > 0 ? found : [plain(pattern)];
}

async function matchesIn(folders: readonly string[], name: string, realOf: FindReal): Promise<string[] | undefined> {
  const test = testOf(name);
  if (test === undefined) return undefined;
  const found: string[] = [];
  for (const folder of folders) {
    const real = await realOf(folder === "" ? "." : folder);
    const names = real === undefined ? [] : await namesIn(real);
    if (real !== undefined && names === undefined && (await isFolder(real))) return undefined;
    for (const one of names ?? []) if (test(one)) found.push(folder + one);
    if (found.length > maxFound) return undefined;
  }
  return found;
}

function isPattern(name: string): boolean {
  return /[*?[]/.test(name.replace(/\\./gs, ""));
}

function plain(text: string): string {
  return text.replace(/\\(.)/gs, "$1");
}

/** Letter case and Unicode forms make no difference; names that begin with a dot are meant only by a dot. */
function testOf(name: string): ((file: string) => boolean) | undefined {
  if (name.replace(/\\./gs, "").replace(/[^*]/g, "").length > maxStars) return undefined;
  const source = name.normalize("NFC").replace(/\\(.)|\[[^\]]*\]|[\s\S]/gu, (token, literal: string | undefined) => {
    if (literal !== undefined) return spelled(literal);
    if (token === "*") return ".*";
    if (token === "?") return ".";
    return token.length > 2 && token.startsWith("[") ? token : spelled(token);
  });
  const test = new RegExp(`^${source}$`, "isu");
  const hidden = name.startsWith(".");
  return (file) => file.startsWith(".") === hidden && test.test(file.normalize("NFC"));
}

function spelled(letter: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(letter) ? `\\${letter}` : letter;
}
