/** parity turn-loop: a run with a scripted model, started from outside and shown request by request. A rehearsal: it costs nothing. */
import { codeOf, GantryError } from "gantry/errors";
import { type CommandInput, type CommandOutput, defineCommand, type FlagSpec, type Json } from "gantry/plugin";
import { readCount, readPrompt } from "./prompt-arg.ts";
import type { RunChildEnd } from "./turn-loop/child.ts";
import type { Loop } from "./turn-loop/fold.ts";

const rules = ["allow", "ask", "deny"] as const;
const defaultSeconds = 600;
/** Beyond the run's own limit: it has that long to end by itself. */
const lateMs = 30_000;

const flags: FlagSpec[] = [
  { name: "model", type: "string", value: "scripted/FILE", summary: "The script that plays the model. Required." },
  { name: "max-turns", type: "integer", value: "N", summary: "At most this many model requests." },
  { name: "permission-mode", type: "string", value: "MODE", summary: "What may happen without asking." },
  {
    name: "approve",
    type: "string",
    options: ["always", "never"],
    summary: "Answer what would be asked; default: nobody answers.",
  },
  ...rules.map(
    (name): FlagSpec => ({
      name,
      type: "string",
      multiple: true,
      value: "RULE",
      summary: `As of gantry run: ${name} calls that match.`,
    }),
  ),
  { name: "trust", type: "boolean", summary: "Trust this project's own config for this run." },
  { name: "timeout", type: "integer", value: "SECONDS", summary: `Stop the run after this time; default ${defaultSeconds}.` },
];

export const turnLoop = defineCommand({
  id: "parity turn-loop",
  summary: "Rehearse a run with a scripted model and show it request by request: tokens, calls, decisions, hooks, outcomes.",
  description:
    "Starts gantry run in the working folder. Tools, rules, hooks and the log are the real ones: what the script calls happens. Exit code: 0 when the run ended well, else the one of the error that ended it.",
  args: [{ name: "prompt", summary: "The task that the run is given.", required: true }],
  flags,
  examples: [
    'gantry parity turn-loop "fix the test" --model scripted/fix.json',
    'gantry parity turn-loop "write it" --model scripted/write.json --permission-mode plan --json',
  ],
  async run(input, { host, cwd, signal }): Promise<CommandOutput> {
    const prompt = readPrompt(input.args["prompt"], "parity turn-loop");
    const model = readModel(input.flags["model"]);
    const seconds = readCount(input.flags["timeout"], { flag: "timeout", most: 86_400, fallback: defaultSeconds });
    const [{ followRun }, { createLoop }, { describeLoop }] = await Promise.all([
      import("./turn-loop/child.ts"),
      import("./turn-loop/fold.ts"),
      import("./turn-loop/text.ts"),
    ]);
    const { loop, take } = createLoop();
    const ended = await followRun({
      argv: [...host.run.program, ...runArgs(input, { prompt, model, seconds })],
      ...{ cwd, signal, timeoutMs: seconds * 1_000 + lateMs },
      onLine: take,
    });
    const error = errorOf(loop, ended);
    const data = { model, ...loop, exit: ended.exit ?? null, costUsd: loop.end?.costUsd ?? null, ...(error ? { error } : {}) };
    return {
      data: data as unknown as Json,
      text: describeLoop(loop, { ...ended, ...(error ? { error } : {}) }),
      ...(error ? { error } : {}),
    };
  },
});

/** USAGE_INVALID. */
function readModel(model: CommandInput["flags"][string]): string {
  if (typeof model === "string" && /^scripted\/./.test(model)) return model;
  const scripts = "turn-loop is a rehearsal and takes scripts only, as --model scripted/FILE (gantry help parity turn-loop)";
  if (typeof model !== "string") throw new GantryError("USAGE_INVALID", `--model is missing: ${scripts}`);
  throw new GantryError(
    "USAGE_INVALID",
    `--model ${JSON.stringify(model)} is no script: ${scripts}. To ask a model: gantry run --model NAME "…"`,
  );
}

function runArgs(
  { flags: given }: CommandInput,
  { prompt, model, seconds }: { prompt: string; model: string; seconds: number },
): string[] {
  const turns = given["max-turns"];
  const most =
    turns === undefined ? [] : ["--max-turns", String(readCount(turns, { flag: "max-turns", most: 10_000, fallback: 1 }))];
  const mode = given["permission-mode"];
  const approve = given["approve"];
  return [
    ...["run", "--output", "stream-json", "--quiet", "--model", model, "--timeout", String(seconds)],
    ...most,
    ...(typeof mode === "string" ? [`--permission-mode=${mode}`] : []),
    ...(typeof approve === "string" ? [`--approve=${approve}`] : []),
    ...rules.flatMap((rule) => {
      const values = given[rule];
      return Array.isArray(values) ? values.map((value) => `--${rule}=${value}`) : [];
    }),
    ...(given["trust"] === true ? ["--trust"] : []),
    ...["--", prompt],
  ];
}

/** What ended the run other than well, with a code of the table. */
function errorOf({ error, end }: Loop, { exit, why, stderr, isTimedOut }: RunChildEnd): CommandOutput["error"] {
  if (exit === 0) return undefined;
  const said = error ?? lastError(stderr);
  const code = codeOf({ code: said?.code });
  if (said !== undefined && code !== undefined) return { code, message: said.message };
  if (isTimedOut) return { code: "LIMIT_TIME", message: "the run did not end in its time and was ended" };
  if (end?.stop === "interrupted" || exit === 130) return { code: "INTERRUPTED", message: "the run was interrupted" };
  const how =
    exit === undefined ? `was ended: ${why ?? "nobody knows by what"}` : `ended with exit ${exit} and no error of its own`;
  return { code: "INTERNAL", message: `the run ${how}${stderr.trim() === "" ? "" : `\n${stderr.trim().slice(-2_000)}`}` };
}

/** `CODE: message`, as a run says on stderr. */
function lastError(stderr: string): { code: string; message: string } | undefined {
  const found = [...stderr.matchAll(/^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*): (.*)$/gm)].at(-1);
  const [, code, message] = found ?? [];
  return code === undefined || message === undefined ? undefined : { code, message };
}
