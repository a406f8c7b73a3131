/** A core of its own for tests that kill it while a hook runs: `node hook-child.ts COMMAND`. Prints `asked`, then waits. */
import { createProcesses } from "../../workers/processes.ts";

const [, , command = ""] = process.argv;
const processes = createProcesses({ env: process.env });
const request = { command, cwd: "/", env: {}, stdin: "{}\n", timeoutMs: 600_000 };
void processes.runHook(request, { signal: new AbortController().signal });
process.stdout.write("asked\n");
setInterval(() => undefined, 60_000);
