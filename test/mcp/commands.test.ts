import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { type Bench, bench } from "../support/cli.ts";
import { npmServer } from "../support/mcp.ts";

// The built command, with servers of npm as real children.

/** What of the commands' data is looked into; the rest is compared as a whole. */
interface Printed {
  source: string;
  scope: string;
  servers: { name: string; state: string; code: string; stderr: string[] }[];
}

interface Answer {
  exit: number | null;
  ok: boolean;
  data: Printed;
  error: { code: string; message: string };
  warnings: string[];
  stderr: string;
}

async function json(made: Bench, args: readonly string[], env: Record<string, string> = {}): Promise<Answer> {
  const { stdout, stderr, exit } = await made.gantry(["--json", ...args], { env });
  try {
    return { exit, stderr, ...JSON.parse(stdout) };
  } catch {
    throw new Error(`no JSON (exit ${exit}): ${stdout}${stderr}`);
  }
}

const write = async (made: Bench, name: string, data: unknown): Promise<string> => {
  const file = path.join(made.cwd, name);
  await writeFile(file, JSON.stringify(data, null, 2));
  return file;
};

test("a server is added, listed, looked at, called and removed", async () => {
  const made = await bench([]);
  const { command, args } = npmServer("everything") as { command: string; args: string[] };
  const added = await json(made, [
    "mcp",
    "add",
    "every thing",
    "--scope",
    "user",
    "--timeout",
    "5000",
    "--",
    command,
    ...args,
    "stdio",
    "--flag",
  ]);
  expect([added.error, added.data]).toMatchObject([undefined, { name: "every thing", scope: "user" }]);
  const again = await json(made, ["mcp", "add", "every_thing", "https://example.com"]);
  expect([again.exit, again.error.code]).toEqual([2, "CONFIG_INVALID"]);
  expect(again.error.message).toBe(
    `there is an MCP server every_thing already, as every thing: ${added.data.source}; nothing is written`,
  );

  const listed = await json(made, ["mcp", "list"]);
  expect(listed.data.servers).toMatchObject([
    { name: "every thing", state: "idle", kind: "stdio", layer: "user", source: added.data.source, required: false },
  ]);
  const inspected = await made.gantry(["mcp", "inspect", "every_thing"]);
  expect([inspected.exit, inspected.stderr]).toEqual([0, ""]);
  expect(inspected.stdout).toMatch(/state {9}ready after \d+ ms[\s\S]*echo message \(changes nothing\): Echo Tool/);
  expect(inspected.stdout).toMatch(/Prompts\n[\s\S]*args-prompt city \[state\][\s\S]*Resources\n[\s\S]*Resource templates\n/);

  const called = await json(made, ["mcp", "call", "every thing", "echo", '{"message":"hi"}']);
  expect(called).toMatchObject({
    exit: 0,
    ok: true,
    data: { tool: "mcp__every_thing__echo", isError: false, text: "Echo: hi" },
  });
  expect((await made.events()).filter(({ type }) => type === "tool.result")).toHaveLength(1);
  const wrong = await json(made, ["mcp", "call", "every thing", "ehco"]);
  expect(wrong.exit).toBe(1);
  expect(wrong.error).toMatchObject({ code: "TOOL_UNKNOWN", message: "mcp__every_thing__ehco failed with TOOL_UNKNOWN" });
  const asked = await json(made, ["mcp", "call", "every thing", "toggle-simulated-logging"]);
  expect([asked.exit, asked.error.code]).toEqual([3, "APPROVAL_UNAVAILABLE"]);
  const nobody = await json(made, ["mcp", "call", "every", "echo"]);
  expect([nobody.exit, nobody.error.code]).toEqual([2, "MCP_SERVER_UNKNOWN"]);

  const removed = await json(made, ["mcp", "remove", "every thing"]);
  expect([removed.exit, removed.data.scope]).toEqual([0, "user"]);
  const none = await made.gantry(["mcp", "list"]);
  expect(none.stdout).toBe("No MCP server is configured. To add one: gantry mcp add NAME -- COMMAND ARGS…\n");
});

test("list --check starts all that may be started and says of each how it is; tools list and describe know of them", async () => {
  const made = await bench([]);
  const file = path.join(made.home, ".config/gantry/config.json");
  const script = await write(made, "broken.mjs", {});
  await writeFile(script, 'console.error("no database\\u001b[31m at", process.env.TOKEN); process.exit(3);');
  const servers = {
    memory: npmServer("memory"),
    broken: { command: process.execPath, args: [script], env: { TOKEN: "s3cret-value-of-mine" } },
    missing: { command: "no-such-program-anywhere" },
    web: { url: "http://127.0.0.1:9/mcp?key=abc" },
    off: { command: "x", enabled: false },
  };
  const user = await json(made, ["config", "set", "--layer", "user", "mcpServers", JSON.stringify(servers)]);
  expect(user.exit).toBe(0);
  const search = await json(made, ["tools", "call", "ToolSearch", '{"query":"select:mcp__memory__read_graph"}']);
  expect(search.data).toMatchObject({ isError: false, text: expect.stringContaining("mcp__memory__read_graph") });
  const resources = await json(made, ["tools", "call", "ListMcpResources", '{"server":"memory"}']);
  expect(resources.data).toMatchObject({ isError: false, text: expect.stringMatching(/^memory memory:/) });
  await write(made, ".mcp.json", { own: { command: "x" } });
  const checked = await json(made, ["mcp", "list", "--check"]);
  expect(checked.exit).toBe(0);
  const states = checked.data.servers.map(({ name, state, code }) => [name, state, code]);
  expect(states).toEqual([
    ["memory", "ready", undefined],
    ["broken", "failed", "MCP_START_FAILED"],
    ["missing", "failed", "MCP_START_FAILED"],
    ["web", "failed", "MCP_HTTP_FAILED"],
    ["own", "waiting", undefined],
    ["off", "disabled", undefined],
  ]);
  expect(checked.data.servers[0]).toMatchObject({ counts: { tools: 9 }, source: expect.stringContaining(file) });
  expect(checked.data.servers[1]?.stderr).toEqual(["no database at [redacted]"]);
  expect(JSON.stringify(checked)).not.toMatch(/s3cret|key=abc/);

  const failed = await made.gantry(["mcp", "inspect", "broken"]);
  expect(failed.exit).toBe(1);
  expect(failed.stdout).toMatch(/state {9}failed[\s\S]*MCP_START_FAILED: [\s\S]*no database at/);
  const waits = await json(made, ["mcp", "inspect", "own"]);
  expect([waits.exit, waits.error.code]).toEqual([3, "TRUST_REQUIRED"]);
  const off = await json(made, ["mcp", "call", "off", "x"]);
  expect(off.error).toMatchObject({ code: "MCP_SERVER_UNKNOWN", message: expect.stringContaining("off is switched off in ") });
  const login = await json(made, ["mcp", "login", "memory"]);
  expect(login.error).toMatchObject({ code: "USAGE_INVALID" });

  const tools = await json(made, ["tools", "list"]);
  expect(tools.warnings).toEqual([
    "4 MCP servers are configured, whose tools are not in this list; 1 more waits for trust. gantry mcp inspect NAME starts one and shows them.",
  ]);
  const own = ["ToolSearch", "ListMcpResources", "ReadMcpResource", "SubscribeMcpResource"];
  expect(
    (tools.data as unknown as { name: string; plugin: string }[])
      .filter(({ plugin }) => plugin === "mcp")
      .map(({ name }) => name),
  ).toEqual(own);
  expect((await json(made, ["tools", "describe", "ReadMcpResource"])).data).toMatchObject({ plugin: "mcp", effect: "reads" });
  const described = await json(made, ["tools", "describe", "mcp__memory__read_graph"]);
  expect(described.data).toMatchObject({ name: "mcp__memory__read_graph", plugin: "mcp:memory", effect: "reads" });
  const near = await json(made, ["tools", "describe", "mcp__memory__raed_graph"]);
  expect(near.error.message).toContain("Did you mean mcp__memory__read_graph?");
  const unknown = await json(made, ["tools", "describe", "mcp__memroy__read_graph"]);
  expect(unknown.error).toMatchObject({ code: "MCP_SERVER_UNKNOWN", message: expect.stringContaining("Did you mean memory?") });
});

test("add keeps secrets out of a project's file with a warning, and refuses what could not be used", async () => {
  const made = await bench([]);
  const url = ["https://example.com/mcp", "--header", "Authorization: Bearer abcdefgh12345678"];
  const own = await json(made, ["mcp", "add", "web", "--scope", "project", ...url]);
  expect(own).toMatchObject({
    exit: 0,
    data: { name: "web", scope: "project", source: `${path.join(made.cwd, "gantry.config.jsonc")}:3` },
    warnings: [
      expect.stringContaining(`what looks like a secret is written into ${made.cwd}/gantry.config.jsonc`),
      "The project's servers wait for your trust: gantry trust grant",
    ],
  });
  const wrong = (...args: string[]) => json(made, ["mcp", "add", ...args]);
  expect((await wrong("a", "https://example.com", "more")).error.message).toBe(
    "A URL has no arguments; 1 more word was given.",
  );
  expect((await wrong("a", "x", "--header", "A: b")).error.message).toContain("--header goes with a URL");
  expect((await wrong("a__b", "x")).error.message).toContain("two underscores in a row divide server from tool");
  expect((await wrong("a", "x", "--env", "=secretvalue")).error.message).not.toContain("secretvalue");
  const twice = await wrong("a", "--env", "A=secret1", "--env", "B=1", "--env", "A=secret2", "--", "x");
  expect([twice.exit, twice.error.message]).toEqual([2, "--env no. 1 (A) and no. 3 (A) are of one name; give one of them."]);
  const file = await wrong("u3", "file:///etc/passwd");
  expect([file.exit, file.error.message]).toEqual([
    2,
    "file:// is no address of a server, and no command: a server is reached by https:// or http://.",
  ]);
  const unset = await wrong("b", "x", "--env", `TOKEN=\${NOT_SET_ANYWHERE}`);
  expect([unset.exit, unset.warnings]).toEqual([
    0,
    ["MCP server b: the variable NOT_SET_ANYWHERE is not set, and has no default; it is left out"],
  ]);
  const dashes = await json(made, ["mcp", "add", "c", "npx", "-y", "x"]);
  expect([dashes.exit, dashes.error.message]).toEqual([2, "mcp add has no flag -y. Put -- before what is not for Gantry."]);
  await write(made, ".mcp.json", { wild: { command: "x" } });
  const wild = await json(made, ["mcp", "remove", "wild"]);
  expect(wild.error.message).toBe(`the MCP server wild is in project: ${made.cwd}/.mcp.json:2; take it out there by hand`);
  expect((await json(made, ["mcp", "remove", "wbe"])).error.message).toContain("Did you mean web?");
});

test("a run's servers are those of the config and of --mcp-config; a required one that is wrong stops it", async () => {
  const made = await bench([{ call: { name: "mcp__memory__read_graph", input: {} } }, { say: "Done." }]);
  const file = await write(made, "servers.json", { memory: npmServer("memory") });
  const { json: run, exit } = await made.run("look", ["--mcp-config", file]);
  expect([exit, run.toolCalls]).toMatchObject([0, [{ name: "mcp__memory__read_graph", outcome: "ok" }]]);
  const missing = await made.gantry(["run", "x", "--mcp-config", "nope.json"]);
  expect([missing.exit, missing.stderr]).toEqual([2, expect.stringContaining(`there is no ${made.cwd}/nope.json`)]);
  await write(made, "must.json", { must: { url: "nowhere", required: true } });
  const must = await made.gantry(["run", "x", "--mcp-config", "must.json"]);
  expect([must.exit, must.stderr]).toEqual([
    7,
    expect.stringMatching(/^MCP_REQUIRED: .*must.json:2: MCP server must: its url is none/m),
  ]);
});
