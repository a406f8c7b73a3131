/**
 * Prefix rules. Codex compares words in order, each a text or a choice of texts, and the strictest rule that matches counts: as in
 * Gantry. So a rule is `Bash(WORDS:*)`, once for each choice. Source: developers.openai.com/codex/rules, codex-rs/execpolicy.
 */
import type { Json } from "gantry/plugin";
import { own, textsOf } from "../fields.ts";
import { type At, addRule, type Behavior, type ConfigChange, type Finding, notMapped } from "../findings.ts";
import { shownText } from "../shown.ts";
import type { Fault } from "../source-file.ts";
import { parseRulesText, type RulesCall } from "./rules-text.ts";

const behaviors: Readonly<Record<string, Behavior>> = { allow: "allow", prompt: "ask", forbidden: "deny" };
/** Rules of one rule; more choices than that are left to a shorter prefix. */
const mostChoices = 64;

/** `place` names the file and whose it is. */
export function readRules(text: string, place: { file: string; layer: At["layer"] }): { findings: Finding[] } | Fault {
  const parsed = parseRulesText(text);
  if ("message" in parsed) return parsed;
  const findings: Finding[] = [];
  for (const call of parsed.calls) {
    const found = findingOf(call, { source: `${place.file}:${call.line}`, layer: place.layer });
    if (typeof found === "string") return { line: call.line, message: found };
    findings.push(...found);
  }
  return { findings };
}

/** Or why the call is none that can be read. */
function findingOf(call: RulesCall, at: At): Finding[] | string {
  if (call.name === "host_executable") {
    const why =
      "Gantry's rules name programs as a line names them, wherever they lie; where it narrows an allow, write the rule with the path";
    return [{ ...notMapped({ ...at, kind: "permission", what: wordsOf(call), why }) }];
  }
  if (call.name === "network_rule") return networkFinding(call, at);
  if (call.name !== "prefix_rule") return `${call.name} is no rule that is known here`;
  const { decision = "allow" } = call.fields;
  const behavior = typeof decision === "string" ? own(behaviors, decision) : undefined;
  if (typeof behavior !== "string")
    return `the decision is ${JSON.stringify(decision)}, and must be allow, prompt or forbidden`;
  const pattern = patternOf(own(call.fields, "pattern"));
  if (pattern === undefined) return "the pattern must be a list of words, each a text or a list of texts";
  return [prefixFinding(pattern, { at, behavior: behavior as Behavior, what: `${behavior} ${wordsOf(call)}` })];
}

function patternOf(value: Json | undefined): string[][] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words = value.map((word) => (typeof word === "string" ? [word] : textsOf(word)));
  return words.every((word): word is string[] => word !== undefined && word.length > 0) ? words : undefined;
}

interface Prefix {
  at: At;
  behavior: Behavior;
  what: string;
}

export function prefixFinding(pattern: readonly string[][], { at, behavior, what }: Prefix): Finding {
  const kept = keptWords(pattern);
  const isWhole = kept.length === pattern.length;
  if (behavior === "allow" && !isWhole)
    return notMapped({
      ...at,
      kind: "permission",
      what,
      why: `It allows words that no rule of Gantry can hold; such a command is asked about`,
    });
  const rules = kept.length === 0 ? ["Bash"] : choices(kept).map((words) => `Bash(${words.join(" ")}:*)`);
  const becomes: ConfigChange[] = [addRule(behavior, ...rules)];
  const otherwise: ConfigChange[] | undefined = behavior === "allow" ? undefined : [addRule("ask", "Bash")];
  return {
    kind: "permission",
    what: shownText(what),
    source: at.source,
    layer: at.layer,
    result: isWhole ? "exact" : "stricter",
    becomes,
    ...(otherwise === undefined ? {} : { otherwise }),
    ...(isWhole
      ? {}
      : { why: "Words of it cannot stand in a rule of Gantry; the rule speaks of every command that begins as it does" }),
  };
}

/** A word whose letters mean themselves in a rule and in a shell. */
const plainWord = /^[A-Za-z0-9_@%+:,./^-][A-Za-z0-9_@%+=:,./^-]*$/;

/** As many words from the first on as a rule can hold. */
function keptWords(pattern: readonly string[][]): string[][] {
  const kept: string[][] = [];
  let count = 1;
  for (const [at, choice] of pattern.entries()) {
    count *= choice.length;
    const fits = choice.every((word) => plainWord.test(word) && !(at === 0 && word.includes("=")));
    // `:*` at the end is the rule's own.
    if (!fits || count > mostChoices || choice.some((word) => word.endsWith(":"))) break;
    kept.push([...new Set(choice)]);
  }
  return kept;
}

function choices(words: readonly string[][]): string[][] {
  return words.reduce<string[][]>((lines, choice) => lines.flatMap((line) => choice.map((word) => [...line, word])), [[]]);
}

/** Hosts that its network proxy lets through. Without one, what a line reaches is not seen: all lines are asked about. */
function networkFinding(call: RulesCall, at: At): Finding[] {
  const { decision } = call.fields;
  const what = shownText(wordsOf(call));
  if (decision === "allow")
    return [
      notMapped({ ...at, kind: "permission", what, why: "Gantry asks about lines, not about the hosts that they reach" }),
    ];
  const why = "Gantry does not see which hosts a command reaches; it asks about every command in its place";
  return [{ kind: "permission", what, ...at, result: "stricter", becomes: [addRule("ask", "Bash", "WebFetch")], why }];
}

/** The call as it is written, without its reasons and examples. */
function wordsOf({ name, fields }: RulesCall): string {
  const shown = Object.entries(fields).filter(([field]) => !["justification", "match", "not_match"].includes(field));
  return `${name}(${shown.map(([field, value]) => `${field} = ${JSON.stringify(value)}`).join(", ")})`;
}
