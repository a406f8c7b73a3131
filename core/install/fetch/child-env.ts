/**
 * What git and npm see of the user's environment: how to reach the network and who the user is there. No script of a package
 * runs, but a setting could still make one of these programs start another, so settings are named one by one.
 */

type Env = Readonly<Record<string, string | undefined>>;

const forBoth = new Set([
  ...["HOME", "PATH", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR", "XDG_CONFIG_HOME"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"],
]);
const forNpm = new Set([
  ...["npm_config_registry", "npm_config_cache", "npm_config_userconfig", "npm_config_cafile", "npm_config_strict_ssl"],
  ...["npm_config_proxy", "npm_config_https_proxy", "npm_config_noproxy", "npm_config_offline", "npm_config_prefer_offline"],
  // Named in many a .npmrc.
  ...["NPM_TOKEN", "NODE_AUTH_TOKEN", "NODE_EXTRA_CA_CERTS"],
]);
const forGit = new Set(["SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY"]);

function pick(env: Env, names: ReadonlySet<string>): Record<string, string> {
  const lower = new Set([...names, ...forBoth].map((name) => name.toLowerCase()));
  const found = Object.entries(env).filter(([name, value]) => value !== undefined && lower.has(name.toLowerCase()));
  return { PATH: "/usr/bin:/bin", ...(Object.fromEntries(found) as Record<string, string>) };
}

export function npmEnv(env: Env): Record<string, string> {
  return { ...pick(env, forNpm), NO_COLOR: "1", npm_config_yes: "true" };
}

/** `allowed`: git's names of the protocols it may speak, with colons between. */
export function gitEnv(env: Env, allowed: string): Record<string, string> {
  return {
    GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
    ...pick(env, forGit),
    ...{
      GIT_ALLOW_PROTOCOL: allowed,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_ASKPASS: "true",
      SSH_ASKPASS: "true",
    },
    ...{ GIT_LFS_SKIP_SMUDGE: "1", GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
  };
}

/** For what needs no network and none of the user's settings: a filter or a hook can then come from nowhere. */
export function bareGitEnv(env: Env): Record<string, string> {
  const { PATH = "/usr/bin:/bin" } = pick(env, new Set());
  return {
    PATH,
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ALLOW_PROTOCOL: "",
    LC_ALL: "C",
  };
}
