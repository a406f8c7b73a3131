/** What rules and hooks cost: a decision, a long shell line, ten taps, a command hook beside its bare process, five layers. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { loadConfig } from "../../config/load.ts";
import type { ToolManifest } from "../../core/contract/manifest.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { createHooks } from "../../core/hooks.ts";
import { createApprover } from "../../core/permission/approval.ts";
import { type Behavior, parseRules } from "../../core/permission/rules/rules.ts";
import { createProcesses } from "../../workers/processes.ts";
import { median } from "./measure.ts";
import type { MicroResult } from "./micro.ts";

type Tool = ToolManifest & { plugin: string };

const bash: Tool = {
  ...{ name: "Bash", description: "", inputSchema: {}, plugin: "bench", effect: "runs" },
  subject: { kind: "command", field: "command" },
};
const read: Tool = {
  ...{ name: "Read", description: "", inputSchema: {}, plugin: "bench", effect: "reads" },
  subject: { kind: "path", field: "file_path" },
};

export async function rulesAndHooks(root: string): Promise<MicroResult[]> {
  const folder = path.join(root, "rules");
  mkdirSync(path.join(folder, ".git"), { recursive: true });
  writeFileSync(path.join(folder, "a.txt"), "a");
  const decide = approverOf(folder);
  const long = Array.from({ length: 20 }, (_, part) => `echo part${part} "of $HOME"`).join(" && ");
  return [
    await decision("a plain shell call, 200 rules (at most 50 µs)", () => decide(bash, { command: "npm test" }), 2_000),
    await decision("a read of a file, 200 rules", () => decide(read, { file_path: "a.txt" }), 2_000),
    await decision("a shell line of 20 parts, 200 rules (at most 3 ms)", () => decide(bash, { command: long }), 100),
    await tenTaps(),
    await commandHook(folder),
    await fiveLayers(root),
  ];
}

/** 200 rules of all behaviours and both kinds; none but the last two speaks of the calls. */
function approverOf(workspace: string): (tool: Tool, input: JsonObject) => Promise<unknown> {
  const lines = Array.from({ length: 198 }, (_, index) => ({
    behavior: (["allow", "ask", "deny"] as const)[index % 3] as Behavior,
    rule: index % 2 === 0 ? `Bash(program${index} sub:*)` : `Read(./folder${index}/**)`,
    source: `bench:${index}`,
    base: workspace,
  }));
  const allowed = ["Bash(npm test:*)", "Bash(echo:*)"].map((rule) => ({
    ...{ behavior: "allow" as const, rule, source: "bench", base: workspace },
  }));
  const { rules } = parseRules([...lines, ...allowed], [bash, read]);
  const home = path.join(workspace, "home");
  const approver = createApprover({
    policy: {
      ...{
        mode: "default",
        modeSource: "bench",
        rules,
        workspace,
        additionalDirs: [],
        outputDir: path.join(home, "out"),
        home,
      },
      ...{
        configHome: path.join(home, "config"),
        stateHome: path.join(home, "state"),
        hookScripts: [],
        approve: "always" as const,
      },
    },
    judge: async () => ({ verdict: "allow", by: "" }),
    judgeAsk: async () => ({ verdict: "allow", by: "" }),
    ask: undefined,
    sessionRules: () => [],
    rememberAlways: async () => "",
  });
  const { signal } = new AbortController();
  return (tool, input) =>
    approver.approve({ sessionId: "s", callId: "1", tool: tool.name, input, cwd: workspace }, tool, { signal });
}

async function decision(name: string, decide: () => Promise<unknown>, rounds: number): Promise<MicroResult> {
  const first = performance.now();
  await decide();
  const firstMs = performance.now() - first;
  for (let warm = 0; warm < rounds / 4; warm++) await decide();
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round++) await decide();
  const eachMs = (performance.now() - startedAt) / rounds;
  const each = eachMs < 1 ? `${(eachMs * 1_000).toFixed(1)} µs` : `${eachMs.toFixed(2)} ms`;
  return { name: `decision: ${name}`, each: `${each}, the first ${firstMs.toFixed(1)} ms` };
}

/** Ten taps as built-ins have them, spread over the points of one call. */
async function tenTaps(): Promise<MicroResult> {
  const bare = await oneCall(0);
  const tapped = await oneCall(10);
  return { name: "ten taps on a tool call add (at most 50 µs)", each: `${(tapped - bare).toFixed(1)} µs` };
}

async function oneCall(taps: number): Promise<number> {
  const hooks = createHooks({ onFired: () => undefined });
  for (let index = 0; index < taps; index++) {
    if (index % 2 === 0) hooks.tap("bench", { on: "tool.approve", kind: "judge", name: `j${index}`, run: () => undefined });
    else hooks.tap("bench", { on: "tool.call", kind: "rewrite", name: `r${index}`, run: () => undefined });
  }
  const call = { sessionId: "s", callId: "1", tool: "Read", input: {}, cwd: "/" };
  const once = async (): Promise<void> => {
    await hooks.rewrite("tool.call", call);
    await hooks.judge("tool.approve", call);
  };
  for (let warm = 0; warm < 2_000; warm++) await once();
  const startedAt = performance.now();
  for (let round = 0; round < 10_000; round++) await once();
  return ((performance.now() - startedAt) / 10_000) * 1_000;
}

async function commandHook(cwd: string): Promise<MicroResult> {
  const processes = createProcesses({ env: process.env });
  const { signal } = new AbortController();
  const stdin = JSON.stringify({ hook_event_name: "PreToolUse", tool_name: "Bash", tool_input: { command: "ls" } });
  const hook = (): Promise<unknown> =>
    processes.runHook({ command: "cat >/dev/null", cwd, env: {}, stdin, timeoutMs: 10_000 }, { signal });
  const bare: number[] = [];
  const ours: number[] = [];
  await hook();
  for (let round = 0; round < 30; round++) {
    bare.push(await timed(() => bareProcess(cwd, stdin)));
    ours.push(await timed(hook));
  }
  await processes.close();
  const added = median(ours) - median(bare);
  return {
    name: "a command hook beside its bare process (at most 3 ms more)",
    each: `${median(ours).toFixed(1)} ms, bare ${median(bare).toFixed(1)} ms, ${added.toFixed(1)} ms more`,
  };
}

function bareProcess(cwd: string, stdin: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-c", "cat >/dev/null"], { cwd, stdio: ["pipe", "pipe", "pipe"] });
    child.on("error", reject).on("close", () => resolve());
    child.stdin.end(stdin);
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** User, project, local and managed files, and a variable. */
async function fiveLayers(root: string): Promise<MicroResult> {
  const cwd = path.join(root, "layers");
  const home = path.join(root, "layers-home");
  const managedFolder = path.join(root, "layers-managed");
  const env = { HOME: home, GANTRY_LIMITS__MAXTURNS: "40" };
  mkdirSync(path.join(cwd, ".git"), { recursive: true });
  mkdirSync(path.join(home, ".config/gantry/projects"), { recursive: true });
  mkdirSync(managedFolder, { recursive: true });
  const rules = (name: string): string =>
    JSON.stringify({ permissions: { deny: [`Read(./${name}/**)`, "Bash(git push:*)"] }, limits: { parallelReads: 4 } });
  writeFileSync(path.join(home, ".config/gantry/config.json"), rules("user"));
  writeFileSync(path.join(cwd, "gantry.config.json"), rules("project"));
  writeFileSync(path.join(managedFolder, "managed.json"), rules("managed"));
  const load = () => loadConfig({ cwd, env, flags: {}, managedFolder });
  const firstMs = await timed(load);
  await (await load()).rememberAlways("Bash(npm test)");
  const again: number[] = [];
  for (let round = 0; round < 15; round++) again.push(await timed(load));
  return {
    name: "config load, five layers (at most 15 ms)",
    each: `${firstMs.toFixed(1)} ms the first time, ${median(again).toFixed(1)} ms then`,
  };
}
