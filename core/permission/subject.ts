/** What one call is about, as rules and modes see it: a path with every spelling and its place, a shell line, or neither. */
import { hasCode, messageOf } from "../contract/errors.ts";
import type { CallFacts } from "../contract/hooks.ts";
import type { Json } from "../contract/messages.ts";
import { isInside, realPathOf, spellingsOf, spellOut } from "./confined-path.ts";
import type { Ground } from "./ground.ts";
import { guardedKind } from "./guarded-files.ts";
import type { RuledTool } from "./rules.ts";
import { readShellLine, type ShellLine, textsOf } from "./shell-line.ts";

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

export type Subject =
  | PathSubject
  | CommandSubject
  | { kind: "none"; shown: string }
  /** A path that means nothing, or leads in a circle: denied. */
  | { kind: "refused"; shown: string; why: string };

export async function subjectOf(call: CallFacts, tool: RuledTool, ground: Ground): Promise<Subject> {
  if (tool.subject === undefined) return { kind: "none", shown: tool.name };
  const value = call.input[tool.subject.field] ?? folderOfGlob(call.input[tool.subject.glob ?? ""]);
  if (tool.subject.kind === "command") return commandSubject(typeof value === "string" ? value : "", ground.restrictsLines);
  if (value !== undefined && typeof value !== "string") {
    return { kind: "refused", shown: JSON.stringify(value), why: `${tool.subject.field} is not a text` };
  }
  try {
    return await pathSubject(value ?? call.cwd, call.cwd, ground);
  } catch (error) {
    if (!hasCode(error, "PATH_OUTSIDE")) throw error;
    return { kind: "refused", shown: printable(value ?? call.cwd), why: messageOf(error) };
  }
}

/** The part of an absolute glob before its first wildcard, as a folder: what the call will look in. */
function folderOfGlob(glob: Json | undefined): string | undefined {
  if (typeof glob !== "string" || !/^(?:\/|~\/)/.test(glob)) return undefined;
  const names = glob.split("/");
  const wild = names.findIndex((name) => /[*?[{]/.test(name));
  return names.slice(0, wild === -1 ? -1 : wild).join("/") || "/";
}

/** `compared`: whether there are rules that the texts are for. */
function commandSubject(text: string, compared: boolean): CommandSubject {
  const line = readShellLine(text);
  return { kind: "command", shown: printable(line.text), line, texts: compared ? textsOf(line) : [] };
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
    guarded: root === undefined ? undefined : guardedIn(spellings, root, ground.own),
  };
}

function guardedIn(spellings: readonly string[], root: string, own: readonly string[]): string | undefined {
  for (const path of spellings) {
    if (own.some((folder) => isInside(folder, path))) return "Gantry's own config and records";
    const kind = guardedKind(path, isInside(root, path) ? root : "");
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** Without control and direction characters, and what has no shape but the plain space: a name or line must not be able to write over the question it is shown in. */
function printable(text: string): string {
  return text.replace(
    /(?! )[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu,
    (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
