/**
 * THE table of files that hold credentials: denied to reads, edits and searches unless an allow rule's specifier names
 * the path. Gitignore patterns; negations come last, so that one expression can test them all (path-pattern.ts).
 */
import type { HiddenPaths } from "../../contract/execution.ts";
import { escapeGlob } from "../patterns/path-pattern.ts";

/** Names at any depth, anywhere. */
const names = [
  // Environment files.
  ".env",
  ".env.*",
  ".envrc",
  // Keys and key stores.
  "*.pem",
  "*.key",
  "*.p12",
  "*.pfx",
  "*.jks",
  "*.keystore",
  "*.kdbx",
  "*.ppk",
  "*.keychain",
  "*.keychain-db",
  "id_rsa*",
  "id_dsa*",
  "id_ecdsa*",
  "id_ed25519*",
  ".ssh",
  ".gnupg",
  // Credential files of tools that keep them beside the work or at home.
  ".netrc",
  "_netrc",
  ".npmrc",
  ".pypirc",
  ".pgpass",
  ".my.cnf",
  ".git-credentials",
  ".htpasswd",
  ".vault-token",
  ".terraformrc",
  "credentials.tfrc.json",
];

/** Public halves and templates: the names above would take them along. */
const notSecret = ["!.env.example", "!.env.sample", "!.env.template", "!id_*.pub"];

/** Below the user's home. */
const belowHome = [
  ".aws/credentials",
  ".aws/sso/cache",
  ".aws/cli/cache",
  ".azure",
  ".config/gcloud",
  ".config/gh/hosts.yml",
  ".config/git/credentials",
  ".config/op",
  ".config/sops/age",
  ".docker/config.json",
  ".kube/config",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".gem/credentials",
  ".m2/settings.xml",
  ".gradle/gradle.properties",
  ".password-store",
  ".local/share/keyrings",
  ".claude/.credentials.json",
  ".codex/auth.json",
  "Library/Keychains",
  "Library/Cookies",
  ".mozilla",
  ".config/google-chrome",
  ".config/chromium",
];

/** Of the machine. */
const ofMachine = [
  "/etc/shadow",
  "/etc/shadow-",
  "/etc/gshadow",
  "/etc/sudoers",
  "/etc/ssh/ssh_host_*",
  // What running programs hold: variables and memory, of a process and of each of its threads.
  "/proc/*/environ",
  "/proc/*/mem",
  "/proc/*/task/*/environ",
  "/proc/*/task/*/mem",
  "/proc/kcore",
];

/** The table as one group of hidden paths. `home` is absolute; its real path is added when it is another. */
export function secretPaths(homes: readonly string[]): HiddenPaths {
  const atHome = homes.flatMap((home) => belowHome.map((path) => `${escapeGlob(home === "/" ? "" : home)}/${path}`));
  return { base: "/", patterns: [...names, ...ofMachine, ...new Set(atHome), ...notSecret] };
}
