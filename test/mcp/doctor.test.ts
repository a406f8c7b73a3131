import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench } from "../support/cli.ts";
import { npmServer } from "../support/mcp.ts";

test("doctor starts each trusted server, and says of each how it is and what to do; a required one that fails is exit 7", async () => {
  const made = await bench([]);
  const folder = path.join(made.home, ".config/gantry");
  const file = path.join(folder, "config.json");
  await mkdir(folder, { recursive: true });
  const write = async (servers: object): Promise<void> =>
    await writeFile(file, JSON.stringify({ mcpServers: servers }, null, 1));
  const fails = {
    command: process.execPath,
    args: ["-e", "console.error('no', process.env.KEY); process.exit(1)"],
    env: { KEY: "s3cret-of-mine-9" },
  };
  await write({ memory: npmServer("memory"), fails });
  await writeFile(path.join(made.cwd, ".mcp.json"), JSON.stringify({ own: { command: "x", args: ["--token", "abcdefgh"] } }));

  const { stdout, exit } = await made.gantry(["doctor"]);
  expect(exit).toBe(0);
  const lines = stdout.slice(stdout.indexOf("MCP servers")).split("\n\n")[0]?.split("\n");
  expect(lines).toEqual([
    "MCP servers",
    expect.stringMatching(/^ {2}✓ memory {5}is ready, 9 tools, after \d+ ms \(.*config\.json:3\)$/),
    expect.stringMatching(/^ {2}✗ fails {6}failed: MCP_START_FAILED: .*\(.*config\.json:\d+\)$/),
    "      start its command by hand and look at what it prints",
    "      | no [redacted]",
    expect.stringMatching(/^ {2}– own {8}waits for trust in the project: configured by the project in .*\.mcp\.json:1/),
    "      gantry trust status shows it, gantry trust grant trusts the project",
  ]);
  expect(stdout).not.toMatch(/s3cret|abcdefgh/);

  const without = await made.gantry(["doctor", "--no-plugins", "--json"]);
  expect(JSON.parse(without.stdout).data.mcp).toBeUndefined();

  await write({ fails: { ...fails, required: true } });
  const required = await made.gantry(["doctor", "--json"]);
  expect(required.exit).toBe(7);
  expect(JSON.parse(required.stdout).error).toMatchObject({
    code: "MCP_REQUIRED",
    message: expect.stringMatching(/^the MCP server fails is required and failed: /),
  });
  await write({ wrong: { required: true } });
  const wrong = await made.gantry(["doctor"]);
  expect([wrong.exit, wrong.stdout]).toEqual([
    7,
    expect.stringContaining("MCP server wrong: it has neither a command nor a url"),
  ]);
});
