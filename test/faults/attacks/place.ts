/** Where attacks happen: a workspace with everything planted, a file outside it that holds the canary, and two servers. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { AttackInput } from "./attack.ts";
import { type Servers, startServers } from "./servers.ts";

export interface Place {
  /** Stands in files outside the grant and in the core's environment, and must stand nowhere else afterwards. */
  canary: string;
  root: string;
  workspace: string;
  home: string;
  input: AttackInput;
  servers: Servers;
  /** What lies outside the workspace, with its content: equal before and after. */
  outside(): Record<string, string>;
  /** Swaps `race` in the workspace between a folder and a link out of it until the function that comes back is called. */
  startRace(): () => Promise<void>;
  remove(): Promise<void>;
}

export async function createPlace(): Promise<Place> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "gantry-attacks-")));
  const canary = `canary-${randomBytes(8).toString("hex")}`;
  const workspace = join(root, "workspace");
  plant(root, workspace, canary);
  const servers = await startServers();
  return {
    ...{ canary, root, workspace, home: join(root, "home"), servers },
    input: {
      canary: join(root, "outside/secret.txt"),
      url: servers.canaryUrl,
      port: servers.canaryPort,
      workspace,
      granted: servers.grantedUrl,
    },
    outside: () => ({ ...contents(join(root, "outside")), ...contents(join(root, "home")), ...topOf(root) }),
    startRace: () => race(workspace),
    async remove() {
      await servers.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function plant(root: string, workspace: string, canary: string): void {
  for (const folder of [
    "outside",
    "home/.ssh",
    "workspace/sub",
    "workspace/sub-beside",
    "workspace/out/folder",
    "workspace/race",
  ]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  const put = (path: string, text: string): void => writeFileSync(join(root, path), text);
  for (const path of ["outside/secret.txt", "outside/only-outside-secret.txt", "home/secret.txt", "home/.ssh/id_rsa"])
    put(path, `${canary}\n`);
  for (const path of ["workspace/.env", "workspace/sub/.env", "workspace/.env.local"]) put(path, `TOKEN=${canary}\n`);
  put("workspace/notes.txt", "notes\n");
  put("workspace/sub/inner.txt", "inner\n");
  put("workspace/sub-beside/inner.txt", "beside\n");
  put("workspace/race/secret.txt", "inside\n");
  put("workspace/large.txt", `${"0123456789abcde\n".repeat(65_536)}`);
  const link = (target: string, path: string): void => symlinkSync(target, join(workspace, path));
  for (const path of ["link.txt", "out/link.txt"]) link(join(root, "outside/secret.txt"), path);
  for (const path of ["link", "sub/link", "out/link"]) link(join(root, "outside"), path);
  link("../../outside/secret.txt", "sub/link.txt");
  link("link.txt", "link-to-link.txt");
  link("/", "link-to-root");
  link(".env", "env-link");
  link("/dev/zero", "zero");
  link("/dev/null", "out/null");
  for (const path of ["circle", "out/circle"]) link("circle", path);
  for (const path of ["dangling", "out/dangling"]) link(join(root, "outside/not-there.txt"), path);
  for (const path of ["pipe", "out/pipe"]) execFileSync("mkfifo", [join(workspace, path)]);
  execFileSync("git", ["init", "-q"], { cwd: workspace, env: { PATH: process.env["PATH"], HOME: join(root, "home") } });
}

function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    if (lstatSync(path).isFile()) found[path] = readFileSync(path, "utf8");
  }
  return found;
}

/** Names only: what the core keeps for itself lies there too. */
function topOf(root: string): Record<string, string> {
  return {
    [root]: readdirSync(root)
      .filter((name) => name !== "core")
      .join(" "),
    pwned: readdirSync(join(root, "workspace"))
      .filter((name) => name === "pwned")
      .join(" "),
  };
}

const swapper = `
const { renameSync, rmSync, symlinkSync, unlinkSync } = require("node:fs");
const { parentPort, workerData: { race, held, target } } = require("node:worker_threads");
let stopped = false;
parentPort.once("message", () => { stopped = true; });
// While a write goes on there, the folder may not be empty when its turn comes: the next try finds it so.
const clear = () => { try { rmSync(race, { recursive: true, force: true }); } catch (error) { if (error.code !== "ENOTEMPTY") throw error; } };
const turn = () => {
  renameSync(race, held);
  // A write may have made the folder anew meanwhile.
  for (;;) { try { symlinkSync(target, race); break; } catch { clear(); } }
  unlinkSync(race);
  for (;;) { try { renameSync(held, race); break; } catch { clear(); } }
};
const swap = () => {
  if (stopped) return process.exit(0);
  for (let i = 0; i < 200; i++) turn();
  setImmediate(swap);
};
swap();
`;

function race(workspace: string): () => Promise<void> {
  const workerData = {
    race: join(workspace, "race"),
    held: join(workspace, "out/held"),
    target: join(workspace, "../outside"),
  };
  const worker = new Worker(swapper, { eval: true, workerData });
  return () =>
    new Promise((resolve, reject) => {
      worker.once("error", reject).once("exit", () => resolve());
      worker.postMessage("stop");
    });
}
