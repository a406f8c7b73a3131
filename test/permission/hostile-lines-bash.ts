/**
 * What bash really starts for a line. PATH is one folder of stubs, each of which writes its arguments to a trace; programs
 * that start others are stubs too that go on into the real ones, so that what those start is traced as well.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Programs that do nothing in a test but being traced. */
const dead =
  "rm ls git npm npx node ssh rsync vim less man docker busybox sudo doas su watch script parallel flock python3 sort rg curl chmod mv cp";
/** Programs that are traced and then do their work, so that what they start is seen. */
const live = "sh bash env timeout nice nohup stdbuf setsid xargs find cat tee awk sed tar perl make";
/** A line that goes on for ever is ended, and what it started until then counts. */
const patienceMs = 20_000;
/** The last argument of each record. */
const recordEnd = "\x01";

export interface Traced {
  /** Each program that ran, its name without folders, in one spelling; sorted. */
  ran: string[];
}

export interface TracingBash {
  has(program: string): boolean;
  trace(line: string, o?: { patienceMs: number }): Promise<Traced>;
  remove(): void;
}

export function makeTracingBash(): TracingBash {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "gantry-trace-")));
  const stubs = join(root, "bin");
  const log = join(root, "trace");
  mkdirSync(stubs);
  const real = new Map(live.split(" ").map((name) => [name, realProgram(name)]));
  writeStub(join(root, "dead"), log, "");
  for (const name of dead.split(" ")) symlinkSync("../dead", join(stubs, name));
  for (const [name, path] of real) writeStub(join(stubs, name), log, path === undefined ? "" : `exec ${path} "$@"\n`);
  return {
    has: (program) => real.get(program) !== undefined,
    async trace(line, o = { patienceMs }) {
      writeFileSync(log, "");
      const cwd = makeFolder(root, log);
      await runBash(line.replaceAll(/(?<![\w./])\/(?:usr\/)?bin\//g, `${stubs}/`), { cwd, stubs, ...o });
      const ran = readTrace(log).map(([name = "", ...words]) => spelled([name, ...words]));
      return { ran: ran.map((text) => text.replaceAll(stubs, "/bin").replaceAll("PATH=/bin", "PATH=…")).sort() };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Words in the one spelling that the product uses too. */
export function spelled(words: readonly string[]): string {
  return words
    .map((word) => (word !== "" && /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`))
    .join(" ");
}

function realProgram(name: string): string | undefined {
  return ["/usr/bin", "/bin", "/usr/local/bin"].map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** One `write` for each call, so that programs that run side by side do not tear each other's records. */
function writeStub(path: string, log: string, then: string): void {
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\0' "\${0##*/}" "$@" "${recordEnd}" >> ${log}\n${then}`);
  chmodSync(path, 0o755);
}

/** A fresh working folder with what the lines read, source and run. */
function makeFolder(root: string, log: string): string {
  const cwd = join(root, "work");
  rmSync(cwd, { recursive: true, force: true });
  mkdirSync(join(cwd, ".git"), { recursive: true });
  mkdirSync(join(cwd, "evil"));
  for (const name of ["x", "y", "list.txt"]) writeFileSync(join(cwd, name), "x\n");
  const evil = `#!/bin/sh\nprintf '%s\\0' rm x "${recordEnd}" >> ${log}\n`;
  for (const name of ["evil.sh", "evil/ls"]) {
    writeFileSync(join(cwd, name), evil);
    chmodSync(join(cwd, name), 0o755);
  }
  writeFileSync(join(cwd, "evil.mk"), "all:\n\t@rm x;:\n");
  symlinkSync(join(root, "bin/rm"), join(cwd, "rm"));
  const tar = realProgram("tar");
  if (tar !== undefined) execFileSync(tar, ["-cf", "a.tar", "list.txt"], { cwd });
  return cwd;
}

/** Until bash and all that it started have let go of their output. */
function runBash(line: string, o: { cwd: string; stubs: string; patienceMs: number }): Promise<void> {
  const { cwd, stubs } = o;
  const env = { PATH: stubs, HOME: cwd, LANG: "C.UTF-8" };
  const child = spawn("/bin/bash", ["-c", line], { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  child.stdout.resume();
  child.stderr.resume();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      resolve();
    }, o.patienceMs);
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function readTrace(log: string): string[][] {
  const text = readFileSync(log, "utf8");
  return text
    .split(`${recordEnd}\0`)
    .filter((record) => record !== "")
    .map((record) => record.split("\0").slice(0, -1));
}
