/**
 * One permission rule of Claw Code as Gantry's. There a rule compares raw text, whole or from its beginning, with one field of the
 * call: a yes may cover less here, and a no must cover each text that it covered.
 */

import { enclosingCommand, type MappedRule } from "../claude/rule-forms.ts";
import type { Behavior } from "../findings.ts";

/** Their names, and ours. */
const tools: Readonly<Record<string, string>> = {
  bash: "Bash",
  read_file: "Read",
  write_file: "Write",
  edit_file: "Edit",
  glob_search: "Glob",
  grep_search: "Grep",
};

const sameNames = "Agent AskUserQuestion NotebookEdit PowerShell Skill TodoWrite ToolSearch WebFetch WebSearch".split(" ");

interface ClawRule {
  tool: string;
  /** Absent: every call. */
  text?: string;
  isPrefix: boolean;
}

export function mapClawRule(text: string, behavior: Behavior): MappedRule {
  const parsed = parseClawRule(text.trim());
  if (parsed === undefined) return { left: "It has no form of a rule there.", isStricter: behavior === "allow" };
  const meant = meantTool(parsed.tool);
  const name = Object.hasOwn(tools, parsed.tool) ? tools[parsed.tool] : undefined;
  const known = name ?? (isSame(parsed.tool) ? parsed.tool : undefined);
  if (known !== undefined) return mapKnown({ ...parsed, tool: known }, behavior);
  if (meant === undefined || behavior === "allow")
    return { left: "No tool has this name there, so it says nothing.", isStricter: behavior === "allow" };
  const mapped = mapKnown({ ...parsed, tool: meant }, behavior);
  if ("left" in mapped) return mapped;
  return {
    ...mapped,
    isWider: true,
    why: "No tool has this name there, and the rule says nothing; here it holds as it was meant.",
  };
}

function isSame(tool: string): boolean {
  return sameNames.includes(tool) || /^mcp__[\w-]+__[\w-]+$/.test(tool);
}

/** Names of other agents, and other letter case. */
function meantTool(name: string): string | undefined {
  const all = [...Object.entries(tools).flat(), ...sameNames];
  const found = all.find((one) => one.toLowerCase() === name.toLowerCase());
  if (found === undefined) return undefined;
  return Object.hasOwn(tools, found) ? tools[found] : found;
}

/** `\(`, `\)` and `\\` are letters. */
function parseClawRule(text: string): ClawRule | undefined {
  const open = text.indexOf("(");
  if (open === -1) return /^[\w-]+$/.test(text) ? { tool: text, isPrefix: false } : undefined;
  const tool = text.slice(0, open).trim();
  if (!text.endsWith(")") || !/^[\w-]+$/.test(tool)) return undefined;
  const inner = text.slice(open + 1, -1);
  if (inner === "" || inner === "*") return { tool, isPrefix: false };
  const isPrefix = inner.endsWith(":*");
  const body = (isPrefix ? inner.slice(0, -2) : inner).replaceAll(/\\([()\\])/g, "$1");
  return body === "" ? { tool, isPrefix: false } : { tool, text: body, isPrefix };
}

const wider = (rule: string, why: string, enclosing?: string): MappedRule => ({
  rule,
  isWider: true,
  why,
  ...(enclosing === undefined ? {} : { enclosing }),
});

function mapKnown(rule: ClawRule, behavior: Behavior): MappedRule {
  const { tool, text } = rule;
  if (text === undefined) return wholeTool(tool, behavior);
  if (tool === "Bash" || tool === "PowerShell") return behavior === "allow" ? allowedLine(rule) : restrictedLine(rule);
  if (tool === "Read" || tool === "Write" || tool === "Edit" || tool === "NotebookEdit") return pathRule(rule, behavior);
  if (tool === "WebFetch" && behavior !== "allow") return addressRule(rule);
  if (behavior === "allow") return { left: "What it compares is not the same in Gantry; the call is asked.", isStricter: true };
  return wider(tool, `Gantry compares no such text of ${tool}; all its calls are meant.`);
}

function wholeTool(tool: string, behavior: Behavior): MappedRule {
  if (tool === "Edit" && behavior === "allow")
    return { left: "In Gantry Edit speaks of Write and NotebookEdit too; the mode decides instead.", isStricter: true };
  if (tool === "Edit") return wider(tool, "In Gantry Edit speaks of Write and NotebookEdit too.");
  if (tool === "Read" && behavior !== "allow")
    return wider(tool, "In Gantry Read speaks of Glob, Grep and lines that read too.");
  return { rule: tool };
}

// ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A star is a letter there. */
const literally = (text: string): string => text.replaceAll(/[\\*]/g, "\\$&");

function allowedLine({ tool, text = "", isPrefix }: ClawRule): MappedRule {
  const line = text.trim();
  if (!isPrefix) return { rule: `${tool}(${literally(line)})` };
  return wider(
    `${tool}(${literally(line)}:*)`,
    "It covers any text that begins so there; here whole words, in each command of a line.",
  );
}

/** A line that begins so may go on in the middle of a word. */
function restrictedLine({ tool, text = "", isPrefix }: ClawRule): MappedRule {
  const enclosing = enclosingCommand(tool, isPrefix ? `${text}*` : text);
  const why = "It compares raw text there; this speaks of more.";
  if (/[\\"'*]|\s{2}|^\s|^[A-Za-z_]\w*=/.test(text)) return wider(enclosing, why);
  if (!isPrefix) return { rule: `${tool}(${text})`, enclosing };
  return { rule: `${tool}(${text}*)`, enclosing };
}

// ── Paths and addresses ──────────────────────────────────────────────────────────────────────────────────────────────

function pathRule({ tool, text = "", isPrefix }: ClawRule, behavior: Behavior): MappedRule {
  const family = tool === "Read" ? "Read" : "Edit";
  if (behavior === "allow" && family === "Edit")
    return {
      left: "A path rule of Gantry speaks of Write, Edit and NotebookEdit alike; the mode decides instead.",
      isStricter: true,
    };
  const place = placeOf(text, isPrefix);
  if (place === undefined) {
    if (behavior === "allow") return { left: "It names no path that a call would have here.", isStricter: true };
    const [, tail = ""] = isPrefix ? [] : (/^(?:.*\/)?\.\.\/([\w./-]*\w)$/.exec(text) ?? []);
    if (tail !== "" && !tail.includes("./"))
      return wider(`${family}(//**/${tail})`, "It leads up; the name is meant anywhere.", family);
    return wider(family, "It names no path of its own; all are meant.");
  }
  const rule = `${family}(${place})`;
  if (behavior === "allow") return { rule };
  const why = family === "Read" ? "searches and lines that read" : "Write, Edit and lines that write";
  return wider(rule, `In Gantry it speaks of ${why}, in any spelling of the path.`, family);
}

/** Undefined for a spelling that is no place: steps up, a home that is not looked up there. */
function placeOf(text: string, isPrefix: boolean): string | undefined {
  if (text.startsWith("~") || /(?:^|\/)\.\.(?:\/|$)/.test(text) || text.trim() !== text) return undefined;
  const plain = text
    .replace(/^(?:\.\/)+/, "")
    .replaceAll(/\/(?:\.?\/)+/g, "/")
    .replaceAll(/[*?[\]\\{}()]/g, "?");
  // Of all that begins so, what begins with `./` is spelled many ways.
  if (isPrefix && (text === "" || /(?:^|\/)\.$/.test(text))) return undefined;
  const start = plain.startsWith("/") ? `/${plain}` : `./${plain}`;
  if (!isPrefix) return /\/$/.test(start) ? undefined : start;
  return start.endsWith("/") ? `${start}**` : `${start}*`;
}

/** All addresses of a host, where the text names the whole of it. */
function addressRule({ text = "", isPrefix }: ClawRule): MappedRule {
  const [, host = "", rest = ""] = /^https?:\/\/([A-Za-z0-9.-]+)(.*)$/s.exec(text) ?? [];
  const isWhole = host !== "" && (!isPrefix || /^[/:?#]/.test(rest));
  const why = "In Gantry the whole host is meant.";
  return isWhole
    ? wider(`WebFetch(domain:${host.toLowerCase()})`, why, "WebFetch")
    : wider("WebFetch", "All addresses are meant.");
}
