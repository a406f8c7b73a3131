/** Rules about tools that are no command, edit or read: those of Gantry's other tools, of servers, and of all at once. */
import { type Finding, notMapped } from "../findings.ts";
import { wildcardFits } from "../matcher.ts";
import { hostOf } from "./patterns.ts";
import { askedFor, held, leftOut, type SourceRule, type Within, wordsOf } from "./source-rules.ts";

/** Keys of opencode with the tool of Gantry that a rule for all of it names. */
const tools: Readonly<Record<string, string>> = {
  bash: "Bash",
  edit: "Edit",
  read: "Read",
  glob: "Glob",
  grep: "Grep",
  list: "Glob",
  webfetch: "WebFetch",
  websearch: "WebSearch",
  codesearch: "WebSearch",
  task: "Agent",
  skill: "Skill",
  lsp: "LSP",
  todowrite: "TodoWrite",
  todoread: "TodoWrite",
  question: "AskUserQuestion",
};
const everyKey = ["bash", "edit", "read", "webfetch", "websearch", "task", "skill"];

const everyRule = [...everyKey.map((key) => tools[key] ?? key), "mcp__*"];

/** Whether the key is one tool of opencode. */
export function isTool(key: string): boolean {
  return Object.hasOwn(tools, key);
}

export function other(rule: SourceRule): Finding {
  const { key, pattern, action, at } = rule;
  const what = wordsOf(rule);
  const tool = tools[key] ?? key;
  if (/^\*+$/.test(pattern)) {
    if (action !== "allow") return held(rule, [tool]);
    const isFree = ["Glob", "Grep", "TodoWrite", "AskUserQuestion"].includes(tool);
    return isFree
      ? { kind: "permission", what, ...at, result: "already-there", why: "In the workspace it goes ahead without a rule" }
      : held(rule, [tool]);
  }
  const named = tool === "Agent" || tool === "Skill";
  if (named && /^[\w-]+$/.test(pattern)) return held(rule, [`${tool}(${pattern})`]);
  if (action === "allow")
    return leftOut(at, what, "Gantry has no rule for just this; it is asked about, or goes ahead in the workspace");
  const host = tool === "WebFetch" ? hostOf(pattern) : undefined;
  if (host !== undefined)
    return held(rule, [`WebFetch(domain:${host})`], { enclosing: "WebFetch", why: "The rule speaks of the whole host" });
  return askedFor(rule, [tool], `Gantry has no rule for such a text; every ${tool} is asked about`);
}

/** `*`, patterns of keys, tools of servers, and tools that are no others. */
export function otherKey(rule: SourceRule, within: Within): Finding[] {
  const { key, pattern, action, at } = rule;
  const what = wordsOf(rule);
  const named = Object.keys(tools).filter((name) =>
    key === "*" ? everyKey.includes(name) : key.includes("*") && wildcardFits(key, name),
  );
  const own = named.filter((name) => !isGiven(name, within)).map((name) => tools[name] ?? name);
  const servers = serverRules(key, within.servers);
  if (action === "allow") {
    if (key.includes("*") && (named.length > 0 || servers.includes("mcp__*")))
      return [leftOut(at, what, "No import writes a yes to every tool; Gantry asks, but for what only reads in the workspace")];
    const isKnown = within.servers.some(
      (name) => key === name || key.startsWith(`${name.replaceAll(/[^A-Za-z0-9_-]/g, "_")}_`),
    );
    if (!isKnown || servers.length === 0 || pattern !== "*")
      return [notMapped({ ...at, kind: "permission", what, why: `Gantry has no tool like ${key}` })];
    return [held(rule, servers)];
  }
  if (key.includes("{"))
    return [askedFor(rule, everyRule, "It names a variable or a file, and may be about any tool; every tool is asked about")];
  const rules = [...new Set([...own, ...servers])];
  if (rules.length === 0)
    return [
      notMapped({
        ...at,
        kind: "permission",
        what,
        why: named.length > 0 ? "Later rules of this file take its place for each tool" : `Gantry has no tool like ${key}`,
      }),
    ];
  if (pattern !== "*" && pattern !== "**")
    return [askedFor(rule, rules, "Gantry has no rule for such a text; every call is asked about")];
  // One rule, one line: some of them may be of tools that are not in this build.
  return rules.map((each) => held(rule, [each], { enclosing: each.startsWith("mcp__") ? "mcp__*" : each }));
}

/** A later rule for the whole tool takes the place of one for all tools. */
function isGiven(name: string, { isAlone, later }: Within): boolean {
  return isAlone && later.some(({ key, pattern }) => key === name && pattern === "*");
}

/** Of a server that no file read here has, each way in which the name may be a server's and its tool's. */
function splits(key: string): string[] {
  const name = key.replace(/_?\*$/, "");
  if (!/^[A-Za-z0-9-]+(?:_[A-Za-z0-9-]+){0,4}$/.test(name)) return [];
  if (key !== name) return [`mcp__${name}`];
  const words = name.split("_");
  return words.slice(1).map((_, at) => `mcp__${words.slice(0, at + 1).join("_")}__${words.slice(at + 1).join("_")}`);
}

/** Tools of a server are `SERVER_TOOL` there. */
function serverRules(key: string, servers: readonly string[]): string[] {
  if (key === "*") return ["mcp__*"];
  const words = servers.map((name) => name.replaceAll(/[^A-Za-z0-9_-]/g, "_"));
  const all = words.filter((word) => key === `${word}_*` || key === `${word}*` || key === word);
  if (all.length > 0) return all.map((word) => `mcp__${word}`);
  const one = words.filter((word) => key.startsWith(`${word}_`)).sort((a, b) => b.length - a.length)[0];
  if (one !== undefined)
    return [key.includes("*") || key.includes("?") ? `mcp__${one}` : `mcp__${one}__${key.slice(one.length + 1)}`];
  if (
    key.includes("*") &&
    words.some((word) => wildcardFits(key, `${word}_x`) || wildcardFits(key.replace(/\*.*$/, "*"), `${word}_x`))
  )
    return ["mcp__*"];
  return splits(key);
}
