/** Ctrl-C while a server starts: commands that wait for it end with 130, say nothing of what was not seen, and leave no child. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { until } from "../support/alive.ts";
import { bench } from "../support/cli.ts";

test.each([[["mcp", "inspect", "slow"]], [["mcp", "list", "--check"]], [["doctor"]]])("%j", async (args) => {
  const made = await bench([]);
  const folder = path.join(made.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  const pidFile = path.join(made.cwd, "pid");
  const script = `require("fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); process.stdin.resume();`;
  const slow = { command: process.execPath, args: ["-e", script] };
  await writeFile(path.join(folder, "config.json"), JSON.stringify({ mcpServers: { slow } }));
  const { child, finished } = made.start(args);
  const pid = async (): Promise<string> => await readFile(pidFile, "utf8").catch(() => "");
  await until(async () => (await pid()) !== "", "the server never began");
  child.kill("SIGINT");
  expect(await finished).toMatchObject({ exit: 130, signal: null, stdout: "", stderr: "" });
  const stat = await readFile(`/proc/${await pid()}/stat`, "utf8").catch(() => " Z ");
  expect(stat).toContain(" Z ");
});
