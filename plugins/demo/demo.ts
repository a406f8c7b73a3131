/**
 * The main job without a key or a network: a real session, with the real SDK, real threads and real approvals, against a
 * scripted model server on loopback. What it claims it checks: the suite is run once more, from outside, at the end.
 */
import { execFile } from "node:child_process";
import { type CommandContext, type CommandOutput, defineCommand } from "gantry/plugin";
import { startModelServer } from "gantry/testing";
import { prompt, script } from "./script.ts";
import { makeWorkspace } from "./workspace.ts";

const suiteTimeoutMs = 30_000;

export const demo = defineCommand({
  id: "demo",
  summary: "Watch the agent find, fix and verify a failing test, with no key and no network",
  description:
    "Makes a small package with a bug in a temporary folder and starts a scripted model on loopback. Everything else is real: the SDK, the session, the tools in their threads, the approvals.",
  run: async (_input, ctx) => {
    const startedAt = performance.now();
    const workspace = await makeWorkspace();
    const server = await startModelServer({ script });
    try {
      ctx.say(`A package with a failing test: ${workspace}\nA scripted model on loopback: ${server.url}\n\n> ${prompt}\n`);
      const run = await ctx.host.run.converse({
        cwd: workspace,
        env: { ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "demo-no-key-needed" },
        prompt,
        model: "anthropic/claude-sonnet-5",
        answer: () => "yes",
      });
      const suite = await runSuite(workspace, ctx.signal);
      const ok = run.exit === 0 && suite.passes && server.problems.length === 0;
      const problems = [
        ...server.problems.map((problem) => problem.message),
        ...(suite.passes ? [] : ["the suite still fails"]),
      ];
      return report(
        { ok, problems, workspace, sessionId: run.sessionId, seconds: (performance.now() - startedAt) / 1_000 },
        ctx,
      );
    } finally {
      await server.close();
    }
  },
});

function runSuite(workspace: string, signal: AbortSignal): Promise<{ passes: boolean }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--test"], { cwd: workspace, signal, timeout: suiteTimeoutMs }, (error) =>
      resolve({ passes: error === null }),
    );
  });
}

interface DemoReport {
  ok: boolean;
  problems: string[];
  workspace: string;
  sessionId: string;
  seconds: number;
}

function report(found: DemoReport, { host }: CommandContext): CommandOutput {
  const { ok, problems, workspace, sessionId, seconds } = found;
  const call = `${host.run.self} -C ${workspace}`;
  const verdict = ok
    ? `The suite passes; it was run again to make sure. ${seconds.toFixed(1)} s in all.`
    : `The demo failed: ${problems.join("; ") || "the run did not end well"}.`;
  const text = [
    verdict,
    `Session ${sessionId}. To look further:`,
    `  ${call} sessions show ${sessionId}`,
    `  ${call} sessions verify ${sessionId}`,
  ].join("\n");
  const output = { data: { ok, problems, workspace, sessionId }, text };
  // The demo has no network, no key and no choices: whatever fails in it is the product's or the machine's fault.
  return ok ? output : { ...output, error: { code: "INTERNAL", message: verdict } };
}
