/** Reads gantry.json, which a stranger wrote: every problem at once, each with its line and the nearest right word. */
import path from "node:path";
import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";
import { GantryError, messageOf } from "../contract/errors.ts";
import { readGrants } from "../permission/scopes/read-grants.ts";
import { isRecord, readTextFile } from "./json-file.ts";
import { issuesOf, type ManifestFile, manifestShape, type ShapeIssue } from "./manifest-shape.ts";
import { isInRange, parseVersion } from "./semver.ts";

const maxDepth = 64;

export interface ReadManifest {
  manifest: ManifestFile;
  file: string;
  /** Of the value at a path, or of what holds it; from 1. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Undefined when the folder has none. PLUGIN_INVALID names each problem as `gantry.json:LINE: KEY …`. */
export async function readManifest(folder: string): Promise<ReadManifest | undefined> {
  const file = path.join(folder, "gantry.json");
  const text = await readTextFile(file);
  if (text === undefined) return undefined;
  const value = parsed(text);
  const lineOf = linesOf(text);
  const shape = manifestShape.safeParse(value);
  const issues = [...(shape.success ? [] : issuesOf(shape.error, value)), ...problemsOfWords(value)];
  const placed = issues.map(({ path: at, said }) => ({
    line: lineOf(at),
    text: at[0] === "permissions" ? said : `${at.join(".") || "it"} ${said}`,
  }));
  const problems = placed.sort((a, b) => a.line - b.line).map(({ line, text: said }) => `gantry.json:${line}: ${said}`);
  if (problems.length > 0 || !shape.success) throw manifestError(folder, problems);
  return { manifest: shape.data, file, lineOf };
}

export function manifestError(folder: string, problems: readonly string[]): GantryError {
  const lines = problems.slice(0, 50).map((problem) => `  ${problem}`);
  if (problems.length > 50) lines.push(`  and ${problems.length - 50} more`);
  const message = `The manifest of ${path.basename(folder)} does not hold:\n${lines.join("\n")}`;
  return new GantryError("PLUGIN_INVALID", message, { detail: { problems: problems.slice(0, 200) } });
}

/** What a shape cannot say: versions, ranges, scopes. Also of a file whose shape is wrong elsewhere. */
function problemsOfWords(value: unknown): ShapeIssue[] {
  const { version, engines, permissions, main } = (value ?? {}) as Record<string, unknown>;
  const found: ShapeIssue[] = [];
  if (typeof version === "string" && !parseVersion(version)) {
    found.push({ path: ["version"], said: `is ${JSON.stringify(version)}, which is no version: 1.2.0` });
  }
  const range = (engines as { gantry?: unknown } | undefined)?.gantry;
  if (typeof range === "string" && isInRange({ numbers: [0, 0, 0], pre: [] }, range) === undefined) {
    found.push({ path: ["engines", "gantry"], said: `is ${JSON.stringify(range)}, which is no range: >=0.1, ^0.1.0` });
  }
  if (typeof main === "string" && (path.isAbsolute(main) || main.split(/[\\/]/).includes(".."))) {
    found.push({ path: ["main"], said: `is ${JSON.stringify(main)}, which is not in the plugin's folder` });
  }
  return [...found, ...permissionIssues(permissions)];
}

function permissionIssues(permissions: unknown): ShapeIssue[] {
  if (!isRecord(permissions)) return readGrants(permissions ?? {}).problems.map((said) => ({ path: ["permissions"], said }));
  return Object.entries(permissions).flatMap(([kind, scope]) =>
    readGrants({ [kind]: scope }).problems.map((said) => ({ path: ["permissions", kind], said })),
  );
}

function parsed(text: string): unknown {
  if (depthOf(text) > maxDepth) throw new GantryError("PLUGIN_INVALID", `gantry.json is nested more than ${maxDepth} deep`);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new GantryError("PLUGIN_INVALID", `gantry.json${placeIn(text, error)} is not JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Before anything walks it: parsers and printers go down with their own stack. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    if (token === "]" || token === "}") depth -= 1;
  }
  return deepest;
}

/** V8 says it as a position, or as a line and column. */
function placeIn(text: string, error: unknown): string {
  const [, position] = /at position (\d+)/.exec(messageOf(error)) ?? [];
  return position === undefined ? "" : `:${text.slice(0, Number(position)).split("\n").length}`;
}

function linesOf(text: string): ReadManifest["lineOf"] {
  let tree: Node | undefined;
  try {
    tree = parseTree(text);
  } catch {
    // Nested too deep for this parser; its shape is refused without lines.
  }
  return (at) => {
    for (let length = at.length; tree !== undefined && length > 0; length--) {
      const node = findNodeAtLocation(tree, at.slice(0, length) as (string | number)[]);
      if (node) return text.slice(0, node.offset).split("\n").length;
    }
    return 1;
  };
}
