/** What stands in `Read(…)` and `Edit(…)`: gitignore syntax with a base in front, as in the public grammar. */

import { isBalanced } from "./balanced.ts";
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
export function parsePathSpecifier(
  text: string,
  { restricts, tool = "Read" }: { restricts: boolean; tool?: string },
): PathSpecifier | string {
  const foreign = foreignSpelling(text, tool);
  if (foreign !== undefined) return foreign;
  const { anchor, body, isBare } = splitAnchor(text);
  const problem = problemOf(text, body, tool);
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

/** Spellings of other places, which gitignore syntax would quietly take for something else. */
function foreignSpelling(text: string, tool: string): string | undefined {
  const write = (right: string) => `write ${tool}(${right})`;
  const slashes = (path: string) => path.replace(/\\+/g, "/");
  const drive = /^([A-Za-z]):[\\/](.*)$/s.exec(text);
  if (drive !== null) {
    const right = `//${(drive[1] ?? "").toLowerCase()}/${slashes(drive[2] ?? "")}`;
    return `a path with a drive is no path here; ${write(right)} when that is where it is`;
  }
  if (text.startsWith("\\\\"))
    return `a share is no path here; ${write(slashes(text).replace(/^\/*/, "//"))} when that is where it is`;
  if (/\\[\p{L}\p{N}._-]/u.test(text.replaceAll("\\\\", "")))
    return `a backslash separates nothing, it makes the next letter a plain one; ${write(slashes(text))}`;
  const home = /^(?:\$\{?HOME\}?|%USERPROFILE%|%HOME%)(?=\/|$)/.exec(text)?.[0];
  if (home !== undefined) return `variables are not read in rules; ${write(`~${text.slice(home.length)}`)}`;
  const other = /^~([^/]+)(.*)$/s.exec(text);
  if (other !== null)
    return `~ is your own home folder and no other's; ${write(`//home/${other[1]}${other[2]}`)}, or ./${text} for a file of that name`;
  if (/^file:\/\//.test(text)) return `a URL is no path; ${write(`/${text.slice("file://".length)}`)}`;
  return undefined;
}

function problemOf(text: string, body: string, tool: string): string | undefined {
  if (text.trim() === "") return "the specifier is empty";
  if (text.includes("\0")) return "a path holds no NUL character";
  if (text.startsWith("!")) return "a rule cannot be negated; write the opposite rule";
  if (body === "" || body === "/")
    return `it names a folder and no file; for all below it write ${text.startsWith("//") ? "//**" : `${text.replace(/\/*$/, "")}/**`}`;
  const names = body.replace(/^\//, "").replace(/\/$/, "").split("/");
  if (names.includes("..") || names.includes(".") || names.includes("")) {
    return `\`..\`, \`.\` and empty names are not in a real path; ${withoutSteps(text, body, tool)}`;
  }
  const classes = body.replace(/\\./gs, "");
  if (classes.endsWith("\\")) return "a backslash at the end escapes nothing";
  if (/\[[^\]]*$/.test(classes)) return "a bracket [ is not closed; write \\[ for a bracket in a name";
  if (/\{[^{}/]*,[^{}/]*\}/.test(classes)) {
    const first = text.replace(/\{([^{},]*),[^{}]*\}/, "$1");
    return `{ } are no alternatives in gitignore syntax; write one rule for each, as ${tool}(${first}), or \\{ for a brace in a name`;
  }
  if (!isBalanced(body, { quotes: false })) return "the ( ) in it do not match; write \\( for one in a name";
  return undefined;
}

/** The same place without `..` and `.`; above the anchor only an absolute path can say it. */
function withoutSteps(text: string, body: string, tool: string): string {
  const names: string[] = [];
  let isOut = false;
  for (const name of body.split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") isOut = names.pop() === undefined || isOut;
    else names.push(name);
  }
  const path = names.join("/");
  if (isOut) return `it leads out of where it starts: write the whole path with // in front, as ${tool}(//…/${path})`;
  const start = text.startsWith("~") ? "~/" : text.slice(0, text.length - text.replace(/^\/{1,2}/, "").length);
  return `write ${tool}(${path === "" ? "./**" : `${start}${path}`})`;
}
