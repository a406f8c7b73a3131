/**
 * The scenario format, written once: what is laid out, which commands are run, what the model says, what has to come of it.
 * One file is one scenario; reading is strict and tells every problem at once, each with its line.
 */
import path from "node:path";
import { GantryError, hasCode } from "gantry/errors";
import { parseScript } from "gantry/testing";
import * as z from "zod";
import type { Inventory } from "../../../core/contract/inventory.ts";
import { readDataFile, wrongFile } from "../file/data-file.ts";
import { checkKeys, patternObjectSchema, patternSchema, resultCheckSchema, textChecksSchema, unlessWrong } from "./checks.ts";
import { variableProblem } from "./environment.ts";
import { itemNameProblem } from "./item-name.ts";
import { eventTypeProblem, unknownTools } from "./known-names.ts";

export const scenarioSuffix = ".scenario.yaml";

/** Seconds. */
export const stepTimeout = { usual: 60, most: 600 } as const;
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const;

const itemName = z.string().superRefine((text, ctx) => {
  const message = itemNameProblem(text);
  if (message !== undefined) ctx.addIssue({ code: "custom", message });
});

/** Relative, and stays below the folder it is laid into. */
const filePath = z.string().refine(isBelow, "a path below the folder, without .. and not absolute");

const fileContentSchema = z
  .strictObject({
    text: z.string().optional(),
    base64: z.base64().optional(),
    /** Octal. */
    mode: z
      .string()
      .regex(/^[0-7]{3}$/, "a mode is three octal digits, as text: '755'")
      .optional(),
  })
  .refine((file) => (file.text === undefined) !== (file.base64 === undefined), unlessWrong("give text or base64"));

const filesSchema = z.record(filePath, z.union([z.string(), fileContentSchema]));

const pluginSchema = z.strictObject({
  /** A folder of `files`. */
  folder: filePath,
  /** As after --grant. */
  grants: z.array(z.string().min(1)).optional(),
});

const eventType = z
  .string()
  .min(1)
  .superRefine((type, ctx) => {
    const message = eventTypeProblem(type);
    if (message !== undefined) ctx.addIssue({ code: "custom", message });
  });

const afterSchema = z
  .strictObject({
    /** The step's request of this number, counted from 1, has come; it is answered afterwards. */
    request: z.int().min(1).optional(),
    stdout: z.string().min(1).optional(),
    stderr: z.string().min(1).optional(),
    /** An event of this type is in the session's log. */
    event: eventType.optional(),
  })
  .refine((after) => Object.keys(after).length === 1, unlessWrong("give exactly one of request, stdout, stderr, event"));

const requestSchema = z.strictObject({
  /** Of the newest message, all of them, in order. */
  toolResults: z.array(resultCheckSchema).optional(),
  tools: z.strictObject({ has: z.array(z.string()).optional(), lacks: z.array(z.string()).optional() }).optional(),
  system: textChecksSchema.optional(),
  /** The newest user text. */
  input: textChecksSchema.optional(),
  /** Of the whole body, by subset. */
  body: patternObjectSchema.optional(),
});

const callSchema = z.strictObject({
  tool: z.string(),
  input: patternSchema.optional(),
  outcome: z.enum(["ok", "failed", "denied"]).optional(),
  code: z.string().optional(),
  /** As the model was told it. */
  result: textChecksSchema.optional(),
});

const eventSchema = patternObjectSchema.superRefine(({ type }, ctx) => {
  if (typeof type !== "string") ctx.addIssue({ code: "custom", message: "an event needs its type" });
  const message = typeof type === "string" ? eventTypeProblem(type) : undefined;
  if (message !== undefined) ctx.addIssue({ code: "custom", path: ["type"], message });
});

const fileExpectation = z.union([z.string(), textChecksSchema]);

const expectSchema = z.strictObject({
  /** Default: 0. A signal's name where one ended the command. */
  exit: z.union([z.int().min(0).max(255), z.enum(signals)]).optional(),
  stdout: textChecksSchema.optional(),
  stderr: textChecksSchema.optional(),
  json: patternSchema.optional(),
  requests: z.array(requestSchema).optional(),
  calls: z.array(callSchema).optional(),
  events: z.array(eventSchema).optional(),
  absent: z.array(eventSchema).optional(),
  /** Below the workspace, or with `~/` below HOME: `absent`, the whole text, or checks. */
  files: z.record(z.string().refine(isPlace, "a path below the workspace, or below HOME with ~/"), fileExpectation).optional(),
});

const stepSchema = z.strictObject({
  /** The arguments. */
  gantry: z.array(z.union([z.string(), z.number().transform(String)])),
  stdin: z.string().optional(),
  env: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/), z.string())
    .superRefine(checkVariables)
    .optional(),
  /** Entries of a model's script; every one has to be played. */
  model: z.array(z.unknown()).superRefine(checkModel).optional(),
  interrupt: z.strictObject({ after: afterSchema, signal: z.enum(signals) }).optional(),
  timeoutSeconds: z.int().min(1).max(stepTimeout.most).optional(),
  expect: expectSchema.optional(),
});

export const scenarioSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "a name is lower-case letters, digits, _ and -"),
    about: z.string().min(1).max(1_000),
    category: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "a category is lower-case letters, digits and -"),
    reference: z.int().min(1).optional(),
    needs: z.array(itemName).optional(),
    covers: z.array(itemName).optional(),
    files: filesSchema.optional(),
    home: filesSchema.optional(),
    config: z.record(z.string(), z.json()).optional(),
    project: z.record(z.string(), z.json()).optional(),
    plugins: z.array(pluginSchema).max(10).optional(),
    steps: z.array(stepSchema).min(1).max(20),
  })
  .superRefine((scenario, ctx) => {
    for (const problem of contradictions(scenario)) ctx.addIssue({ code: "custom", ...problem });
  });

/** What each part of a file allows and the whole does not. */
function contradictions({
  files = {},
  home = {},
  plugins = [],
  ...scenario
}: {
  files?: object | undefined;
  home?: object | undefined;
  plugins?: { folder: string }[] | undefined;
  config?: object | undefined;
  project?: object | undefined;
}): { path: (string | number)[]; message: string }[] {
  const isThere = (folder: string): boolean =>
    Object.keys(files).some((file) => file.startsWith(`${folder.replace(/\/$/, "")}/`));
  const homeless = plugins.flatMap(({ folder }, index) =>
    isThere(folder) ? [] : [{ path: ["plugins", index, "folder"], message: `no file of files lies in ${folder}` }],
  );
  const twice = (key: string, file: string) => ({ path: [key], message: `give ${key}, or the file ${file}, not both` });
  const userConfig = ".config/gantry/config.json";
  return [
    ...homeless,
    ...(scenario.config !== undefined && userConfig in home ? [twice("config", `${userConfig} of home`)] : []),
    ...(scenario.project !== undefined && "gantry.config.json" in files
      ? [twice("project", "gantry.config.json of files")]
      : []),
  ];
}

type ScenarioData = z.infer<typeof scenarioSchema>;
export type Step = z.infer<typeof stepSchema>;
export type RequestExpectation = z.infer<typeof requestSchema>;
export type CallExpectation = z.infer<typeof callSchema>;
export type EventPattern = z.infer<typeof eventSchema>;
export type FileExpectation = z.infer<typeof fileExpectation>;
export type FilesToWrite = z.infer<typeof filesSchema>;
export type Interrupt = NonNullable<Step["interrupt"]>;

export type Place = readonly (string | number)[];

export type Scenario = ScenarioData & {
  readonly file: string;
  /** 1-based, of the value at this place, or of the nearest part of it that the file holds. */
  lineOf(place: Place): number;
};

/** Every key of the format, wherever it belongs: for the nearest name of a typo. */
const knownKeys: readonly string[] = [
  ...[
    scenarioSchema,
    stepSchema,
    expectSchema,
    requestSchema,
    callSchema,
    afterSchema,
    pluginSchema,
    fileContentSchema,
  ].flatMap((part) => Object.keys(part.shape)),
  ...checkKeys,
  ...["has", "lacks", "after", "signal"],
];

/** SCENARIO_INVALID with every problem of the file, as `file:line: place: words`; with an inventory, tools that it lacks too. */
export async function readScenario(file: string, inventory?: Inventory): Promise<Scenario> {
  const { value, lineOf } = await readDataFile(file, {
    schema: scenarioSchema,
    code: "SCENARIO_INVALID",
    keys: [...knownKeys],
  });
  const named = path.basename(file).replace(/\.scenario\.ya?ml$/, "");
  if (value.name !== named)
    throw new GantryError(
      "SCENARIO_INVALID",
      `${file}:${lineOf(["name"])}: name: the file is of ${named}, and says ${value.name}`,
    );
  const scenario: Scenario = { ...value, file, lineOf: (place) => lineOf([...place]) };
  const unknown = inventory === undefined ? [] : unknownTools(scenario, inventory);
  if (unknown.length === 0) return scenario;
  const problems = unknown.map(({ place, message }) => ({ line: scenario.lineOf(place), path: [...place], message }));
  throw wrongFile(file, problems, "SCENARIO_INVALID");
}

/** The model's entries are what docs/testing.md describes: their own reader judges them. */
function checkModel(entries: readonly unknown[], ctx: z.core.$RefinementCtx): void {
  try {
    parseScript({ steps: entries });
  } catch (error) {
    if (!hasCode(error, "SCRIPT_INVALID")) throw error;
    for (const problem of problemsOf(error)) {
      const [, place = "", message = problem] = /^script: (?:steps\.?([\w.$-]*): )?([\s\S]*)$/.exec(problem) ?? [];
      const parts = place === "" ? [] : place.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      ctx.addIssue({ code: "custom", path: parts, message });
    }
  }
}

function checkVariables(env: Readonly<Record<string, string>>, ctx: z.core.$RefinementCtx): void {
  for (const [name, value] of Object.entries(env)) {
    const message = variableProblem(name, value);
    if (message !== undefined) ctx.addIssue({ code: "custom", path: [name], message });
  }
}

function problemsOf(error: unknown): string[] {
  const detail = error instanceof GantryError ? error.detail?.["problems"] : undefined;
  return Array.isArray(detail) ? detail.map(String) : [error instanceof Error ? error.message : String(error)];
}

function isBelow(name: string): boolean {
  const parts = name.split("/");
  return name !== "" && !name.startsWith("/") && !name.includes("\0") && !parts.includes("..") && !parts.includes("");
}

function isPlace(name: string): boolean {
  return isBelow(name.startsWith("~/") ? name.slice(2) : name);
}
