/** THE table of files that the policy plugin asks about, and the test of a path against it. Pure: nothing is looked up. */
import { posix } from "node:path";

interface KeptRow {
  /** Names in lower case; `*` is any text within a name. */
  names: string;
  /** What a path that has such a name is, in the words of the question. */
  what: string;
}

const files: readonly KeptRow[] = [
  {
    names:
      "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock cargo.lock poetry.lock uv.lock " +
      "pdm.lock pipfile.lock gemfile.lock composer.lock go.sum go.work.sum flake.lock mix.lock pubspec.lock podfile.lock " +
      "package.resolved packages.lock.json gradle.lockfile conan.lock .terraform.lock.hcl",
    what: "a lockfile, which its package tool writes",
  },
  {
    names:
      ".env .env.* .envrc *.pem *.key *.p12 *.pfx *.jks *.keystore *.kdbx *.ppk id_rsa id_dsa id_ecdsa id_ed25519 .netrc _netrc .npmrc " +
      ".pypirc .pgpass .git-credentials .htpasswd credentials credentials.json credentials.toml secrets.json secrets.yaml secrets.yml",
    what: "a file for secrets",
  },
];

const folders: readonly KeptRow[] = [
  { names: ".git", what: "the inside of a git repository" },
  { names: ".ssh .gnupg .aws", what: "a file for secrets" },
];

/** Names that the table would take along. */
const free = testOf(".env.example .env.sample .env.template");
const tests = [
  // A worktree's .git is a file, so the last name counts too.
  ...folders.map(({ names, what }) => ({ test: testOf(names), what, last: false })),
  ...files.map(({ names, what }) => ({ test: testOf(names), what, last: true })),
];

/** What the file is, when edits of it are asked. `cwd` is absolute; letter case, Unicode form and `..` make no difference. */
export function keptKind(path: string, cwd: string): string | undefined {
  const names = posix.resolve(cwd, path).split("/").map(plain);
  const name = names.at(-1) ?? "";
  return tests.find(({ test, last }) => (last ? test(name) && !free(name) : names.some(test)))?.what;
}

/** As file systems that know no case compare names; some also pass over letters without a shape. */
function plain(name: string): string {
  return name
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .normalize("NFKC")
    .toLowerCase();
}

function testOf(names: string): (name: string) => boolean {
  const each = names.split(" ").map((name) => name.replaceAll(".", "\\.").replaceAll("*", "[^/]*"));
  const pattern = new RegExp(`^(?:${each.join("|")})$`, "u");
  return (name) => pattern.test(name);
}
