import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Grants } from "../../core/contract/permissions.ts";
import type { BrokerHost } from "../../workers/broker.ts";
import type { PoolOptions } from "../../workers/pool.ts";
import { refusal } from "../support/broker.ts";
import { startPool, type TestPool } from "../support/pool.ts";

let pool: TestPool | undefined;
afterEach(async () => {
  await pool?.close();
  pool = undefined;
});

/** The parts that need the pool's own table of processes are filled in when it is there. */
async function start(faults: Grants, options: Partial<PoolOptions> = {}): Promise<TestPool> {
  const brokerHost: BrokerHost = {
    fileEffect: (...effect) => (pool as TestPool).pool.fileEffect(...effect),
    exec: (...run) => (pool as TestPool).processes.exec(...run),
    host: (...run) => (pool as TestPool).processes.host(...run),
    secret: (name) => (name === "NAME" ? "value" : undefined),
    storageFile: (plugin) => join((pool as TestPool).workspace, ".storage", `${plugin}.json`),
    home: "/nowhere",
  };
  pool = await startPool({ held: { faults }, brokerHost, ...options });
  return pool;
}

const textOf = ({ content }: { content: readonly { type: string; text?: string }[] }): string => content[0]?.text ?? "";

test("a built-in's effects of the core are those of a guest: by grant, with bytes, and logged", async () => {
  const server = createServer((request, response) => request.pipe(response.writeHead(200)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log: string[] = [];
  const { call } = await start({ "net.fetch": [`POST ${host}`] }, { onLog: (plugin, text) => log.push(`${plugin}: ${text}`) });
  expect(textOf(await call("Fetch", { url: `http://${host}/`, body: "é" }))).toBe("é");
  expect(log).toEqual(["faults: status 200"]);
  expect((await refusal(call("Fetch", { url: "http://127.0.0.1:1/", body: "" }))).code).toBe("NET_DENIED");
  server.close();
});

test("programs, storage, secrets and options work from a thread", async () => {
  const grants: Grants = { "process.host": [["cat"]], "process.run": ["printf:*"], storage: "1KiB", "secret.read": ["NAME"] };
  const { call } = await start(grants, { options: new Map([["faults", { level: 3 }]]) });
  expect(JSON.parse(textOf(await call("Everything", { path: "a b" })))).toEqual({
    ...{ said: "said", exitCode: 0, stdout: "a b", stored: ["a b", null, ["path"]], secret: "value", options: { level: 3 } },
  });
});

test("what a built-in does not hold is PERMISSION_DENIED in the core too", async () => {
  const { call } = await start({});
  expect(await refusal(call("Everything", { path: "a" }))).toEqual({
    code: "PERMISSION_DENIED",
    message: 'faults may not run ["cat"] outside isolation; it holds no process.host.',
  });
});
