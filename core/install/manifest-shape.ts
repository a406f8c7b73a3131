/**
 * gantry.json: its strict shape, as an author writes it and as a guest's contributions must fit it. A file may say less of a
 * part than the code does; what it says must be so.
 */
import * as z from "zod";
import { hookPoints } from "../contract/hooks.ts";
import { didYouMean } from "../contract/nearest.ts";

export const pluginName = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const text = (maxLength: number) => z.string().min(1).max(maxLength);
const toolName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "is letters, digits and _, at most 64");
const jsonObject = z.record(z.string(), z.json());
const timeoutMs = z.int().min(1).max(86_400_000);

const toolParts = {
  name: toolName,
  description: text(10_000),
  inputSchema: jsonObject,
  refines: z.literal(true).optional(),
  effect: z.enum(["reads", "session", "writes", "runs"]),
  subject: z.strictObject({ kind: z.enum(["path", "command"]), field: text(100), glob: text(100).optional() }).optional(),
  timeoutMs: z.union([timeoutMs, z.literal("own")]).optional(),
};

const flagName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "is lower-case letters, digits and -");
const arg = z.strictObject({
  name: flagName,
  summary: text(500),
  required: z.boolean().optional(),
  options: z.array(text(100)).max(100).optional(),
});
const flag = z.strictObject({
  name: flagName,
  char: z
    .string()
    .regex(/^[A-Za-z]$/, "is one letter")
    .optional(),
  type: z.enum(["boolean", "string", "integer"]),
  summary: text(500),
  options: z.array(text(100)).max(100).optional(),
  multiple: z.boolean().optional(),
  value: text(40).optional(),
});

const commandParts = {
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]*( [a-z][a-z0-9-]*){0,3}$/, "is one to four words of lower-case letters, digits and -")
    .max(100),
  summary: text(500),
  description: text(10_000).optional(),
  args: z.array(arg).max(50),
  flags: z.array(flag).max(50),
  examples: z.array(text(500)).max(50),
};

const tapParts = {
  on: z.enum(hookPoints),
  kind: z.enum(["observe", "rewrite", "judge"]),
  name: text(100),
  tools: z.array(text(128)).max(64).optional(),
  stage: z.int(),
  before: z.array(text(200)).max(20).optional(),
  timeoutMs: timeoutMs.optional(),
};

const provider = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "is lower-case letters, digits and -");
const most = { tools: 100, commands: 100, taps: 100, providers: 20 };

/** What the guest says. */
export const contributionsShape = z.strictObject({
  name: z.string().regex(pluginName, "is lower-case letters, digits and single -, a letter first").max(64),
  description: text(2_000),
  permissions: z.unknown(),
  optionsSchema: jsonObject.optional(),
  contributes: z.strictObject({
    tools: z.array(z.strictObject(toolParts)).max(most.tools),
    commands: z.array(z.strictObject(commandParts)).max(most.commands),
    taps: z.array(z.strictObject(tapParts)).max(most.taps),
    providers: z.array(provider).max(most.providers),
  }),
});

/** What a file says. */
export const manifestShape = z.strictObject({
  $schema: z.string().optional(),
  name: contributionsShape.shape.name,
  version: z.string(),
  description: contributionsShape.shape.description.optional(),
  engines: z.strictObject({ gantry: z.string() }),
  main: text(500).optional(),
  permissions: z.unknown(),
  optionsSchema: jsonObject.optional(),
  contributes: z
    .strictObject({
      tools: z
        .array(z.strictObject(toolParts).partial({ description: true, inputSchema: true }))
        .max(most.tools)
        .optional(),
      commands: z
        .array(z.strictObject(commandParts).partial().required({ id: true }))
        .max(most.commands)
        .optional(),
      taps: z
        .array(z.strictObject(tapParts).partial().required({ on: true }))
        .max(most.taps)
        .optional(),
      providers: z.array(provider).max(most.providers).optional(),
    })
    .optional(),
});

export type ManifestFile = z.infer<typeof manifestShape>;

/** The keys of the object at `path`. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const list = typeof path[1] === "string" && path.length === 3 ? path[1] : undefined;
  if (path.length === 0) return Object.keys(manifestShape.shape);
  if (path.length === 1 && path[0] === "contributes") return Object.keys(most);
  if (list === "tools") return Object.keys(toolParts);
  if (list === "commands") return Object.keys(commandParts);
  if (list === "taps") return Object.keys(tapParts);
  if (path.length === 5 && path[3] === "flags") return Object.keys(flag.shape);
  if (path.length === 5 && path[3] === "args") return Object.keys(arg.shape);
  return path[0] === "engines" ? ["gantry"] : [];
}

export interface ShapeIssue {
  path: PropertyKey[];
  /** One sentence without its subject. */
  said: string;
}

/** What is wrong with `value`, and where in it; with the nearest right word where there is a list of them. */
export function issuesOf(error: z.ZodError, value: unknown): ShapeIssue[] {
  return error.issues.flatMap((issue): ShapeIssue[] => {
    const { path } = issue;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...path, key], said: `is not known.${didYouMean(key, keysAt(path))}` }));
    }
    if (issue.code === "invalid_format" && issue.message.startsWith("is "))
      return [{ path, said: `is ${shown(valueAt(value, path))}; what fits ${issue.message}` }];
    if (issue.code !== "invalid_value") return [{ path, said: issue.message.replace(/^Invalid input: /, "") }];
    const [actual, words] = [valueAt(value, path), issue.values.map(String)];
    const near = typeof actual === "string" ? didYouMean(actual, words) : "";
    return [
      {
        path,
        said: `is ${shown(actual)}, and can be ${words.length > 8 ? `one of ${words.length}` : words.join(", ")}.${near}`,
      },
    ];
  });
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
