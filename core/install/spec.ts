/** Reads what a user gives to `plugins install`: a folder, a tarball, a git repository or a package. What it is, is decided here alone. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "../contract/errors.ts";
import { didYouMean } from "../contract/nearest.ts";

export type ParsedSpec =
  | { kind: "folder"; folder: string }
  /** An absolute path or a URL. */
  | { kind: "tarball"; from: string }
  /** `url` as git takes it; without a ref the repository's HEAD. */
  | { kind: "git"; url: string; ref?: string; local: boolean }
  | { kind: "npm"; name: string; range: string };

const forms = [
  "a folder: ./notes, ../notes, /home/me/notes, ~/notes",
  "a tarball: ./notes-1.0.0.tgz, https://example.com/notes-1.0.0.tgz",
  "a git repository: git+https://example.com/me/notes.git#v1.0.0, git+ssh://git@example.com/me/notes.git#main, git@example.com:me/notes.git#v1, ../notes.git#v1",
  "a package: gantry-plugin-notes, gantry-plugin-notes@1.2.0, @me/notes@^1",
];

const tarball = /\.(tgz|tar\.gz)$/i;
const gitRef = /^[A-Za-z0-9_](?!.*\.\.)[\w./@+-]{0,200}$/;
const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
const versionRange = /^[\w.~^<>=|*+ -]{1,100}$/;
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Relative paths start at `cwd`. PLUGIN_SPEC_INVALID. */
export async function parseSpec(spec: string, { cwd, home }: { cwd: string; home: string }): Promise<ParsedSpec> {
  const text = spec.trim();
  const wrong = wrongWith(text);
  if (wrong !== undefined) throw invalid(spec, wrong);
  if (/^git@[^:/\s]+:/.test(text)) return gitOf(spec, text, false);
  if (/^git\+/.test(text)) return gitUrl(spec, text.slice("git+".length));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return urlOf(spec, text);
  if (/^(\.{1,2}(\/|$)|\/|~\/|~$)/.test(text)) return pathOf(spec, { text, cwd, home });
  if (await isPluginPath(path.resolve(cwd, text))) return pathOf(spec, { text, cwd, home });
  return packageOf(spec, text);
}

function wrongWith(text: string): string | undefined {
  if (text === "") return "It is empty.";
  if (text.length > 2_000) return "It is longer than 2,000 characters.";
  if (/[\0-\x1f\x7f]/.test(text)) return "It holds control characters.";
  // It could become a flag of git or npm, and no form begins with one.
  return text.startsWith("-") ? "It begins with a dash." : undefined;
}

function urlOf(spec: string, text: string): ParsedSpec {
  const url = parsedUrl(spec, text);
  if (url.protocol === "file:") return invalidSpec(spec, `A file is given by its path: ${url.pathname}.`);
  if (/\.git$/.test(url.pathname) || url.protocol === "ssh:") return gitUrl(spec, text);
  if (!tarball.test(url.pathname)) {
    return invalidSpec(
      spec,
      `A URL is a tarball (it ends with .tgz or .tar.gz) or a repository: git+${text}${url.hash ? "" : "#REF"}.`,
    );
  }
  return { kind: "tarball", from: secure(spec, url).href };
}

function gitUrl(spec: string, text: string): ParsedSpec {
  const url = parsedUrl(spec, text);
  if (url.protocol === "file:") return gitOf(spec, text, true);
  if (url.protocol !== "ssh:") secure(spec, url);
  return gitOf(spec, text, false);
}

function gitOf(spec: string, text: string, local: boolean): ParsedSpec {
  const [url = "", ...rest] = text.split("#");
  const ref = rest.join("#");
  if (rest.length === 0) return { kind: "git", url, local };
  if (!gitRef.test(ref)) return invalidSpec(spec, `${JSON.stringify(ref)} is no branch, tag or commit.`);
  return { kind: "git", url, ref, local };
}

function parsedUrl(spec: string, text: string): URL {
  const url = URL.parse(text);
  const known = ["https:", "http:", "ssh:", "file:"];
  if (url && known.includes(url.protocol)) return url;
  const scheme = `${text.split("://")[0]}:`;
  return invalidSpec(spec, `${scheme}// cannot be fetched.${didYouMean(scheme, known)}`);
}

function secure(spec: string, url: URL): URL {
  if (url.password !== "")
    return invalidSpec(spec, "It holds a password, which would be written into the lock; use git's or npm's own settings.");
  if (url.protocol === "http:" && !loopback.test(url.hostname))
    return invalidSpec(spec, "http:// can be changed on its way; use https://.");
  return url;
}

interface PathText {
  text: string;
  cwd: string;
  home: string;
}

async function pathOf(spec: string, { text, cwd, home }: PathText): Promise<ParsedSpec> {
  const whole = path.resolve(cwd, text.startsWith("~") ? home + text.slice(1) : text);
  const stats = await stat(whole).catch(() => undefined);
  if (stats?.isFile() && tarball.test(whole)) return { kind: "tarball", from: whole };
  if (stats?.isFile()) return invalidSpec(spec, "It is a file, and no tarball by its name (.tgz, .tar.gz).");
  if (stats && !(await isBare(whole))) return { kind: "folder", folder: whole };
  const repository = stats ? whole : whole.replace(/#[^#]*$/, "");
  if (await isRepository(repository)) return gitOf(spec, `${repository}${whole.slice(repository.length)}`, true);
  return invalidSpec(spec, `${whole} is not there.${await nearPath(whole)}`);
}

async function nearPath(file: string): Promise<string> {
  const names = await readdir(path.dirname(file)).catch(() => []);
  return didYouMean(path.basename(file), names);
}

async function isRepository(folder: string): Promise<boolean> {
  return (await exists(path.join(folder, ".git"))) || (await isBare(folder));
}

async function isBare(folder: string): Promise<boolean> {
  return (await exists(path.join(folder, "HEAD"))) && (await exists(path.join(folder, "objects")));
}

/** A word without a path's marks is a package, unless a plugin of that name lies right here. */
async function isPluginPath(file: string): Promise<boolean> {
  if (tarball.test(file) || /\.git(#[^#]*)?$/.test(file)) return true;
  return (await exists(path.join(file, "gantry.json"))) || (await exists(path.join(file, "package.json")));
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

function packageOf(spec: string, text: string): ParsedSpec {
  const at = text.indexOf("@", 1);
  const name = at < 0 ? text : text.slice(0, at);
  const range = at < 0 ? "latest" : text.slice(at + 1);
  if (/^[\w.-]+\/[\w.-]+(#.*)?$/.test(text)) {
    return invalidSpec(
      spec,
      `A repository is given by its URL: git+https://github.com/${text.replace(/#.*$/, "")}.git#REF; a folder as ./${text}.`,
    );
  }
  if (!packageName.test(name) || name.length > 214) {
    const lower = name.toLowerCase();
    return invalidSpec(
      spec,
      `${JSON.stringify(name)} is no name of a package.${packageName.test(lower) ? ` Did you mean ${lower}?` : ""}`,
    );
  }
  if (!versionRange.test(range)) return invalidSpec(spec, `${JSON.stringify(range)} is no version: 1.2.0, ^1.2, latest.`);
  return { kind: "npm", name, range };
}

function invalid(spec: string, why: string): GantryError {
  return new GantryError(
    "PLUGIN_SPEC_INVALID",
    `${JSON.stringify(spec)} cannot be installed. ${why}\nWhat can be:\n${forms.map((form) => `  ${form}`).join("\n")}`,
  );
}

function invalidSpec(spec: string, why: string): never {
  throw invalid(spec, why);
}
