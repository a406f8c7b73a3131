/** sandbox.shell through the built command: what shell lines may touch in it, and what is said where none works. */
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { gone, goneAltogether, there } from "../support/alive.ts";
import { type Bench, bench, resultTexts as newestResults } from "../support/cli.ts";
import { sandboxHere, withoutBubblewrap } from "../support/sandbox.ts";

interface Finding {
  works: boolean;
  mode: string;
  problem?: string;
  tools: { name: string; path?: string; version?: string }[];
}

const line = (command: string, more: object = {}) => ({ call: { name: "Bash", input: { command, ...more } } });
const sandboxed = ["--set", "sandbox.shell=require", "--approve", "always"];

/** Of all requests, in the order of the calls. */
const resultTexts = (model: Bench["model"]): string[] =>
  model.requests.slice(1).flatMap((_, index) => newestResults(model, index + 1));

const doctor = async ({ gantry }: Bench, env: Record<string, string> = {}) => {
  const { stdout, exit } = await gantry(["doctor", "--json"], { env });
  const { data, error } = JSON.parse(stdout) as { data?: Findings; error?: { code: string; detail: Findings } };
  const found = data ?? error?.detail;
  if (found === undefined) throw new Error(stdout);
  return { ...found, exit, code: error?.code };
};

interface Findings {
  sandbox: Finding;
  notEnforced: string[];
  permissionTests?: { passed: number; failed: string[]; problem?: string };
}

const here = await sandboxHere();

describe.runIf(here.works)("where a sandbox works", () => {
  test("a line writes in the workspace and nowhere else, sees no secret, no record and no config of Gantry", async () => {
    const place = await bench(
      [
        line("echo kept > made; cat made; echo x > ../outside; sh show.sh"),
        line('ls "$HOME/.local/state/gantry" "$HOME/.config/gantry" 2>&1; cat "$HOME"/.netrc; echo x > "$HOME/.profile"'),
        { say: "Done." },
      ],
      { ".env": "TOP-SECRET", "show.sh": "cat .env" },
    );
    await mkdir(path.join(place.home, ".config/gantry"), { recursive: true });
    await writeFile(path.join(place.home, ".config/gantry/config.json"), "{}");
    await writeFile(path.join(place.home, ".netrc"), "TOP-SECRET");
    expect((await place.run("go", sandboxed)).exit).toBe(0);
    const [first = "", second = ""] = resultTexts(place.model);
    expect(first).toMatch(/^kept\n.*outside: Read-only file system\n.*\.env: Permission denied/s);
    expect(second).toMatch(/netrc: Permission denied\n.*\.profile: Read-only file system/s);
    expect(second).not.toContain("config.json");
    expect(`${first}${second}`).not.toContain("TOP-SECRET");
    expect(await place.file("made")).toBe("kept\n");
    expect(await readdir(path.dirname(place.cwd))).not.toContain("outside");
    expect(await readdir(path.join(place.cwd, ".git"))).toEqual([]);
  });

  test("a hook's script is read and run, and never written, moved or taken away", async () => {
    const hooks = { PreToolUse: [{ matcher: "Read", hooks: [{ type: "command", command: "hooks/guard.sh" }] }] };
    const script = "#!/bin/sh\nexit 2\n";
    const tries = ["echo x > guard.sh", "rm -f guard.sh", "mv guard.sh other", "echo x > new; mv -f new guard.sh"];
    const place = await bench([line(`cd hooks; ${tries.join("; ")}; cat guard.sh; echo kept > made`), { say: "Done." }], {
      "hooks/guard.sh": script,
    });
    await mkdir(path.join(place.home, ".config/gantry"), { recursive: true });
    await writeFile(path.join(place.home, ".config/gantry/config.json"), JSON.stringify({ hooks }));
    await place.run("go", sandboxed);
    expect(await place.file("hooks/guard.sh")).toBe(script);
    expect(await place.file("hooks/made")).toBe("kept\n");
    expect(resultTexts(place.model)[0]).toContain("guard.sh: Read-only file system");
  });

  test("an allow rule that names a secret opens it, a deny rule closes a file, and added folders are writable", async () => {
    const place = await bench([line("sh show.sh; echo x > ../added/made"), { say: "Done." }], {
      ".env": "OPENED",
      plain: "CLOSED",
      "show.sh": "cat .env plain",
    });
    const added = path.join(path.dirname(place.cwd), "added");
    await mkdir(added);
    const rules = ["--allow", "Read(./.env)", "--deny", "Read(./plain)", "--add-dir", added];
    expect((await place.run("go", [...sandboxed, ...rules])).exit).toBe(0);
    const [text = ""] = resultTexts(place.model);
    expect(text).toContain("OPENED");
    expect(text).not.toContain("CLOSED");
    expect(await readdir(added)).toEqual(["made"]);
  });

  test("no network is reached, but a host that a rule names, and a deny rule closes it", async () => {
    const server = createServer((_request, response) => response.end("REACHED")).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const direct = `(: <> /dev/tcp/127.0.0.1/${port}) 2>/dev/null && echo DIRECT`;
    // A plain HTTP client of a proxy, in the shell's own words.
    const proxied = `${direct}; rest=\${HTTP_PROXY#http://}; exec 9<> /dev/tcp/127.0.0.1/3128
      printf 'GET http://localhost:${port}/ HTTP/1.1\\r\\nHost: localhost:${port}\\r\\nProxy-Authorization: Basic %s\\r\\nConnection: close\\r\\n\\r\\n' \\
        "$(printf %s "\${rest%@*}" | base64 -w0)" >&9; timeout 20 cat <&9`;
    const reach = async (...rules: string[]): Promise<string> => {
      const { run, model } = await bench([line(proxied), { say: "Done." }]);
      await run("go", [...sandboxed, ...rules]);
      return resultTexts(model)[0] ?? "";
    };
    const allow = ["--allow", "WebFetch(domain:localhost)"];
    expect(await reach()).toMatch(/^HTTP\/1\.1 403/);
    expect(await reach(...allow)).toMatch(/^HTTP\/1\.1 200[\s\S]*REACHED/);
    expect(await reach(...allow, "--deny", "WebFetch(domain:localhost)")).toMatch(/^HTTP\/1\.1 403/);
  });

  test("timeouts and background runs are as without, and nothing is left when the run ends", async () => {
    const { run, model } = await bench(
      [
        line("trap 'echo bye; exit 3' TERM; echo up; sleep 46001 & wait", { timeout: 2_500 }),
        line("env -i setsid -f sleep 46002 >/dev/null 2>&1 3>&- 5>&-; sleep 46003", { run_in_background: true }),
        line("cd sub; pwd"),
        line("pwd"),
        { say: "Done." },
      ],
      { "sub/a": "" },
    );
    expect((await run("go", sandboxed)).exit).toBe(0);
    const [first = "", , third = "", fourth = ""] = resultTexts(model);
    expect(first).toMatch(/up\n[\s\S]*bye/);
    expect(third).toContain("/work/sub");
    expect(fourth).toContain("/work/sub");
    await Promise.all([46_001, 46_002, 46_003].map((seconds) => goneAltogether(`sleep ${seconds}`)));
  });

  test("after kill -9 of Gantry a daemon that hid is gone, and so are the sandbox's own processes", async () => {
    const { start } = await bench([
      line("env -i setsid -f sleep 46004 >/dev/null 2>&1 3>&- 5>&-; sleep 46005", { run_in_background: true }),
      { hang: true },
    ]);
    const running = start(["run", "go", "--output", "stream-json", ...sandboxed]);
    await running.sees('"type":"tool.result"');
    await there("sleep 46004");
    running.child.kill("SIGKILL");
    await running.finished;
    await gone("sleep 46004");
    await gone("sleep 46005");
  });

  test("doctor says that it works, with what, and what is not enforced all the same", async () => {
    const place = await bench([]);
    const off = await doctor(place);
    expect(off).toMatchObject({ exit: 0, sandbox: { works: true, mode: "off" } });
    expect(off.sandbox.tools.find(({ name }) => name === "socat")).toMatchObject({
      path: expect.stringMatching(/^\//),
      version: expect.stringMatching(/^\d/),
    });
    expect(off.notEnforced.slice(0, 2)).toEqual([
      expect.stringMatching(/^There is no OS sandbox: /),
      "A sandbox works on this machine, and sandbox.shell is off.",
    ]);
    const on = await doctor(place, { GANTRY_SANDBOX__SHELL: "require" });
    expect(on).toMatchObject({ exit: 0, sandbox: { works: true, mode: "require" } });
    expect(on.notEnforced.join("\n")).not.toContain("There is no OS sandbox");
  });
});

describe("where no sandbox works", () => {
  test("require ends with 7 before anything is started, and names what is missing", async () => {
    const place = await bench([line("touch made"), { say: "Done." }]);
    await withoutBubblewrap(async (PATH) => {
      const { exit, json } = await place.run("go", sandboxed, { env: { PATH } });
      expect(exit).toBe(7);
      expect(json.error).toMatchObject({ code: "SANDBOX_UNAVAILABLE", message: expect.stringMatching(/bwrap|there is none/) });
    });
    expect(place.model.requests).toHaveLength(0);
    expect(await place.logs()).toEqual([]);
    expect(await readdir(place.cwd)).not.toContain("made");
  });

  test("auto runs the line, and says once that nothing is enforced and why", async () => {
    const place = await bench([line("touch made"), line("true"), { say: "Done." }]);
    await withoutBubblewrap((PATH) =>
      place.run("go", ["--set", "sandbox.shell=auto", "--approve", "always"], { env: { PATH } }),
    );
    const [first = "", second = ""] = resultTexts(place.model);
    expect(first).toMatch(/No sandbox works on this machine \((bwrap is not on PATH|there is none)/);
    expect(second).not.toContain("sandbox");
    expect(await readdir(place.cwd)).toContain("made");
  });

  test("doctor says so, what is missing and what to install, and ends with 7 when it is required", async () => {
    const place = await bench([]);
    await withoutBubblewrap(async (PATH) => {
      const auto = await doctor(place, { PATH, GANTRY_SANDBOX__SHELL: "auto" });
      expect(auto).toMatchObject({
        exit: 0,
        sandbox: { works: false, mode: "auto", problem: expect.stringMatching(/bwrap|none/) },
      });
      expect(auto.notEnforced.slice(0, 2)).toEqual([
        expect.stringMatching(/^There is no OS sandbox: /),
        expect.stringMatching(/^No sandbox works on this machine: (bwrap|there is none)/),
      ]);
      expect(await doctor(place, { PATH, GANTRY_SANDBOX__SHELL: "require" })).toMatchObject({
        exit: 7,
        code: "SANDBOX_UNAVAILABLE",
      });
      const { stdout } = await place.gantry(["doctor"], { env: { PATH } });
      expect(stdout).toMatch(/sandbox +does not work: .*(install bubblewrap|Use Linux)/);
    });
  });

  test("a bubblewrap that refuses is quoted", async () => {
    const place = await bench([]);
    await withoutBubblewrap(async (PATH) => {
      const fake = path.join(PATH, "bwrap");
      await writeFile(fake, "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2; exit 1\n");
      await chmod(fake, 0o755);
      const { sandbox } = await doctor(place, { PATH });
      expect(sandbox).toMatchObject({ works: false, problem: expect.stringMatching(/uid map|namespace|bwrap|rg|socat|none/) });
    });
  });
});

test("without the key nothing of a sandbox is loaded or tried", async () => {
  const { run, model } = await bench([line("env | grep -c SANDBOX_RUNTIME; readlink /proc/self/ns/pid"), { say: "Done." }]);
  await run("go", ["--approve", "always"]);
  expect(resultTexts(model)[0]).toMatch(/^0\n/);
});

test.skipIf(process.platform !== "linux")("the workspace has no file of the sandbox's making afterwards", async () => {
  const place = await bench([line("true"), { say: "Done." }], { a: "" });
  await place.run("go", ["--set", "sandbox.shell=auto", "--approve", "always"]);
  expect((await readdir(place.cwd)).sort()).toEqual([".git", "a"]);
  expect(await readFile(path.join(place.cwd, "a"), "utf8")).toBe("");
});
