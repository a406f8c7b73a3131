/** Questions of servers on a real terminal: they end with their call, and what is typed after that is never an answer. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { until } from "../support/alive.ts";
import { bench } from "../support/cli.ts";
import { serversOf } from "../support/mcp.ts";

/** Its tool asks a form, without saying for which call, and answers never; `told` is what it was answered. */
const server = `
const { appendFileSync } = require("node:fs");
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
const tools = [{ name: "ask", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } }];
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params, result } = JSON.parse(line);
  if (id === "q") appendFileSync(process.argv[2], JSON.stringify(result) + "\\n");
  if (method === "initialize")
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "s", version: "1" } } });
  else if (method === "tools/list") send({ id, result: { tools } });
  else if (method === "tools/call")
    send({ id: "q", method: "elicitation/create", params: { message: "Who?", requestedSchema: { type: "object", properties: { who: { type: "string" } } } } });
  else if (id !== undefined && method) send({ id, result: {} });
});
`;

test("Ctrl-C ends a form with its call: the server gets a cancel, and the next line is a prompt", async () => {
  const found = await bench([{ call: { name: "mcp__s__ask", input: {} } }, { say: "It is read." }]);
  const [file, told] = [path.join(found.home, "server.cjs"), path.join(found.home, "told")];
  await writeFile(file, server);
  const flags = await serversOf(found, { s: { command: process.execPath, args: [file, told] } });
  const terminal = gantryOnTerminal({ workspace: found.cwd, env: found.env }, flags, { columns: 120 });
  await terminal.shows("›");
  terminal.types("go\r");
  await terminal.shows("└ a text");
  terminal.types("\u0003");
  await terminal.shows("Stopped.");
  const answered = async (): Promise<string> => await readFile(told, "utf8").catch(() => "");
  await until(async () => (await answered()) === '{"action":"cancel"}\n', "the server was not told that there is no answer");
  await terminal.shows("›");
  terminal.types("my next prompt\r");
  await terminal.shows("It is read.");
  expect(JSON.stringify(found.model.requests.at(-1))).toContain("my next prompt");
});
