/** The boundary is tried out with a real Node.js in it: that starts, and reaches nothing it must not. */
import { spawn } from "node:child_process";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Boundary } from "./os-boundary.ts";

const boundMs = 10_000;
const maxErrorChars = 2_000;

/** Run inside; the exit code says what got through. */
const probe = `
const fs = require("fs"), net = require("net");
const [secret, outside, port, parent] = process.argv.slice(1);
try { fs.readFileSync(secret); process.exit(41); } catch {}
try { fs.writeFileSync(outside, "x"); process.exit(42); } catch {}
try { process.kill(Number(parent), 0); if (Number(parent) > 64) process.exit(43); } catch {}
const socket = net.connect(Number(port), "127.0.0.1");
socket.on("connect", () => process.exit(44)).on("error", () => process.exit(40));
`;

const findings: Record<number, string> = {
  41: "a file outside can be read from it",
  42: "a write goes through in it",
  43: "processes outside can be seen from it",
  44: "the network can be reached from it",
};

/** What does not hold, or undefined. */
export async function tryBoundary(boundary: Boundary): Promise<string | undefined> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "gantry-trial-")));
  const server = await listen();
  try {
    const secret = join(folder, "secret");
    await writeFile(secret, "x", { mode: 0o600 });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 1;
    // The folder of the secret is not bound, so that neither it nor a file beside it is there.
    const words = [secret, join(folder, "outside"), String(port), String(process.pid)];
    const { code, errors } = await run(boundary, ["-e", probe, "--", ...words]);
    if (code === 40) return undefined;
    return findings[code ?? -1] ?? (errors === "" ? `Node.js ends with ${code} in it` : errors);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.on("error", reject).listen(0, "127.0.0.1", () => resolve(server));
  });
}

function run({ program, args, node }: Boundary, words: string[]): Promise<{ code: number | null; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args(), "--", node, ...words], {
      ...{ cwd: "/", env: {}, stdio: ["ignore", "ignore", "pipe"] },
      ...{ timeout: boundMs, killSignal: "SIGKILL" },
    });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(0, maxErrorChars);
    });
    child.on("error", reject).on("close", (code) => resolve({ code, errors: errors.trim() }));
  });
}
