/**
 * One permission rule of Claude Code as Gantry's. The two grammars share their form; what differs is where a path starts, and
 * forms that Gantry refuses. A no is widened until it surely speaks of all that it spoke of; a yes never is.
 */
import path from "node:path";
import type { Behavior } from "../findings.ts";

export interface RulePlace {
  behavior: Behavior;
  /** Folder that `/path` starts from there. Absent: nobody can tell. */
  base?: string;
  /** The same folder in Gantry's file of the layer: then the spelling stays. */
  sameBase: boolean;
  /** Its file lies below the project root: what starts in the session's folder is meant anywhere. */
  isBelow?: boolean;
  /** Where `./` and `../` start, when it is one known folder. */
  cwd?: string;
  home: string;
}

export type MappedRule =
  | { rule: string; enclosing?: string; isWider?: boolean; why?: string }
  /** It says nothing there, or its yes cannot be held. */
  | { left: string; isStricter: boolean };

const form = /^([A-Za-z_*][\w*.-]*)(?:\(([\s\S]*)\))?$/;
const pathTools = ["Read", "Edit", "Cd"];
const readFamily = ["Glob", "Grep", "LS", "NotebookRead"];
const editFamily = ["Write", "MultiEdit", "NotebookEdit"];
const commandTools = ["Bash", "PowerShell", "Monitor"];

export function mapRule(text: string, place: RulePlace): MappedRule {
  const [, tool = "", specifier] = form.exec(text.trim()) ?? [];
  if (tool === "") return { left: "It has no form of a rule, and says nothing there.", isStricter: false };
  if (place.behavior === "allow" && tool.includes("*") && !/^mcp__[^*]+?__[^*]*\*/.test(tool))
    return { left: "An allow rule names a tool, or a server and then a star; this one says nothing there.", isStricter: false };
  const isPathTool = [...pathTools, ...readFamily, ...editFamily].includes(tool);
  const isAny =
    specifier === undefined ||
    specifier.trim() === "" ||
    (/^\s*\*\s*$/.test(specifier) && !(isPathTool && place.behavior === "allow"));
  if (isAny) return { rule: tool, enclosing: tool };
  if (commandTools.includes(tool)) return commandRule(tool, specifier, place.behavior);
  if (pathTools.includes(tool)) return pathRule(tool, specifier, place);
  if (readFamily.includes(tool)) return ruledElsewhere("Read", specifier, place);
  if (editFamily.includes(tool)) return ruledElsewhere("Edit", specifier, place);
  if (tool === "Skill" || tool === "SlashCommand") return skillRule(tool, specifier);
  return { rule: `${tool}(${specifier})`, enclosing: tool };
}

/** `Write(path)` is accepted there and never looked at: its yes allows nothing, and its no was meant. */
function ruledElsewhere(family: "Read" | "Edit", specifier: string, place: RulePlace): MappedRule {
  const never = `Paths are ruled by ${family} there too, and this rule is never looked at`;
  if (place.behavior === "allow") return { left: `${never}.`, isStricter: true };
  const mapped = pathRule(family, specifier, place);
  return "left" in mapped ? mapped : { ...mapped, isWider: true, why: `${never}; here it holds.` };
}

/** Arguments behind a skill's name make no difference to a rule of the name alone. */
function skillRule(tool: string, specifier: string): MappedRule {
  const name = specifier.replace(/^\//, "").replace(/(?::\*| \*)$/, "");
  return { rule: `${tool}(${name})`, enclosing: tool };
}

// ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export function commandRule(tool: string, specifier: string, behavior: Behavior): MappedRule {
  const rule = `${tool}(${specifier})`;
  if (behavior === "allow") {
    // A backslash before a star is a letter there, and makes the star a letter here.
    if (specifier.includes("\\")) return { left: "What a backslash means in it is not the same in Gantry.", isStricter: true };
    return { rule };
  }
  const enclosing = enclosingCommand(tool, specifier);
  // Quotes and blanks are compared as written there, and as words here.
  if (/[\\"']|\s{2}/.test(specifier)) {
    return {
      rule: enclosing,
      isWider: true,
      why: "Quotes and backslashes are compared as written there; this speaks of more.",
    };
  }
  return { rule, enclosing };
}

/** Whole words that every line it speaks of begins with; of a pipe its last command, which every such line holds. */
export function enclosingCommand(tool: string, specifier: string): string {
  const [, last] = /^[^;&\n"'`]*\|\s*([\w./-][\w./ -]*(?: ?\*)?)$/.exec(specifier.replace(/:\*$/, " *")) ?? [];
  if (last !== undefined && !specifier.includes("||")) return `${tool}(${last.trim().replaceAll(/\s+/g, " ")})`;
  const [literal = ""] = /^[^*\\"'`$&|;<>()\n]*/.exec(specifier) ?? [];
  const rest = specifier.slice(literal.length);
  const isWhole = rest === "" || literal.endsWith(" ") || (rest.startsWith("*") && literal.endsWith(":"));
  const words = (isWhole ? literal.replace(/:$/, "") : literal.replace(/\S*$/, "")).trim().replaceAll(/\s+/g, " ");
  if (words !== "") return `${tool}(${words}:*)`;
  const stem = literal.trim();
  return stem === "" ? tool : `${tool}(${stem}*)`;
}

// ── Paths ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function pathRule(tool: string, specifier: string, place: RulePlace): MappedRule {
  const { behavior } = place;
  if (/^\.\/?$/.test(specifier.trim())) {
    if (behavior === "allow") return { left: "A folder alone is no file of it.", isStricter: true };
    return { rule: `${tool}(./**)`, enclosing: tool, isWider: true, why: "It names a folder; all below it is meant." };
  }
  const body = specifier.trim();
  if (body.startsWith("!"))
    return { left: "A pattern that begins with ! matches nothing by itself.", isStricter: behavior === "allow" };
  const placed = placedPath(body, place);
  if (placed === undefined) {
    if (behavior === "allow") return { left: "Where it starts depends on the folder of each session.", isStricter: true };
    return {
      rule: anywhere(tool, body),
      enclosing: tool,
      isWider: true,
      why: "Where it starts depends on the folder of each session.",
    };
  }
  if (behavior === "allow") return { rule: `${tool}(${placed})` };
  const odd = oddFree(placed);
  if (odd !== placed)
    return { rule: `${tool}(${odd})`, enclosing: tool, isWider: true, why: "Its odd letters became wildcards." };
  return { rule: `${tool}(${placed})`, enclosing: tool };
}

/** The path in Gantry's spelling of the layer; undefined where it starts nowhere in particular. */
function placedPath(text: string, { base, sameBase, cwd, home, isBelow = false }: RulePlace): string | undefined {
  const drive = /^([A-Za-z]):[\\/](.*)$/s.exec(text);
  if (drive !== null) return `//${(drive[1] ?? "").toLowerCase()}/${(drive[2] ?? "").replaceAll(/[\\/]+/g, "/")}`;
  if (text.startsWith("//")) return absolute(text.slice(1), home);
  if (text === "~" || text.startsWith("~/"))
    return hasSteps(text) ? absolute(path.posix.join(home, text.slice(1)), home) : text;
  if (text.startsWith("/")) {
    if (base === undefined) return undefined;
    if (sameBase && !hasSteps(text)) return text;
    return absolute(path.posix.join(escaped(base), text), home);
  }
  if (isBelow) return undefined;
  if (!hasSteps(text)) return text;
  return cwd === undefined ? undefined : absolute(path.posix.join(escaped(cwd), text), home);
}

function hasSteps(text: string): boolean {
  return /(?:^|\/)\.\.(?:\/|$)|.\/\.(?:\/|$)/.test(text);
}

function absolute(text: string, home: string): string {
  const full = path.posix.normalize(text);
  const own = escaped(home);
  return full.startsWith(`${own}/`) ? `~${full.slice(own.length)}` : `/${full}`;
}

function escaped(folder: string): string {
  return folder.replaceAll(/[*?[\]\\]/g, "\\$&");
}

/** The part behind the last `..`, wherever it is. */
function anywhere(tool: string, text: string): string {
  const tail = text
    .split("/")
    .slice(text.split("/").lastIndexOf("..") + 1)
    .filter((part) => part !== "." && part !== "")
    .join("/");
  return tail === "" ? tool : `${tool}(//**/${oddFree(tail)})`;
}

/** Braces, open brackets, backslashes and parentheses mean something else or nothing in one of the two: any letters instead. */
function oddFree(text: string): string {
  const plain = text
    .replaceAll(/\{[^{}/]*\}/g, "*")
    .replaceAll(/\\./gs, "?")
    .replaceAll(/[{}\\()]/g, "?");
  return /\[[^\]]*$/.test(plain) ? plain.replaceAll("[", "?") : plain;
}
