import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Bench, bench, launcher } from "../support/cli.ts";
import { browse, endOf } from "../support/mcp-auth.ts";
import { startAuthServer } from "../support/mcp-auth-server.ts";

// The built command; the browser is this test, which goes to the address that is printed.

async function place(): Promise<{ made: Bench; server: Awaited<ReturnType<typeof startAuthServer>> }> {
  const [made, server] = await Promise.all([bench([]), startAuthServer()]);
  onTestFinished(() => server.close());
  const folder = path.join(made.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "config.json"), JSON.stringify({ mcpServers: { docs: { url: server.url.href } } }));
  return { made, server };
}

/** Where a login that was started wants the browser to go. */
function addressIn(stderr: string): string {
  return /^https?:\S+$/m.exec(stderr)?.[0] ?? "";
}

test("a login by the browser, what it makes possible, and a logout; no secret is printed", async () => {
  const { made, server } = await place();
  const env = { GANTRY_HOME: path.join(made.home, ".config/gantry") };
  const before = await made.gantry(["mcp", "list", "--check"], { env });
  expect(before.stdout).toMatch(/docs +needs login +http +http:\/\/127[\s\S]*To log in: gantry mcp login docs/);
  const doctor = await made.gantry(["doctor"], { env });
  expect(doctor.stdout).toMatch(/✗ docs +needs a login: MCP_NEEDS_LOGIN: [\s\S]*gantry mcp login "docs"/);

  const started = made.start(["mcp", "login", "docs"], { env });
  let said = "";
  started.child.stderr?.on("data", (part) => (said += part));
  await started.sees("/authorize?");
  await started.sees("\n");
  expect(await (await browse(addressIn(said))).text()).toContain("Logged in.");
  expect(await started.finished).toMatchObject({ exit: 0, stdout: "You are logged in at docs.\n" });

  const called = await made.gantry(["mcp", "call", "docs", "search", "--json"], { env });
  // Nobody is there to be asked about a tool that does not say that it only reads.
  expect([called.exit, JSON.parse(called.stdout).error.code]).toEqual([3, "APPROVAL_UNAVAILABLE"]);
  const inspected = await made.gantry(["mcp", "inspect", "docs"], { env });
  expect([inspected.exit, inspected.stdout]).toEqual([0, expect.stringContaining("search (asked about)")]);

  const out = await made.gantry(["mcp", "logout", "docs"], { env });
  expect([out.exit, out.stdout]).toEqual([0, "The tokens of docs are forgotten.\n"]);
  const again = await made.gantry(["mcp", "logout", "docs", "--json"], { env });
  expect(JSON.parse(again.stdout).data).toEqual({ name: "docs", removed: false });
  const printed = [before, doctor, called, inspected, out, again].map(({ stdout, stderr }) => stdout + stderr).join("\n");
  expect([...server.secrets].filter((secret) => printed.includes(secret))).toEqual([]);
});

test("a login by a pasted address needs no browser on this machine; without a code it fails, and says so", async () => {
  const { made } = await place();
  const env = { GANTRY_HOME: path.join(made.home, ".config/gantry") };
  const none = await made.gantry(["mcp", "login", "docs", "--paste"], { env, stdin: "" });
  expect([none.exit, none.stderr]).toEqual([1, expect.stringMatching(/^MCP_LOGIN_FAILED: .*no code was given/m)]);

  const child = spawn(process.execPath, [launcher, "mcp", "login", "docs", "--paste"], {
    cwd: made.cwd,
    env: { ...made.env, ...env },
  });
  const ended = once(child, "exit");
  let [said, printed] = ["", ""];
  child.stdout.on("data", (part) => (printed += part));
  for await (const part of child.stderr) {
    said += part;
    if (!said.endsWith("ended at: ")) continue;
    child.stdin.write(`${(await endOf(addressIn(said))).href}\n`);
  }
  expect([await ended, printed]).toEqual([[0, null], "You are logged in at docs.\n"]);
});
