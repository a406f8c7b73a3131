/** A real command in the sandbox, before anything is trusted to it: it must do what is allowed and fail at all that is not. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { groupExists, signalTo } from "./descendants.ts";
import { lineName, type SandboxPolicy } from "./sandbox-messages.ts";

interface Trial {
  /** Empty, and nobody else's. */
  folder: string;
  shell: string;
  env: NodeJS.ProcessEnv;
  wrap(policy: SandboxPolicy): Promise<string>;
}

const boundMs = 10_000;
const maxErrorText = 2_000;

/** Exit codes of the trial's line, by what they say. */
const findings: Record<number, string> = {
  41: "a write where writing is allowed fails in it",
  42: "a write outside the allowed folders goes through in it",
  43: "a file that must not be read can be read in it",
  44: "the network can be reached from it",
};

/** Throws with what was seen when the sandbox does not hold. */
export async function tryOut({ folder, shell, env, wrap }: Trial): Promise<void> {
  const [inside, outside, secret] = [join(folder, "in"), join(folder, "out"), join(folder, "secret")];
  for (const path of [inside, outside, secret]) mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(secret, "file"), "x");
  const server = await listen();
  try {
    const line = await wrap({
      ...{ roots: [], writable: [inside], unreadable: [secret], unwritable: [], home: folder },
      ...{ hidden: [], secrets: [], opened: [], guarded: [], network: { allowed: [], denied: [] } },
    });
    const command = commandOf({ inside, outside, secret, server });
    const { code, errors } = await run({ shell, line, cwd: inside, env: { ...env, [lineName]: command } });
    if (code !== 0)
      throw new Error(findings[code ?? -1] ?? (errors === "" ? `a true command ends with ${code} in it` : errors));
    if (existsSync(join(outside, "file"))) throw new Error(findings[42]);
    if (!existsSync(join(inside, "file"))) throw new Error(findings[41]);
  } finally {
    server.close();
  }
}

/** Every word is a path of our own making without quotes, or a number. */
function commandOf(words: { inside: string; outside: string; secret: string; server: Server }): string {
  const { inside, outside, secret, server } = words;
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 1;
  return [
    `printf x > '${inside}/file' || exit 41`,
    `( printf x > '${outside}/file' ) 2> /dev/null && exit 42`,
    `( cat '${secret}/file' ) > /dev/null 2>&1 && exit 43`,
    // bash alone knows this path; in another shell it is a file that is not there.
    `( : 3<> /dev/tcp/127.0.0.1/${port} ) 2> /dev/null && exit 44`,
    "exit 0",
  ].join("\n");
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.on("error", reject).listen(0, "127.0.0.1", () => resolve(server));
  });
}

function run(options: {
  shell: string;
  line: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
}): Promise<{ code: number | null; errors: string }> {
  const { shell, line, cwd, env } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(shell, ["-c", `exec ${line}`], {
      ...{ cwd, env, detached: true },
      stdio: ["ignore", "ignore", "pipe"],
    });
    // A sandbox that is none lets what it started live on.
    const end = (): void => {
      if (child.pid !== undefined && groupExists(child.pid)) signalTo(-child.pid, "SIGKILL");
    };
    const timer = setTimeout(end, boundMs);
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(0, maxErrorText);
    });
    child.on("error", reject);
    child.on("exit", async (code, signal) => {
      clearTimeout(timer);
      end();
      if (signal !== null) return reject(new Error(`a true command did not end in it within ${boundMs / 1_000} s (${signal})`));
      // What was written before the exit has been read after two turns of the loop.
      for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
      resolve({ code, errors: errors.trim() });
    });
  });
}
