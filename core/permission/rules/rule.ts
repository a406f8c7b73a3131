/** What a parsed rule is, and which tools it names. */
import type { ToolManifest } from "../../contract/manifest.ts";
import { mcpFullName } from "../../contract/mcp-names.ts";
import type { CommandPattern } from "../patterns/command-pattern.ts";
import type { DomainPattern } from "../patterns/domain-pattern.ts";
import type { PathTest } from "../patterns/path-pattern.ts";
import type { PathSpecifier } from "../patterns/path-specifier.ts";
import { type TextGlob, textMatches } from "../patterns/text-glob.ts";

export type Behavior = "allow" | "ask" | "deny";

/** What of a tool decides which rules apply to it. `mcp`: the server's own names, where it is a server's. */
export type RuledTool = Pick<ToolManifest, "name" | "effect" | "subject"> &
  Partial<Pick<ToolManifest, "inputSchema">> & { mcp?: { server: string; tool: string } };

export type RuleMatch =
  | { kind: "tool" }
  | { kind: "path"; specifier: PathSpecifier }
  | { kind: "command"; pattern: CommandPattern }
  | { kind: "domain"; pattern: DomainPattern }
  /** A field of the input; also what the name in `Agent(name)` stands for. */
  | { kind: "field"; field: string; value: TextGlob };

export interface Rule {
  behavior: Behavior;
  /** The registered name, or the name that rules of paths use. For a glob: as written. */
  tool: string;
  /** A glob of tool names; `mcp__docs` is one, of all that the server has. */
  names?: TextGlob;
  /** As it was written. */
  text: string;
  source: string;
  base: string;
  match: RuleMatch;
}

/** A rule that is ready to be compared; `path` for path rules only. */
export interface ReadyRule {
  rule: Rule;
  path?: PathTest;
}

/** The name that rules with a path use for this tool: Read rules cover all that read by path, Edit rules all that write. */
export function familyOf({ name, effect, subject }: RuledTool): string {
  if (subject?.kind !== "path" || effect === "runs" || name === "Cd") return name;
  return effect === "writes" ? "Edit" : "Read";
}

/** Whether a rule names this tool, whatever it says of its calls. */
export function namesTool({ tool, names }: Rule, ruled: RuledTool): boolean {
  if (names !== undefined) return isNamed(ruled, names);
  return tool === ruled.name || tool === familyOf(ruled);
}

/** A name that is too long for models is cut; who writes a rule knows the whole one. */
export function isNamed({ name, mcp }: RuledTool, names: TextGlob): boolean {
  return (
    textMatches(names, name, { strict: false }) ||
    (mcp !== undefined && textMatches(names, mcpFullName(mcp), { strict: false }))
  );
}
