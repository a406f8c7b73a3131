/**
 * A core of its own for tests that kill it: `node process-core.ts FOLDER foreground|background COMMAND [sandboxed]`. Prints
 * `asked`, then waits.
 */
import { createProcesses } from "../../workers/processes.ts";
import { sandboxHost, sandboxPolicy } from "./sandbox.ts";

const [, , folder = "", mode = "", command = "", confined = ""] = process.argv;
const processes = createProcesses({ env: process.env, sandboxHost });
const policy = async () => sandboxPolicy(folder);
const shells = processes.shells({
  outputDir: `${folder}/.output`,
  sandbox: confined === "" ? undefined : { mode: "require", policy },
});
const request = { command, cwd: folder, roots: [folder], timeoutMs: 600_000, maxOutputBytes: 1_000, maxOutputLines: 100 };

if (mode === "background") await shells.start(request);
else void shells.run(request, { signal: new AbortController().signal, onOutput: () => undefined });

process.stdout.write("asked\n");
setInterval(() => undefined, 60_000);
