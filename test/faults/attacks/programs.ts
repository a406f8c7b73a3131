/** Attacks by arguments, environments and programs that do not want to end. */
import type { Attack } from "./attack.ts";

const one = (name: string, tries: string, call: string, more: Partial<Attack> = {}): Attack => ({
  ...{
    name,
    class: "programs",
    tries,
    holds: "only the granted program runs, and nothing of it stays",
    call,
    top: attempts,
    ends: "answers",
  },
  ...{ grants: { "process.run": ["git log:*", "echo:*"] } },
  ...more,
});

const attempts = `
const runAny = async (ctx, runs) => {
  for (const [argv, options] of runs) {
    try { const ran = await ctx.process.exec(argv, { timeoutMs: 5000, ...options }); return "GOT " + JSON.stringify(argv) + ": " + ran.stdout.slice(0, 60); } catch (error) { if (typeof error.code !== "string" && !(error instanceof TypeError)) return "GOT no code: " + error; }
  }
  return "nothing";
};
`;
const runs = (name: string, tries: string, argvs: string, more: Partial<Attack> = {}): Attack =>
  one(name, tries, `return await runAny(ctx, ${argvs});`, more);

export const programs: readonly Attack[] = [
  runs(
    "other programs",
    "runs programs that no rule names",
    `[[["sh", "-c", "id"]], [["/bin/sh", "-c", "id"]], [["git"]], [["git", "push"]], [["gitlog"]], [["git", "logs"]], [["git log"]], [["GIT", "log"]], [["./git", "log"]], [["../bin/git", "log"]], [[" git", "log"]], [["git", " log"]]]`,
  ),
  runs(
    "flags before the command",
    "puts flags that start programs before the granted word",
    `[[["git", "-c", "core.pager=id", "log"]], [["git", "--exec-path=.", "log"]], [["git", "-C", "..", "log"]], [["env", "PATH=.", "git", "log"]], [["env", "-S", "git log"]]]`,
  ),
  one(
    "shell words",
    "puts shell syntax into arguments",
    `await ctx.process.exec(["echo", "; touch pwned", "$(touch pwned)", "\`touch pwned\`", "| touch pwned", "&& touch pwned", "> pwned"]); return "nothing";`,
  ),
  runs(
    "wrong argument lists",
    "runs what is no list of texts",
    `[[[]], [[""]], [["echo\\0id"]], [["echo", "a\\0b"]], ["echo id"], [[["echo"], "id"]], [{ 0: "echo", length: 1 }], [["echo", { toString: () => "x" }]], [["echo", ...Array(200000).fill("x")]]]`,
  ),
  one(
    "environment",
    "sets variables that start programs or load code",
    `const names = { LD_PRELOAD: "./evil.so", LD_LIBRARY_PATH: ".", PATH: ".", NODE_OPTIONS: "--require ./evil.cjs", BASH_ENV: "./evil.sh", ENV: "./evil.sh", GIT_EXTERNAL_DIFF: "touch pwned", GIT_PAGER: "touch pwned", GIT_SSH_COMMAND: "touch pwned", GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.fsmonitor", GIT_CONFIG_VALUE_0: "touch pwned" };
     for (const [name, value] of Object.entries(names)) { try { await ctx.process.exec(["git", "log", "-1"], { env: { [name]: value, ...(name.startsWith("GIT_CONFIG") ? names : {}) } }); } catch (error) { if (!error.code) return "GOT no code: " + error; } } return "nothing";`,
  ),
  one(
    "canary in the environment",
    "reads the core's environment through a program",
    `try { const { stdout } = await ctx.process.exec(["env"]); return stdout.includes("CANARY") ? "GOT " + stdout : "nothing"; } catch (error) { return "GOT " + error.code; }`,
    { grants: { "process.run": ["env"] } },
  ),
  runs(
    "folder outside",
    "runs a granted program in a folder outside",
    `[[["echo", "x"], { cwd: ".." }], [["echo", "x"], { cwd: "/" }], [["echo", "x"], { cwd: "link" }], [["echo", "x"], { cwd: "/proc/self/cwd" }], [["echo", "x"], { cwd: "no\\0ne" }]]`,
  ),
  one(
    "shell without a grant",
    "runs shell lines with a grant for argument lists",
    `for (const command of ["echo x", "git log; touch pwned", "touch pwned"]) { try { await ctx.process.run({ command, timeoutMs: 3000, maxOutputBytes: 1000, maxOutputLines: 10 }); return "GOT " + command; } catch (error) { if (!error.code) return "GOT no code: " + error; } try { await ctx.process.start({ command, timeoutMs: 3000, maxOutputBytes: 1000, maxOutputLines: 10 }); return "GOT " + command; } catch (error) { if (!error.code) return "GOT no code: " + error; } } return "nothing";`,
  ),
  one(
    "outside isolation",
    "starts programs outside isolation that no grant names word by word",
    `for (const argv of [["sh"], ["echo"], ["git", "log"], ["cat", "-"]]) { try { await ctx.process.host(argv); return "GOT " + argv; } catch (error) { if (!error.code) return "GOT no code: " + error; } } return "nothing";`,
    { grants: { "process.run": ["*"], "process.host": [["cat"]] } },
  ),
  one(
    "stays behind",
    "leaves children behind that leave their group",
    `await ctx.process.exec(["sh", "-c", "sleep " + input.port + "0 & setsid sleep " + input.port + "0 & (trap '' TERM HUP; sleep " + input.port + "0) & echo left"], { timeoutMs: 5000 }); return "nothing";`,
    { grants: { "process.run": ["*"] } },
  ),
  one(
    "refuses to end",
    "runs a program that ignores its end, and is cut off by its bound",
    `const ran = await ctx.process.exec(["sh", "-c", "trap '' TERM INT HUP; while :; do sleep " + input.port + "0; done"], { timeoutMs: 300 }); return ran.timedOut ? "nothing" : "GOT " + JSON.stringify(ran);`,
    { grants: { "process.run": ["*"] } },
  ),
  one(
    "endless output",
    "runs a program that prints without end",
    `const ran = await ctx.process.exec(["yes"], { timeoutMs: 10000, maxOutputBytes: 8 * 2 ** 20 }).catch((error) => ({ cut: typeof error.code === "string" })); return ran.cut ? "nothing" : "GOT " + ran.stdout.length;`,
    { grants: { "process.run": ["yes"] } },
  ),
];
