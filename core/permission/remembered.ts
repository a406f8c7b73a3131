/** Approvals the user gave for the rest of the session, as allow rules that mean exactly what was shown. */
import { isMcpTool } from "../contract/mcp-names.ts";
import { undecidedOf } from "./command-match.ts";
import { isFolder } from "./files/confined-path.ts";
import { type Ground, readyRule } from "./ground.ts";
import { escapeCommand } from "./patterns/command-pattern.ts";
import { escapeGlob } from "./patterns/path-pattern.ts";
import { findAllowing } from "./rule-match.ts";
import type { ReadyRule } from "./rules/rule.ts";
import { familyOf, formatRule, parseRules, type RuledTool } from "./rules/rules.ts";
import type { ShellLine } from "./shell/facts.ts";
import { withInner } from "./shell/line.ts";
import type { Subject } from "./subject.ts";

interface Remembered {
  add(rule: string): void;
  /** The remembered rule that covers a call. Only rules made ready before are looked at. */
  find(tool: RuledTool, subject: Subject): string | undefined;
  /** Makes rules ready that came since the last time. Costs nothing when none did. */
  refresh(tool: RuledTool, ground: Ground): Promise<void>;
}

/** `logged` are the session's rules as its log has them; a text that is no rule for the tool covers nothing. */
export function createRemembered(logged: () => readonly string[]): Remembered {
  const own = new Set<string>();
  const ready = new Map<string, ReadyRule | undefined>();
  const key = (tool: RuledTool, text: string) => `${tool.name} ${text}`;
  const texts = () => new Set([...logged(), ...own]);
  return {
    add: (rule) => void own.add(rule),
    find(tool, subject) {
      const rules = [...texts()].flatMap((text) => ready.get(key(tool, text)) ?? []);
      return findAllowing(rules, tool, subject).rule?.text;
    },
    async refresh(tool, ground) {
      for (const text of texts()) {
        if (ready.has(key(tool, text))) continue;
        const line = { behavior: "allow", rule: text, source: "this session", base: ground.workspace } as const;
        const [rule] = parseRules([line], [tool]).rules;
        ready.set(key(tool, text), rule === undefined ? undefined : await readyRule(rule, ground.bases));
      }
    },
  };
}

/**
 * The rule that "always" would write for one part of a call: this very command, this very file, or this tool of an MCP
 * server. Undefined where a rule would say more than was shown: for a folder (a listing shows names, a Read rule content),
 * for text with control characters, for other calls without a subject; and for what is known only when the line runs.
 */
export async function exactRule(tool: RuledTool, subject: Subject): Promise<string | undefined> {
  if (subject.kind === "command") return exactCommand(tool, subject.line);
  if (subject.kind === "none" && isMcpTool(tool.name)) return /^[\w-]+$/.test(tool.name) ? tool.name : undefined;
  if (subject.kind !== "path" || /\p{Cc}/u.test(subject.real) || subject.spellings.length > 1) return undefined;
  if (await isFolder(subject.real)) return undefined;
  return formatRule({ tool: familyOf(tool), specifier: `/${escapeGlob(subject.real)}` });
}

/**
 * The rule that an answer may make. A program named by a relative path is another file in another folder, and a rule does not
 * hold its folder: nothing is offered.
 */
export async function offeredRule(tool: RuledTool, subject: Subject): Promise<string | undefined> {
  const commands = subject.kind === "command" ? subject.line.commands.flatMap(withInner) : [];
  const isElsewhereAnother = commands.some(({ words: [program = ""] }) => /^[^/].*\//s.test(program));
  return isElsewhereAnother ? undefined : await exactRule(tool, subject);
}

/** One command by itself: a line of several has a rule for each. */
function exactCommand(tool: RuledTool, line: ShellLine): string | undefined {
  const [command, ...more] = line.commands;
  if (command === undefined || more.length > 0 || undecidedOf(line) !== undefined || /\p{Cc}/u.test(command.text))
    return undefined;
  return formatRule({ tool: tool.name, specifier: escapeCommand(command.text) });
}
