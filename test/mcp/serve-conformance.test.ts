/**
 * The server scenarios of @modelcontextprotocol/conformance against `gantry mcp serve --http`. The table of docs/mcp.md says
 * which pass and why the others do not apply; each row is held against what the suite found, and the suite against the table.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Bench, bench } from "../support/cli.ts";
import { httpServer } from "../support/mcp-serve.ts";
import { tokenProxy } from "../support/token-proxy.ts";

const suite = fileURLToPath(new URL("../../node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url));
const docs = fileURLToPath(new URL("../../docs/mcp.md", import.meta.url));

type Verdict = "passes" | "does not apply";

/** Rows as `| `ping` | passes | … |`. */
async function table(): Promise<Map<string, { verdict: Verdict; why: string }>> {
  const rows = (await readFile(docs, "utf8")).matchAll(/^\| `([a-z0-9-]+)` \| (passes|does not apply) \|(.*)\|$/gm);
  return new Map([...rows].map(([, name = "", verdict, why = ""]) => [name, { verdict: verdict as Verdict, why: why.trim() }]));
}

interface Check {
  id: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO" | "SKIPPED";
  errorMessage?: string;
}

async function results(home: Bench, url: string): Promise<Map<string, Check[]>> {
  const folder = path.join(home.home, "results");
  const run = spawn(process.execPath, [suite, "server", "--url", url, "--suite", "all", "-o", folder], {
    ...{ cwd: home.home, env: home.env, stdio: "ignore" },
  });
  await once(run, "exit");
  const found = new Map<string, Check[]>();
  for (const entry of await readdir(folder)) {
    const name = entry.replace(/^server-/, "").replace(/-\d{4}-\d{2}-\d{2}T.*$/, "");
    found.set(name, JSON.parse(await readFile(path.join(folder, entry, "checks.json"), "utf8")) as Check[]);
  }
  return found;
}

function passes(checks: readonly Check[]): boolean {
  return (
    checks.some(({ status }) => status === "SUCCESS") && checks.every(({ status }) => status === "SUCCESS" || status === "INFO")
  );
}

test("each server scenario passes or does not apply, as the table of docs/mcp.md says", { timeout: 120_000 }, async () => {
  const home = await bench([]);
  const server = await httpServer(home);
  const found = await results(home, await tokenProxy(server));
  const told = await table();
  expect([...told.keys()].sort()).toEqual([...found.keys()].sort());
  const verdicts = [...found].map(([name, checks]) => [name, passes(checks) ? "passes" : "does not apply"]);
  expect(Object.fromEntries(verdicts)).toEqual(Object.fromEntries([...told].map(([name, { verdict }]) => [name, verdict])));
  for (const { verdict, why } of told.values()) if (verdict === "does not apply") expect(why).not.toBe("");
  // Nothing that the suite did has ended the server.
  expect(await server.stop("SIGTERM")).toBe(143);
  expect(server.stderr()).not.toContain("warning");
});
