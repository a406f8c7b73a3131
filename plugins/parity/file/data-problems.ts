/** What a schema says against a file's data, told in words: each problem with its line, what was found and the nearest right name. */
import type * as z from "zod";
import { isObject, type Json } from "../../../core/contract/messages.ts";
import { didYouMean } from "../../../core/contract/nearest.ts";
import { printed } from "../plain-text.ts";
import type { DataPath, ParsedText } from "./data-text.ts";
import { keysAt } from "./schema-keys.ts";

export interface DataProblem {
  line: number;
  path: DataPath;
  message: string;
}

export interface ProblemSource {
  schema: z.ZodType;
  keys?: readonly string[];
  parsed: ParsedText;
}

type Issue = z.core.$ZodIssue;

/** Of more than anybody reads, the first: each costs a look for its line. */
const mostTold = 200;

export function problemsOf(issues: readonly Issue[], source: ProblemSource): DataProblem[] {
  const plainly = issues.slice(0, mostTold).flatMap((issue) => plainIssues(issue));
  return plainly.slice(0, mostTold).flatMap((issue) => told(issue, source));
}

/** An issue of a union is those of the branch that was meant: the one of the right type that fits best. */
function plainIssues(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const below = (inner: Issue): Issue => ({ ...inner, path: [...issue.path, ...inner.path] });
  const branches = issue.errors.map((inner) => inner.flatMap(plainIssues));
  const ofType = branches.filter((branch) => !branch.some(isWrongKind));
  if (ofType.length === 0) return [{ ...issue, message: `expected ${kinds(branches)}` }];
  const fewest = Math.min(...ofType.map(weight));
  const best = ofType.filter((branch) => weight(branch) === fewest);
  const [first = []] = best;
  // Several are as near: only what none of them knows is certain.
  const certain = first.filter((inner) => best.every((branch) => branch.some((other) => isSame(inner, other))));
  return (certain.length > 0 ? certain : first).map(below);
}

const isWrongKind = (issue: Issue): boolean =>
  issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");

/** What is wrong at the top says more against a branch than what is wrong inside it. */
const weight = (branch: readonly Issue[]): number =>
  branch.reduce((sum, { path, ...issue }) => {
    const isUnknown = issue.code === "unrecognized_keys";
    return sum + (isUnknown ? issue.keys.length : 1) * (path.length + Number(isUnknown) <= 1 ? 3 : 1);
  }, 0);

const isSame = (a: Issue, b: Issue): boolean => a.message === b.message && a.path.join() === b.path.join();

/** `string or object` */
function kinds(branches: readonly (readonly Issue[])[]): string {
  const words = branches.flatMap((branch) => {
    const found = branch.find(isWrongKind);
    if (found?.code === "invalid_type") return [found.expected];
    return found?.code === "invalid_value" ? found.values.map((value) => printed(value)) : [];
  });
  return [...new Set(words)].join(" or ");
}

function told(issue: Issue, { schema, keys = [], parsed }: ProblemSource): DataProblem[] {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  const at = (message: string, where: DataPath = path): DataProblem => ({ line: parsed.lineOf(where), path: where, message });
  if (issue.code === "unrecognized_keys") {
    const own = keysAt(schema, path);
    return issue.keys
      .slice(0, mostTold)
      .map((key) => at(`${printed(key)} is no key here.${keyWords(key, { own, keys })}`, [...path, key]));
  }
  const found = valueAt(parsed.data, path);
  if (found === undefined) return [at("is missing")];
  if (issue.code === "invalid_key")
    return [at(`${printed(path.at(-1))} is no name here: ${issue.issues.map(plain).join("; ")}`)];
  const values = allowedValues(issue);
  if (values !== undefined) {
    const near = typeof found === "string" ? didYouMean(found, values) : "";
    return [at(`${printed(found)} is none of ${values.join(", ")}.${near}`)];
  }
  return [at(issue.code === "custom" ? issue.message : `${plain(issue)}; it is ${printed(found)}`)];
}

function allowedValues(issue: Issue): string[] | undefined {
  if (issue.code === "invalid_value") return issue.values.map(String);
  // Of a discriminator that no branch has; the type does not name the field.
  if (issue.code !== "invalid_union" || !("options" in issue) || !Array.isArray(issue.options)) return undefined;
  return issue.options.map(String);
}

/** The nearest key of the place, of the whole format, or all that the place has. */
function keyWords(key: string, { own, keys }: { own: readonly string[]; keys: readonly string[] }): string {
  const near = didYouMean(key, own);
  if (near !== "") return near;
  if (keys.includes(key)) return ` It belongs to another place.${oneOf(own)}`;
  return didYouMean(key, keys) || oneOf(own);
}

function oneOf(known: readonly string[]): string {
  return known.length === 0 || known.length > 24 ? "" : ` There ${known.length === 1 ? "is" : "are"} ${known.join(", ")}.`;
}

const plain = ({ message }: { message: string }): string => message.replace(/^(?:Invalid input|Too (?:small|big)): /, "");

function valueAt(data: Json | undefined, path: DataPath): Json | undefined {
  let value = data;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)];
    else value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}
