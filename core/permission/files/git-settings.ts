/**
 * Whether reading a git repository starts only git: its own settings are read as data, and every key that is not known to
 * be harmless makes it untrusted (core.fsmonitor, filters, textconv, includes, aliases, pagers …). Settings of the user and
 * of the machine are theirs. Looked at: each repository that git could find from a folder up, its hook that runs when the
 * index is refreshed, and whether it holds other repositories, which git would read with settings of their own.
 */
import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

const maxConfigBytes = 256 * 1024;
const maxIndexBytes = 8 * 1024 * 1024;

const harmlessKeys = new RegExp(
  `^(?:${[
    "core\\.(?:repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|autocrlf|eol|safecrlf|longpaths|quotepath|abbrev|compression|untrackedcache|protecthfs|protectntfs)",
    "remote\\.[^\\n]*\\.(?:url|pushurl|fetch|push|tagopt|prune)",
    "branch\\.[^\\n]*\\.(?:remote|merge|rebase|pushremote|description|vscode-merge-base)",
    "user\\.(?:name|email|signingkey)",
    "(?:pull|push|fetch|init|merge|rebase|rerere|advice|color|column|status|gc|maintenance|receive|transfer|commit)\\.(?:rebase|ff|default|autosetupremote|followtags|prune|defaultbranch|autostash|enabled|ui|status|auto|showuntrackedfiles|short|branch|strategy|repo|gpgsign|verbose)",
  ].join("|")})$`,
);

/** Undefined when reads of git in this folder start nothing else; otherwise what could be started. `cwd` is absolute and real. */
export async function gitObjection(cwd: string): Promise<string | undefined> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const own = join(folder, ".git");
    const found = (await exists(own)) ? await gitFolderOf(own) : (await looksBare(folder)) ? folder : undefined;
    if (found === "unreadable") return `${own} cannot be followed`;
    if (found !== undefined) {
      const objection = await objectionOf(found);
      if (objection !== undefined) return objection;
      // Git goes on above a folder that is no repository after all.
      if (await looksBare(found, true)) return undefined;
    }
    if (dirname(folder) === folder) return undefined;
  }
}

async function objectionOf(gitFolder: string): Promise<string | undefined> {
  const common = await commonFolderOf(gitFolder);
  if (common === undefined) return `the repository of ${gitFolder} cannot be followed`;
  for (const file of new Set([join(common, "config"), join(common, "config.worktree"), join(gitFolder, "config.worktree")])) {
    const key = await strangeKey(file);
    if (key !== undefined) return `${file} sets ${key}`;
  }
  for (const folder of new Set([common, gitFolder])) {
    for (const hook of ["post-index-change", "reference-transaction"]) {
      if (await exists(join(folder, "hooks", hook))) return `${join(folder, "hooks", hook)} is run by git`;
    }
  }
  return holdsOthers(gitFolder);
}

/** The key of the first setting that is not known to be harmless; a line that is not understood is one. */
async function strangeKey(file: string): Promise<string | undefined> {
  const text = await textOf(file, maxConfigBytes);
  if (text === undefined) return (await exists(file)) ? "what cannot be read" : undefined;
  let section = "";
  for (const [index, line] of text.split("\n").entries()) {
    const rest = line.trim();
    if (rest === "" || /^[#;]/.test(rest)) continue;
    const head = /^\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]$/.exec(rest);
    if (head !== null) {
      section = `${(head[1] ?? "").toLowerCase()}${head[2] === undefined ? "" : `.${head[2]}`}`;
      continue;
    }
    const name = /^([A-Za-z][A-Za-z0-9-]*)\s*(?:=|$)/.exec(rest)?.[1]?.toLowerCase();
    // A value that goes on in the next line could hide what that line is.
    if (name === undefined || section === "" || rest.endsWith("\\"))
      return `something that is not understood in line ${index + 1}`;
    const key = `${section}.${name}`;
    if (!harmlessKeys.test(key)) return key;
  }
  return undefined;
}

/** A repository in a repository is recorded in the index as a link, which git looks into. */
async function holdsOthers(gitFolder: string): Promise<string | undefined> {
  const names = await readdir(gitFolder).catch(() => []);
  if (names.some((name) => name.startsWith("sharedindex."))) return `${gitFolder} keeps its index in parts`;
  const file = join(gitFolder, "index");
  if (!(await exists(file))) return undefined;
  const bytes = await bytesOf(file, maxIndexBytes);
  if (bytes === undefined) return `${file} is too large to be looked at`;
  return bytes.includes(Buffer.from([0x00, 0x00, 0xe0, 0x00]))
    ? `${file} may hold submodules, which git reads with their own settings`
    : undefined;
}

/** `.git` itself, or the folder that it names when it is a file. */
async function gitFolderOf(path: string): Promise<string | "unreadable"> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return path;
  const named = /^gitdir: ([^\n]+)\n?$/.exec((await textOf(path, 4096)) ?? "")?.[1];
  return named === undefined ? "unreadable" : resolve(dirname(path), named);
}

async function commonFolderOf(gitFolder: string): Promise<string | undefined> {
  const file = join(gitFolder, "commondir");
  if (!(await exists(file))) return gitFolder;
  const named = (await textOf(file, 4096))?.replace(/\n+$/, "");
  return named === undefined || named === "" || named.includes("\n") ? undefined : resolve(gitFolder, named);
}

/** As git knows a repository; `surely`: nothing that git asks for is missing. */
async function looksBare(folder: string, surely = false): Promise<boolean> {
  const parts = await Promise.all(["HEAD", "objects", "refs"].map((name) => exists(join(folder, name))));
  if (!surely) return parts.filter(Boolean).length > 1;
  if (await exists(join(folder, "commondir"))) return true;
  const head = (await textOf(join(folder, "HEAD"), 4096)) ?? "";
  return parts.every(Boolean) && /^(?:ref: refs\/|[0-9a-f]{40})/.test(head);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function textOf(path: string, maxBytes: number): Promise<string | undefined> {
  return (await bytesOf(path, maxBytes))?.toString("utf8");
}

/** Undefined for what is no file of this size at most. */
async function bytesOf(path: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size <= maxBytes ? await readFile(path) : undefined;
  } catch {
    return undefined;
  }
}
