/** What stands in `Read(…)` and `Edit(…)`: gitignore syntax with a base in front, as in the public grammar. */
import type { PatternGroup } from "./path-pattern.ts";

/**
 * Where the pattern starts: the file system, the home folder, the folder of the rule's own source, the workspace, or each
 * folder the session works in (never above it: a rule for `build/**` must not shut a workspace in ~/build).
 */
type Anchor = "root" | "home" | "source" | "workspace" | "roots";

export interface PathSpecifier {
  anchor: Anchor;
  /** Gitignore, relative to the anchor. */
  pattern: string;
  /** It names every path below its anchor, so it means no file in particular. */
  isEverything: boolean;
}

export interface PathBases {
  home: string;
  workspace: string;
  /** The workspace and the added folders. */
  roots: readonly string[];
}

/** The specifier, or the reason why it can match nothing. What restricts (deny, ask) takes bare names in every root. */
export function parsePathSpecifier(text: string, { restricts }: { restricts: boolean }): PathSpecifier | string {
  const { anchor, body, isBare } = splitAnchor(text);
  const problem = problemOf(text, body);
  if (problem !== undefined) return problem;
  const isEverything = /^[*/]+$/.test(body);
  const pattern = body.startsWith("#") || body.startsWith("!") ? `\\${body}` : body;
  if (!isBare) return { anchor, pattern, isEverything };
  const isName = !pattern.replace(/\/$/, "").includes("/");
  const isFolder = /^[^/]+\/\*\*\/?$/.test(pattern) && !isEverything;
  if (restricts && isFolder) return { anchor: "roots", pattern: `**/${pattern}`, isEverything };
  if (restricts && isName) return { anchor: "roots", pattern, isEverything };
  return { anchor, pattern: isName ? pattern : `/${pattern}`, isEverything };
}

/** The pattern with each folder it is relative to. `source` is the base of the rule's own source. */
export function groupsOf(
  { anchor, pattern }: PathSpecifier,
  source: string,
  { home, workspace, roots }: PathBases,
): PatternGroup[] {
  const starts = anchor === "roots" ? roots : [{ root: "/", home, source, workspace }[anchor]];
  return starts.map((base) => ({ base, patterns: [pattern] }));
}

function splitAnchor(text: string): { anchor: Anchor; body: string; isBare: boolean } {
  if (text.startsWith("//")) return { anchor: "root", body: text.slice(1), isBare: false };
  if (text === "~" || text.startsWith("~/")) return { anchor: "home", body: text.slice(1), isBare: false };
  if (text.startsWith("/")) return { anchor: "source", body: text, isBare: false };
  if (text === "." || text.startsWith("./")) return { anchor: "workspace", body: text.slice(1), isBare: false };
  return { anchor: "workspace", body: text, isBare: true };
}

function problemOf(text: string, body: string): string | undefined {
  if (text.trim() === "") return "the specifier is empty";
  if (text.includes("\0")) return "a path holds no NUL character";
  if (text.startsWith("!")) return "a rule cannot be negated; write the opposite rule";
  if (body === "" || body === "/")
    return `it names a folder and no file; for all below it write ${text.replace(/\/*$/, "")}/**`;
  const names = body.replace(/^\//, "").replace(/\/$/, "").split("/");
  if (names.includes("..") || names.includes(".") || names.includes("")) {
    return "`..`, `.` and empty names are not in a real path; write the path without them, with // in front when it is absolute";
  }
  const classes = body.replace(/\\./gs, "");
  if (classes.endsWith("\\")) return "a backslash at the end escapes nothing";
  if (/\[[^\]]*$/.test(classes)) return "a bracket [ is not closed; write \\[ for a bracket in a name";
  return undefined;
}
