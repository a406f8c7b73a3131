/** Shell lines in a real sandbox, and without one where the machine has none: files, network, ends, and what is left behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SessionShells } from "../../core/contract/execution.ts";
import type { RunResult } from "../../core/contract/plugin.ts";
import { createProcesses, type Processes } from "../../workers/processes.ts";
import { examineSandbox } from "../../workers/sandbox.ts";
import type { SandboxPolicy } from "../../workers/sandbox-messages.ts";
import { alive, gone, goneAltogether, there, until } from "../support/alive.ts";
import { sandboxHere, sandboxHost, sandboxPolicy, withoutBubblewrap } from "../support/sandbox.ts";

const here = await sandboxHere();

let place: string;
let work: string;
let processes: Processes;
let shells: SessionShells;
let policy: Partial<SandboxPolicy>;

beforeEach(async () => {
  place = await realpath(await mkdtemp(join(tmpdir(), "gantry-sandboxed-")));
  work = join(place, "work");
  await mkdir(work);
  policy = {};
});

afterEach(async () => {
  await processes?.close();
  await rm(place, { recursive: true, force: true });
});

const start = (mode: "auto" | "require", env: Record<string, string | undefined> = process.env): void => {
  processes = createProcesses({ env, sandboxHost });
  shells = processes.shells({
    outputDir: join(place, "output"),
    sandbox: { mode, policy: async () => sandboxPolicy(work, policy) },
  });
};

const run = (command: string, options: { timeoutMs?: number; signal?: AbortSignal; cwd?: string } = {}): Promise<RunResult> => {
  const { timeoutMs = 60_000, signal = new AbortController().signal, cwd = work } = options;
  const request = { command, cwd, roots: [work], timeoutMs, maxOutputBytes: 2_000, maxOutputLines: 100 };
  return shells.run(request, { signal, onOutput: () => undefined });
};

const outputOf = async (command: string): Promise<string> => (await run(command)).output;

describe.runIf(here.works)("files in the sandbox", () => {
  beforeEach(() => start("require"));

  test("are written in the work and the temp folder, and nowhere else", async () => {
    const { output } = await run(`echo x > a && echo y > "$TMPDIR/b" && cat "$TMPDIR/b"; echo z > ${place}/c; touch /etc/d`);
    expect(output).toMatch(/^y\n.*\/c: Read-only file system\n.*'\/etc\/d': Read-only file system\n$/s);
    expect(await readFile(join(work, "a"), "utf8")).toBe("x\n");
    expect(await readdir(place)).not.toContain("c");
  });

  test("that are secrets are not read, by a link neither; what was made since the last line is one too", async () => {
    policy = { secrets: [{ base: "/", patterns: [".env", "*.pem", "!public.pem"] }] };
    await mkdir(join(work, "deep/er"), { recursive: true });
    await writeFile(join(place, "outside"), "TOP-1");
    await symlink(join(place, "outside"), join(work, "deep/.env"));
    await writeFile(join(work, "public.pem"), "OPEN");
    expect(await outputOf("cat deep/.env public.pem")).toMatch(/Permission denied\nOPEN$/);
    expect(await outputOf(`cat ${place}/outside`)).toContain("Permission denied");
    await writeFile(join(work, "deep/er/key.pem"), "TOP-2");
    expect(await outputOf("cat deep/er/key.pem")).toContain("Permission denied");
    await unlink(join(work, "deep/er/key.pem"));
    expect(await outputOf("cat deep/er/key.pem")).toContain("No such file");
  });

  test("that are secrets are read when they are opened, and not when a rule denies them", async () => {
    policy = {
      secrets: [{ base: "/", patterns: [".env"] }],
      opened: [{ base: work, patterns: [".env"] }],
      hidden: [{ base: work, patterns: ["/kept/**"] }],
    };
    await mkdir(join(work, "kept"));
    await writeFile(join(work, ".env"), "OPENED");
    await writeFile(join(work, "kept/.env"), "KEPT");
    expect(await outputOf("cat .env")).toBe("OPENED");
    expect(await outputOf("cat kept/.env")).not.toContain("KEPT");
  });

  test("with a place outside the work are closed by their place, and names directly in the home folder", async () => {
    const home = join(place, "home");
    await mkdir(join(home, ".aws"), { recursive: true });
    await writeFile(join(home, ".aws/credentials"), "TOP-1");
    await writeFile(join(home, ".netrc"), "TOP-2");
    await writeFile(join(home, "notes"), "PLAIN");
    policy = { home, secrets: [{ base: "/", patterns: [".netrc", `${home}/.aws/cred*`] }] };
    const output = await outputOf(`cat ${home}/.aws/credentials ${home}/.netrc ${home}/notes`);
    expect(output).toMatch(/credentials: Permission denied\n.*netrc: Permission denied\nPLAIN$/);
  });

  test("that run code later, and git's hooks and config, are read and not written", async () => {
    policy = { guarded: [{ base: work, patterns: [".vscode"] }] };
    await mkdir(join(work, ".vscode"));
    await mkdir(join(work, "sub/.git/hooks"), { recursive: true });
    await writeFile(join(work, "sub/.git/config"), "[core]");
    const command =
      "cat sub/.git/config; echo x > .vscode/a; echo x > sub/.git/hooks/b; echo x > sub/.git/config; echo y > sub/.git/HEAD; cat sub/.git/HEAD";
    expect(await outputOf(command)).toMatch(/^\[core\](.*Read-only file system\n){3}y\n$/);
    expect(await readdir(join(work, "sub/.git"))).toEqual(["HEAD", "config", "hooks"]);
  });

  test("of Gantry are out of sight, but for the folder of this session's output", async () => {
    const state = join(place, "state");
    await mkdir(join(state, "out"), { recursive: true });
    await writeFile(join(state, "log"), "RECORD");
    policy = { unreadable: [state], writable: [join(state, "out")] };
    expect(await outputOf(`cat ${state}/log; ls ${state}; echo x > ${state}/out/f; cat ${state}/out/f`)).toMatch(
      /No such file or directory\nout\nx\n$/,
    );
    await run(`echo changed > ${state}/log`);
    expect(await readFile(join(state, "log"), "utf8")).toBe("RECORD");
  });

  test("too many to close are no reason to leave them open", async () => {
    policy = { secrets: [{ base: "/", patterns: ["*.pem"] }] };
    await Promise.all(Array.from({ length: 2_501 }, (_, index) => writeFile(join(work, `${index}.pem`), "")));
    await expect(run("echo ran > ran")).rejects.toMatchObject({
      code: "SANDBOX_UNAVAILABLE",
      message: expect.stringContaining("2501"),
    });
    expect(await readdir(work)).not.toContain("ran");
  });
});

describe.runIf(here.works)("the network in the sandbox", () => {
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = createServer((_request, response) => response.end("REACHED")).listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
    start("require");
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  /** Through the proxy that the environment names, as programs do; bash is all that it needs. */
  const fetched = (): Promise<string> =>
    outputOf(`rest=\${HTTP_PROXY#http://}; auth=\${rest%@*}
      exec 9<> /dev/tcp/127.0.0.1/3128
      printf 'GET http://localhost:${port}/ HTTP/1.1\\r\\nHost: localhost:${port}\\r\\nProxy-Authorization: Basic %s\\r\\nConnection: close\\r\\n\\r\\n' \\
        "$(printf %s "$auth" | base64 -w0)" >&9
      timeout 20 cat <&9`);

  test("is not there: neither by a socket of its own nor by the proxy", async () => {
    expect((await run(`: <> /dev/tcp/127.0.0.1/${port}`)).exitCode).not.toBe(0);
    expect(await fetched()).toMatch(/^HTTP\/1\.1 403 /);
  });

  test("is there for a host that a rule allows, through the proxy only, and closed again by a deny rule", async () => {
    policy = { network: { allowed: ["localhost"], denied: [] } };
    expect(await fetched()).toMatch(/REACHED$/);
    expect((await run(`: <> /dev/tcp/127.0.0.1/${port}`)).exitCode).not.toBe(0);
    expect(await outputOf('echo "[$NO_PROXY$no_proxy]"')).toBe("[]\n");
    policy = { network: { allowed: ["localhost"], denied: ["*"] } };
    expect(await fetched()).toMatch(/^HTTP\/1\.1 403 /);
  });

  test("a host that is none stops the line, and opens nothing", async () => {
    policy = { network: { allowed: ["*"], denied: [] } };
    await expect(fetched()).rejects.toMatchObject({
      code: "SANDBOX_UNAVAILABLE",
      message: expect.stringContaining("allowedDomains"),
    });
    policy = {};
    expect(await fetched()).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe.runIf(here.works)("a run in the sandbox", () => {
  beforeEach(() => start("require"));

  test("keeps exit code, order of output, words and folder", async () => {
    await mkdir(join(work, "sub"));
    const command = "cat <<'E'\n$HOME `x` \"q\"\nE\necho err >&2; printf '%s|' a\\ b 'c''d'; cd sub; exit 7";
    expect(await run(command)).toEqual({
      ...{ exitCode: 7, signal: null, timedOut: false, notes: [] },
      ...{ output: '$HOME `x` "q"\nerr\na b|cd|', outputBytes: 25, cwd: join(work, "sub") },
    });
    expect(await run("pwd", { cwd: join(work, "sub") })).toMatchObject({ output: `${work}/sub\n`, cwd: join(work, "sub") });
  });

  test("sees nothing of how its line came in", async () => {
    expect(await outputOf('env | grep -c "^GANTRY_LINE="; echo "$0"')).toBe("0\n/bin/bash\n");
  });

  test("takes a long line", async () => {
    expect(await outputOf(`echo '${"it\\n".repeat(20_000)}' | wc -c`)).toBe("80001\n");
  });

  test("is ended at its time, politely first, with all its children", async () => {
    // With more time until it came so far: a sandbox may start slowly.
    let result: RunResult | undefined;
    for (let timeoutMs = 1_000; result?.output.startsWith("up") !== true && timeoutMs < 30_000; timeoutMs *= 4)
      result = await run("trap 'echo bye; exit 9' TERM; setsid sleep 44001 & sleep 44002 & echo up; wait", { timeoutMs });
    expect(result).toMatchObject({ timedOut: true, exitCode: 9, output: expect.stringContaining("bye") });
    await gone("sleep 44001");
    await gone("sleep 44002");
  });

  test("is ended on cancel", async () => {
    const control = new AbortController();
    const failed = run("echo started; exec sleep 44003", { signal: control.signal });
    await there("sleep 44003");
    control.abort();
    await expect(failed).rejects.toMatchObject({ code: "TOOL_INTERRUPTED", message: expect.stringContaining("started") });
    await gone("sleep 44003");
  });

  test("leaves nothing running, whatever that does to hide", async () => {
    await run("env -i setsid -f sleep 44004 >/dev/null 2>&1 3>&- 5>&-; echo over");
    await gone("sleep 44004");
  });

  test("says which jobs of its shell ended with it, and nothing of the sandbox's own", async () => {
    expect((await run("sleep 44009 & cat /dev/zero >/dev/null & echo over")).notes).toEqual([
      "2 processes it left running were ended (sleep, cat); use run_in_background for what shall go on.",
    ]);
    for (let round = 0; round < 10; round++) expect((await run("true")).notes).toEqual([]);
  });

  test("in the background gives its output, and a hiding daemon of it is gone after close", async () => {
    const request = { cwd: work, timeoutMs: Number.POSITIVE_INFINITY, maxOutputBytes: 1_000, maxOutputLines: 100 };
    const { id } = await shells.start({
      ...request,
      command: "echo up; env -i setsid -f sleep 44005 >/dev/null 2>&1 3>&- 5>&-; sleep 44006",
    });
    await there("sleep 44005");
    await there("sleep 44006");
    expect(await shells.output(id, 0)).toMatchObject({ text: "up\n" });
    await shells.close();
    await gone("sleep 44005");
    await gone("sleep 44006");
  });

  test("is gone after kill -9 of the core, with the sandbox's own process, its relay and its temp folder", async () => {
    const before = await sandboxFolders();
    const script = join(import.meta.dirname, "../support/process-core.ts");
    const command = "env -i setsid -f sleep 44007 >/dev/null 2>&1 3>&- 5>&-; sleep 44008";
    const core = spawn(process.execPath, [script, work, "background", command, "sandboxed"], { stdio: "ignore" });
    await there("sleep 44007");
    const [folder = ""] = (await sandboxFolders()).filter((name) => !before.includes(name));
    expect(folder).not.toBe("");
    core.kill("SIGKILL");
    await gone("sleep 44007");
    await gone("sleep 44008");
    await goneAltogether(folder);
    await until(async () => !(await sandboxFolders()).includes(folder), `${folder} is still there`);
  });

  test("goes on in another sandbox when the process that holds it was killed", async () => {
    const before = await sandboxFolders();
    await run("true");
    const folders = (await sandboxFolders()).filter((name) => !before.includes(name));
    const [host = 0] = await children(process.pid, "sandbox-host");
    process.kill(host, "SIGKILL");
    await until(async () => !(await children(process.pid, "sandbox-host")).includes(host), "it is still there");
    expect(await run("echo x > ../out; echo on")).toMatchObject({
      output: expect.stringMatching(/Read-only file system\non\n$/),
    });
    await Promise.all(folders.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })));
  });

  test("nothing of the sandbox is left after close", async () => {
    const before = await sandboxFolders();
    await run("true");
    const [folder = ""] = (await sandboxFolders()).filter((name) => !before.includes(name));
    await processes.close();
    await goneAltogether(folder);
    expect(await sandboxFolders()).not.toContain(folder);
  });
});

describe("without a sandbox", () => {
  const missing =
    process.platform === "darwin" ? /sandbox-exec/ : process.platform === "linux" ? /bwrap is not on PATH/ : /there is none/;

  test("what is missing is named, with what to install", async () => {
    const options = { filename: sandboxHost, shell: "/bin/bash", mark: "test" };
    const finding = await withoutBubblewrap((path) => examineSandbox({ ...options, env: { PATH: path } }));
    expect(finding).toMatchObject({ works: false, problem: expect.stringMatching(missing) });
    expect(finding.advice).toMatch(/install bubblewrap|Linux or macOS/);
  });

  test("a bubblewrap that refuses is told with its own words", async () => {
    await withoutBubblewrap(async (path) => {
      const text = "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n";
      await writeFile(join(path, "bwrap"), text, { mode: 0o755 });
      const finding = await examineSandbox({ env: { PATH: path }, filename: sandboxHost, shell: "/bin/bash", mark: "test" });
      expect(finding).toMatchObject({ works: false, problem: expect.stringMatching(/namespace|bwrap|rg|socat/) });
    });
  });

  test("a bubblewrap that confines nothing is found out", async () => {
    await withoutBubblewrap(async (path) => {
      const text = `#!/bin/bash\nif [ "$1" = --version ]; then echo 'bubblewrap 0.8.0'; exit; fi\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n`;
      await writeFile(join(path, "bwrap"), text, { mode: 0o755 });
      const finding = await examineSandbox({ env: { PATH: path }, filename: sandboxHost, shell: "/bin/bash", mark: "test" });
      expect(finding).toMatchObject({ works: false, problem: expect.stringMatching(/goes through in it|socat|rg/) });
    });
  });

  test("require runs nothing", async () => {
    await withoutBubblewrap(async (path) => {
      start("require", { ...process.env, PATH: path });
      await expect(processes.requireSandbox()).rejects.toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
      await expect(run("touch ran")).rejects.toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
      expect(await readdir(work)).toEqual([]);
    });
  });

  test("auto runs, and the first result says once what is not enforced", async () => {
    await withoutBubblewrap(async (path) => {
      start("auto", { ...process.env, PATH: path });
      const { notes, exitCode } = await run("touch ran");
      expect(exitCode).toBe(0);
      expect(notes).toEqual([expect.stringMatching(missing)]);
      expect((await run("true")).notes).toEqual([]);
    });
  });
});

async function sandboxFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("gantry-sandbox-"));
}

async function children(parent: number, words: string): Promise<number[]> {
  const all = await alive(words, (line, sought) => line.includes(sought));
  const stats = await Promise.all(all.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return all.filter((_, index) => Number(/\) \S+ (\d+)/.exec(stats[index] ?? "")?.[1]) === parent);
}
