/** What is known about a shell line: its commands and files, and what could not be known. */

export interface ShellLine {
  /** As typed, without the blanks at both ends. */
  text: string;
  /** Every command that the line itself would run, in the order they are written, also in substitutions and functions. */
  commands: readonly ShellCommand[];
  writes: readonly ShellWrite[];
  /**
   * Files that the line is known to read by name: `< file`, and those among the arguments of programs known to read. Deny
   * and ask rules for Read and the secrets table hold for all of them. Whether those among the arguments are in reach is
   * already settled in `reads` of the commands (line-reads.ts): a rule that allows `cat` allows it outside too.
   */
  reads: readonly ShellRead[];
  /** Places of which known readers (`ls`, `find`, `cd`) see names and facts only: settled in `reads` of the commands. */
  looks: readonly ShellRead[];
  /** Files that programs known to change files are told to change: only deny and ask rules for Edit look at these. */
  changes: readonly ShellRead[];
  /** What the line puts in place, so that a path may mean another file; without a target: anything. */
  moves: readonly ShellRead[];
  /** Folders of which a command reads all that is below. */
  trees: readonly ShellTree[];
  /** Where each `cd` of it leads; undefined when nobody knows. */
  folders: readonly (string | undefined)[];
  /** Why the line as a whole cannot be read: asked, whatever rules allow. */
  undecided?: string;
  /** A variable that the line sets and that no list knows as harmless: no prefix rule covers commands of such a line. */
  sets?: string;
}

export interface ShellCommand {
  /** As written, without redirections. */
  text: string;
  /** The words in one spelling; "" when undecided. */
  canonical: string;
  /** What allow rules are compared with: the text, the canonical text, and both without assignments that are harmless. */
  spellings: readonly string[];
  /** The value of each literal word; of others the text. */
  words: readonly string[];
  /** Which words the shell would still expand; their values are known only when the line runs. */
  open: readonly OpenWord[];
  /** The name is not literal, or the command changes what others mean: asked, whatever rules allow. */
  undecided?: string;
  /** Why no prefix rule covers it, though its words are known. */
  uncovered?: string;
  /** Why nobody can tell which programs it starts: where deny or ask rules speak of commands, only an exact rule covers it. */
  unseen?: string;
  /** What it starts by its arguments (`timeout 5 x`, `xargs x`, `find -exec x`, `sh -c 'x; y'`). */
  runs: readonly ShellCommand[];
  /** Allowed when all that it runs is: a wrapper that adds nothing. */
  isTransparent: boolean;
  /**
   * Known to only read, with these arguments; `git`: unless the repository's own settings start programs; `idle`: it reads
   * nothing and changes nothing, which the line as a whole settles (line-reads.ts).
   */
  reads: boolean | "git" | "idle";
}

export interface OpenWord {
  at: number;
  /** It stays one word and does not begin with a dash, whatever it expands to. */
  isNoFlag: boolean;
  /** It becomes exactly one word. */
  isOne: boolean;
  /** What it may become, each as a pattern of files (word-patterns.ts); absent when only the shell knows. */
  patterns?: readonly string[];
}

export interface ShellWrite {
  /** As a path relative to the call's folder, absolute, or with `~/`. Undefined: known only when the line runs, asked. */
  target: string | undefined;
  text: string;
  append: boolean;
  from?: string;
}

export interface ShellTree extends ShellRead {
  /** Names that begin with a dot are left out. */
  skipsHidden: boolean;
}

export interface ShellRead {
  /** Undefined as for writes. A last name with `*` or `?` is a pattern when `isGlob`. */
  target: string | undefined;
  text: string;
  isGlob: boolean;
  /** An argument of a program, not a redirection. */
  byArgument: boolean;
  /** In place of `target`: each pattern that the word may become. */
  patterns?: readonly string[];
  /** The program shows what is in it. */
  isContent?: true;
  /** The folder in which a relative `target` starts, where the line may have changed to it: a path as the shell spells it. */
  from?: string;
  /** Which command of the line reads it, in the order written. */
  by?: number;
}
