/** What one call is about, as rules and modes see it: a path with every spelling and its place, a shell line, or neither. */
import { hasCode, messageOf } from "../contract/errors.ts";
import type { CallFacts } from "../contract/hooks.ts";
import type { Json } from "../contract/messages.ts";
import { printable } from "../contract/printable.ts";
import { isInside, realPathOf, spellingsOf, spellOut } from "./files/confined-path.ts";
import { guardedKind } from "./files/guarded-files.ts";
import type { Ground } from "./ground.ts";
import { settleReads } from "./line-reads.ts";
import type { RuledTool } from "./rules/rules.ts";
import { textsOf } from "./shell/command-texts.ts";
import { parseShellLine, type ShellLine } from "./shell/line.ts";

export interface PathSubject {
  kind: "path";
  /** Printable: what the user is shown. */
  shown: string;
  real: string;
  /** The path asked for, each link's target, the real path. */
  spellings: readonly string[];
  /** In the workspace or an added folder. */
  isInside: boolean;
  /** There, or in this session's tool output. */
  isReadable: boolean;
  isSecret: boolean;
  /** What edits of it could set off, when that is more than the edit. */
  guarded: string | undefined;
}

export interface CommandSubject {
  kind: "command";
  shown: string;
  line: ShellLine;
  /** What deny and ask rules are compared with. */
  texts: readonly string[];
}

/** A path that means nothing, or leads in a circle: denied. */
export interface RefusedSubject {
  kind: "refused";
  shown: string;
  why: string;
}

export type Subject =
  | PathSubject
  | CommandSubject
  | { kind: "none"; shown: string }
  /** A file that is known only when the line runs. */
  | { kind: "unknown"; shown: string; why: string; isKept?: true }
  | RefusedSubject;

export async function subjectOf(call: CallFacts, tool: RuledTool, ground: Ground): Promise<Subject> {
  if (tool.subject === undefined) return { kind: "none", shown: tool.name };
  const value = call.input[tool.subject.field] ?? folderOfGlob(call.input[tool.subject.glob ?? ""]);
  if (tool.subject.kind === "command") return lineSubject(typeof value === "string" ? value : "", call.cwd, ground);
  if (value !== undefined && typeof value !== "string") {
    return { kind: "refused", shown: JSON.stringify(value), why: `${tool.subject.field} is not a text` };
  }
  return await pathSubjectOf(value ?? call.cwd, call.cwd, ground);
}

/** A path in a call's folder; refused when it means nothing. */
export async function pathSubjectOf(path: string, cwd: string, ground: Ground): Promise<PathSubject | RefusedSubject> {
  try {
    return await pathSubject(path, cwd, ground);
  } catch (error) {
    if (!hasCode(error, "PATH_OUTSIDE")) throw error;
    return { kind: "refused", shown: printable(path), why: messageOf(error) };
  }
}

/** The part of an absolute glob before its first wildcard, as a folder: what the call will look in. */
function folderOfGlob(glob: Json | undefined): string | undefined {
  if (typeof glob !== "string" || !/^(?:\/|~\/)/.test(glob)) return undefined;
  const names = glob.split("/");
  const wild = names.findIndex((name) => /[*?[{]/.test(name));
  return names.slice(0, wild === -1 ? -1 : wild).join("/") || "/";
}

async function lineSubject(text: string, cwd: string, ground: Ground): Promise<CommandSubject> {
  const line = await settleReads(await parseShellLine(text), async (path, from) => {
    const start = from === undefined ? undefined : await pathSubjectOf(from, cwd, ground);
    const subject = await pathSubjectOf(path, start?.kind === "path" ? start.real : cwd, ground);
    if (subject.kind === "refused") return undefined;
    const { real, isReadable, isSecret } = subject;
    return { real, isOpen: isReadable && !isSecret && !ground.hides(real) };
  });
  return commandSubjectOf(line, ground);
}

/** A line, or one command of it. Texts are made only when there are rules to compare them with. */
export function commandSubjectOf(line: ShellLine, ground: Ground): CommandSubject {
  return { kind: "command", shown: printable(line.text), line, texts: ground.restrictsLines ? textsOf(line) : [] };
}

async function pathSubject(path: string, cwd: string, ground: Ground): Promise<PathSubject> {
  const spelled = spellOut(path, { cwd, home: ground.home });
  const real = await realPathOf(spelled);
  const spellings = spelled === real ? [real] : await spellingsOf(spelled, real);
  const root = ground.writable.find((folder) => isInside(folder, real));
  return {
    kind: "path",
    shown: spelled === real ? printable(real) : `${printable(spelled)} (really ${printable(real)})`,
    real,
    spellings,
    isInside: root !== undefined,
    isReadable: root !== undefined || ground.roots.some((folder) => isInside(folder, real)),
    isSecret: spellings.some(ground.isSecret),
    guarded: root === undefined ? undefined : guardedIn(spellings, root, ground),
  };
}

function guardedIn(
  spellings: readonly string[],
  root: string,
  { own, hookScripts }: Pick<Ground, "own" | "hookScripts">,
): string | undefined {
  for (const path of spellings) {
    if (hookScripts.includes(path)) return "a file that a hook runs";
    if (own.some((folder) => isInside(folder, path))) return "Gantry's own config and records";
    const kind = guardedKind(path, isInside(root, path) ? root : "");
    if (kind !== undefined) return kind;
  }
  return undefined;
}
