/**
 * A core of its own for tests that kill it: `node mcp-core-child.ts THREAD MARK MOMENT`. Its one server carries MARK in its
 * environment. Says `opened`, then the moment, and goes on until it is killed.
 */
import { createMcp } from "../../core/mcp/servers.ts";
import { createRegistry } from "../../core/registry.ts";
import { createProcesses } from "../../workers/processes.ts";
import { plainServer } from "./mcp-host.ts";

const [, , filename = "", mark = "", moment = ""] = process.argv;
const processes = createProcesses({ env: process.env });
const signal = new AbortController().signal;
const isMute = moment === "initialize";
const spec = plainServer("one", { silent: isMute, deaf: moment !== "call" });
const transport = { ...spec.transport, env: { GANTRY_TEST: mark } } as typeof spec.transport;

const mcp = createMcp({
  ...{ version: "1.0.0", roots: () => [], env: process.env, tokenFolder: "/nowhere", useKeychain: false, filename },
  config: { servers: [{ ...spec, transport }], waiting: [], disabled: [] },
  ...{ registry: createRegistry(), processes: async () => processes, bounds: { endMs: 60_000 } },
});
const call = async (name: string) =>
  await mcp.request("one", "callTool", { name, arguments: {} }, { signal, timeoutMs: 60_000 });
const say = (text: string): void => void process.stdout.write(`${text}\n`);

say("opened");
if (isMute) mcp.start();
else {
  const forked = await call("leave");
  if (moment === "call") void call("wait").catch(() => undefined);
  else void mcp.close();
  say(JSON.stringify(forked.content[0]));
}
say(moment);
setInterval(() => undefined, 60_000);
