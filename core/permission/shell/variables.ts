/** THE tables of variables that a line sets: harmless ones, and those that change which program runs or what it does first. */

/** Of the environment: they change what is printed, never what is run. */
const harmless = new Set(
  (
    "CI NODE_ENV RAILS_ENV RACK_ENV APP_ENV FLASK_ENV NO_COLOR FORCE_COLOR CLICOLOR CLICOLOR_FORCE COLORTERM TERM TZ LANG LANGUAGE " +
    "COLUMNS LINES RUST_BACKTRACE RUST_LOG GOOS GOARCH CGO_ENABLED PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE DEBIAN_FRONTEND " +
    "LC_ALL LC_CTYPE LC_COLLATE LC_MESSAGES LC_NUMERIC LC_TIME NEXT_TELEMETRY_DISABLED DO_NOT_TRACK"
  ).split(" "),
);

/** Read by shells, loaders, interpreters and programs that start others. A line that sets one is asked. */
const dangerous = new RegExp(
  `^(?:${[
    "PATH|IFS|ENV|HOME|SHELL|PWD|OLDPWD|CDPATH|GLOBIGNORE|TMPDIR|OPTARG|OPTIND|PROMPT_COMMAND|PS[0-4]|SHELLOPTS|BASHOPTS|BASH_.*|EXECIGNORE|FPATH|ZDOTDIR",
    "LD_.*|DYLD_.*|GLIBC_TUNABLES|LOCPATH|NLSPATH|TERMINFO.*|GCONV_PATH|MALLOC_.*",
    "GIT_.*|.*PAGER|.*EDITOR|VISUAL|BROWSER|LESS.*|MANOPT|SSH_.*|RSYNC_.*|SUDO_.*|GPG_.*|XDG_.*|TAR_OPTIONS|GREP_OPTIONS|FIND_.*|MAKE.*|FZF_.*|RIPGREP_.*",
    "NODE_(?!ENV$).*|NPM_.*|YARN_.*|PNPM_.*|BUN_.*|DENO_.*|PYTHON(?!UNBUFFERED$|DONTWRITEBYTECODE$).*|PIP_.*|UV_.*|VIRTUAL_ENV|PERL.*|RUBY.*|BUNDLE_.*|GEM_.*",
    "JAVA_.*|_JAVA_OPTIONS|JDK_.*|MAVEN_.*|GRADLE_.*|CARGO_.*|RUSTC.*|RUSTFLAGS|RUSTUP_.*|GO(?!OS$|ARCH$).*|CC|CXX|CPP|LD|AR|CFLAGS|LDFLAGS|.*_WRAPPER|DOCKER_.*|KUBECONFIG|AWS_.*",
  ].join("|")})$`,
);

/** What setting the variable means for the decision about the line. */
export function kindOfVariable(name: string): "harmless" | "unknown" | "dangerous" {
  if (dangerous.test(name) || /^(?:npm|yarn|pnpm|pip)_|^c?d?f?path$/.test(name)) return "dangerous";
  return harmless.has(name) ? "harmless" : "unknown";
}

/** Whether a variable of the shell is one that no program looks at; small letters, but for the few that some do. */
export function isOwnVariable(name: string): boolean {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !/_proxy$/.test(name) && kindOfVariable(name) === "unknown";
}
