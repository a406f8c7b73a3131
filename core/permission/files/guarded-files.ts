/** THE table of files that change what runs later without being asked: acceptEdits never writes them by itself. */

interface GuardedRow {
  /** Names at any depth, in any case. `*` is any text within a name. */
  names: string;
  what: string;
}

/** Folders: all that is below. */
const folders: readonly GuardedRow[] = [
  { names: ".git", what: "the inside of a git repository" },
  { names: ".gantry", what: "Gantry's own files of the project" },
  { names: ".husky .githooks", what: "a git hook" },
  { names: ".vscode .idea .devcontainer .zed", what: "what an editor runs" },
  { names: ".claude .codex .gemini .cursor", what: "the config of a coding agent" },
  { names: "conf.d profile.d environment.d", what: "what is run or set at start-up" },
  { names: ".vim .emacs.d .oh-my-zsh .zsh", what: "start-up files of a program" },
  { names: "LaunchAgents LaunchDaemons", what: "a service of the system" },
];

/** Folders by their whole path, also above the root: a workspace may be one of them. */
const placed: readonly GuardedRow[] = [
  { names: ".config/git", what: "git's config" },
  { names: ".config/systemd .local/share/systemd", what: "a service of the system" },
  { names: ".config/autostart .config/autostart-scripts", what: "what is run at start-up" },
  { names: ".config/fish .config/nvim .config/zsh .config/nushell", what: "start-up files of a program" },
  { names: ".config/gantry .local/state/gantry", what: "Gantry's own config and records" },
  { names: ".local/bin", what: "a program on the search path" },
];

const files: readonly GuardedRow[] = [
  { names: "gantry.config.* .gantryrc .gantryrc.*", what: "Gantry's config" },
  { names: ".gitconfig .gitmodules", what: "git's config" },
  {
    names:
      ".bash_profile .bash_login .bash_logout .bash_aliases .profile .inputrc .envrc .bashrc .zshrc .kshrc .cshrc .tcshrc .mkshrc " +
      ".zshenv .zprofile .zlogin .zlogout .login .logout .cshdirs config.fish",
    what: "a shell's start-up file",
  },
  { names: ".xprofile .xinitrc .xsession .xsessionrc .pam_environment", what: "what is run or set at login" },
  {
    names: ".vimrc .gvimrc .exrc .nanorc .emacs .tmux.conf .screenrc .gdbinit .lldbinit .psqlrc .curlrc .wgetrc .pythonrc",
    what: "a start-up file of a program",
  },
];

const tests = [
  ...folders.map(testOf((name) => `/${name}(?:/|$)`, "below")),
  ...placed.map(testOf((name) => `/${name}(?:/|$)`, "whole")),
  ...files.map(testOf((name) => `/${name}$`, "below")),
];

/** What a real path is, when edits of it are asked even in acceptEdits. */
export function guardedKind(path: string, root: string): string | undefined {
  const whole = path.normalize("NFC");
  const below = `/${path.slice(root.length)}`.normalize("NFC");
  return tests.find(({ test, on }) => test.test(on === "whole" ? whole : below))?.what;
}

/** The table as patterns: names at any depth, and places below the home folder. Without git's own folder, which git must write. */
export function guardedPatterns(): { names: string[]; atHome: string[] } {
  const each = (rows: readonly GuardedRow[]) => rows.flatMap(({ names }) => names.split(" "));
  return { names: each([...folders, ...files]).filter((name) => name !== ".git"), atHome: each(placed) };
}

function testOf(source: (name: string) => string, on: "below" | "whole") {
  return ({ names, what }: GuardedRow) => {
    const each = names.split(" ").map((name) => source(name.replaceAll(".", "\\.").replaceAll("*", "[^/]*")));
    return { test: new RegExp(each.join("|"), "i"), on, what };
  };
}
