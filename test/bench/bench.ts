/**
 * `npm run bench [-- RUNS]`: the whole product against a bare Node script that does the same HTTP, SSE and file work, in
 * turn, on the same machine. Prints a table, writes bench-results.json. Not a test: it judges nothing.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Measured, measure, median } from "./measure.ts";
import { microBenches } from "./micro.ts";
import { type BenchModel, startBenchModel } from "./model.ts";

interface Task {
  name: string;
  steps: unknown[];
  /** Files of the workspace, by name. */
  files?: Record<string, string>;
  /** Continue the prepared session. */
  resume?: boolean;
}

type Run = Measured & { requests: number[] };

type Figure = "wall" | "cpu" | "memory" | "first request" | "turn";

interface Row {
  task: string;
  figure: Figure;
  unit: "ms" | "MiB";
  floor: number;
  ours: number;
  /** At most this many times the floor, or this many of the unit. */
  limit: { ratio: number } | { value: number };
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const launcher = here("../../bin/gantry.cjs");
const runs = Number(process.argv[2] ?? 9);
const file = "line one\nline two\nline three\n".repeat(20);

const read = (index: number): unknown => ({ call: { name: "Read", input: { file_path: `f${index % 20}.txt` } } });
const done = { say: "Done." };
const files = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}.txt`, `${index}\n${file}`]));
const turns = (count: number, step: (index: number) => unknown): unknown[] => [
  ...Array.from({ length: count }, (_, index) => step(index)),
  done,
];

const hello: Task = { name: "one-shot hello", steps: [{ say: "Hello." }] };
const reads: Task = { name: "20 read turns", steps: turns(20, read), files };
const shells: Task = {
  name: "20 shell turns",
  steps: turns(20, () => ({ call: { name: "Bash", input: { command: "echo hello" } } })),
};
const together: Task = {
  name: "20 reads in one answer",
  steps: [{ calls: Array.from({ length: 20 }, (_, index) => ({ name: "Read", input: { file_path: `f${index}.txt` } })) }, done],
  files,
};
const edits: Task = {
  name: "10 edits (read, then edit)",
  steps: turns(20, (index) =>
    index % 2 === 0
      ? { call: { name: "Read", input: { file_path: `f${index}.txt` } } }
      : {
          call: {
            name: "Edit",
            input: { file_path: `f${index - 1}.txt`, old_string: `${index - 1}\nline one`, new_string: `${index - 1}\nline 1` },
          },
        },
  ),
  files,
};
const stream: Task = { name: "1 MB in 10,000 deltas", steps: [{ textBytes: 1_000_000, deltas: 10_000 }] };
const resume: Task = { name: "continue 500 turns", steps: [{ say: "Hello." }], resume: true };
const long: Task = { name: "500 turns", steps: turns(500, read), files };

class Bench {
  readonly root = mkdtempSync(path.join(tmpdir(), "gantry-bench-"));
  readonly prepared = path.join(this.root, "prepared");
  readonly preparedState = path.join(this.root, "prepared-state");
  readonly model: BenchModel;
  readonly env: Record<string, string>;
  #runs = 0;

  constructor(model: BenchModel) {
    this.model = model;
    this.env = {
      HOME: path.join(this.root, "home"),
      PATH: process.env["PATH"] ?? "",
      ANTHROPIC_API_KEY: "bench",
      ANTHROPIC_BASE_URL: model.url,
    };
    mkdirSync(this.env["HOME"] ?? "");
  }

  /** One run of the product or of the floor, in a fresh workspace; a resumed session gets a fresh copy of its log. */
  async once(task: Task, who: "ours" | "floor", memory = false): Promise<Run> {
    const run = path.join(this.root, `run-${this.#runs++}`);
    const cwd = task.resume ? this.prepared : path.join(run, "work");
    const state = path.join(run, "state");
    if (task.resume) cpSync(this.preparedState, state, { recursive: true });
    else makeWorkspace(cwd, task.files ?? {});
    await this.model.plays(task.steps);
    const measured = await measure(this.#command(task, who, run), { cwd, env: { ...this.env, XDG_STATE_HOME: state }, memory });
    rmSync(run, { recursive: true });
    return { ...measured, requests: [...this.model.requestTimes] };
  }

  #command(task: Task, who: "ours" | "floor", run: string): string[] {
    if (who === "ours") {
      const flags = ["--approve", "always", "--permission-mode", "acceptEdits", "--max-turns", "600", "--quiet"];
      return [process.execPath, launcher, "run", "hello", ...flags, ...(task.resume ? ["--continue"] : [])];
    }
    mkdirSync(run, { recursive: true });
    const history = task.resume ? [findLog(this.preparedState)] : [];
    return [process.execPath, here("floor.cjs"), this.model.url, path.join(run, "floor.jsonl"), "hello", ...history];
  }

  /** A real session of 500 turns, made by the product itself. */
  async prepareHistory(): Promise<void> {
    makeWorkspace(this.prepared, files);
    await this.model.plays(long.steps);
    const command = [process.execPath, launcher, "run", "read", "--max-turns", "600", "--quiet"];
    await measure(command, { cwd: this.prepared, env: { ...this.env, XDG_STATE_HOME: this.preparedState }, memory: false });
  }
}

function makeWorkspace(folder: string, contents: Record<string, string>): void {
  mkdirSync(path.join(folder, ".git"), { recursive: true });
  for (const [name, text] of Object.entries(contents)) writeFileSync(path.join(folder, name), text);
}

function findLog(state: string): string {
  const log = readdirSync(state, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith(".jsonl"));
  return path.join(state, log ?? "");
}

async function compare(bench: Bench, task: Task, count: number): Promise<Record<"ours" | "floor", Run[]>> {
  const found: Record<"ours" | "floor", Run[]> = { ours: [], floor: [] };
  for (const who of ["floor", "ours"] as const) await bench.once(task, who);
  for (let run = 0; run < count; run++)
    for (const who of ["floor", "ours"] as const) found[who].push(await bench.once(task, who));
  return found;
}

type Found = Awaited<ReturnType<typeof compare>>;

function row(task: string, figure: Figure, found: Found, of: (one: Run) => number, limit: Row["limit"]): Row {
  return {
    task,
    figure,
    unit: figure === "memory" ? "MiB" : "ms",
    floor: median(found.floor.map(of)),
    ours: median(found.ours.map(of)),
    limit,
  };
}

const wall = ({ wallMs }: Measured): number => wallMs;
const cpu = ({ cpuMs }: Measured): number => cpuMs;
const memory = ({ peakMiB }: Measured): number => peakMiB;
const firstRequest = ({ requests, startedAt }: Run): number => (requests[0] ?? 0) - startedAt;
/** Between two requests in the middle of a run, when everything is warm. */
const middleTurn = ({ requests }: { requests: number[] }): number => {
  const gaps = requests.slice(1).map((at, index) => at - (requests[index] ?? 0));
  return median(gaps.slice(Math.floor(gaps.length / 4)));
};

async function measureMemory(bench: Bench, task: Task, count: number): Promise<Found> {
  const found: Found = { ours: [], floor: [] };
  for (let run = 0; run < count; run++)
    for (const who of ["floor", "ours"] as const) found[who].push(await bench.once(task, who, true));
  return found;
}

async function versionRow(bench: Bench): Promise<Row> {
  const empty = path.join(bench.root, "empty.cjs");
  writeFileSync(empty, "");
  const commands = { floor: [process.execPath, empty], ours: [process.execPath, launcher, "--version"] };
  const found: Record<"ours" | "floor", number[]> = { ours: [], floor: [] };
  for (let run = -2; run < runs * 2; run++) {
    for (const who of ["floor", "ours"] as const) {
      const { wallMs } = await measure(commands[who], { cwd: bench.root, env: bench.env, memory: false });
      if (run >= 0) found[who].push(wallMs);
    }
  }
  return {
    task: "--version",
    figure: "wall",
    unit: "ms",
    floor: median(found.floor),
    ours: median(found.ours),
    limit: { ratio: 1.15 },
  };
}

async function productRows(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [await versionRow(bench)];
  const helloFound = await compare(bench, hello, runs);
  rows.push(row(hello.name, "wall", helloFound, wall, { ratio: 3 }), row(hello.name, "cpu", helloFound, cpu, { ratio: 4 }));
  rows.push(row(hello.name, "memory", await measureMemory(bench, hello, Math.ceil(runs / 2)), memory, { ratio: 1.5 }));
  const readsFound = await compare(bench, reads, runs);
  rows.push(row(reads.name, "wall", readsFound, wall, { ratio: 3 }));
  rows.push(row("a read turn, durable", "turn", readsFound, middleTurn, { value: 2.5 }));
  rows.push(row("a shell turn", "turn", await compare(bench, shells, runs), middleTurn, { ratio: 2 }));
  rows.push(row(together.name, "wall", await compare(bench, together, runs), wall, { ratio: 3.5 }));
  rows.push(row(edits.name, "wall", await compare(bench, edits, runs), wall, { ratio: 3 }));
  rows.push(row(stream.name, "wall", await compare(bench, stream, runs), wall, { ratio: 2 }));
  await bench.prepareHistory();
  rows.push(row(resume.name, "first request", await compare(bench, resume, runs), firstRequest, { ratio: 3 }));
  rows.push(row("after 500 turns", "memory", await measureMemory(bench, long, 2), memory, { ratio: 2 }));
  return rows;
}

function print(rows: readonly Row[]): void {
  const table = rows.map(({ task, figure, unit, floor, ours, limit }) => {
    const ratio = ours / floor;
    const most = "ratio" in limit ? `${limit.ratio} x floor` : `${limit.value} ${unit}`;
    const within = "ratio" in limit ? ratio <= limit.ratio : ours <= limit.value;
    return {
      "whole process": `${task}, ${figure}`,
      floor: `${floor.toFixed(1)} ${unit}`,
      ours: `${ours.toFixed(1)} ${unit}`,
      ratio: ratio.toFixed(2),
      "at most": most,
      within: within ? "yes" : "NO",
    };
  });
  console.table(Object.fromEntries(table.map(({ "whole process": name, ...rest }) => [name, rest])));
}

const model = await startBenchModel();
const bench = new Bench(model);
try {
  const rows = await productRows(bench);
  print(rows);
  const micro = await microBenches(bench.root);
  console.table(Object.fromEntries(micro.map(({ name, ...rest }) => [name, rest])));
  const results = { at: new Date().toISOString(), node: process.version, runs, rows, micro };
  writeFileSync("bench-results.json", `${JSON.stringify(results, null, 2)}\n`);
} finally {
  model.close();
  rmSync(bench.root, { recursive: true, force: true });
}
