/** `gantry mcp serve` over stdio, and clients that no SDK would be; and ends that are not polite. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../support/alive.ts";
import { type Bench, bench, launcher } from "../support/cli.ts";

interface Message {
  jsonrpc?: string;
  id?: number | string | null;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
  method?: string;
}

interface Raw {
  child: ChildProcess;
  /** Every line of stdout, parsed: one that is no message fails the test. */
  messages: Message[];
  write(text: string | Buffer): Promise<void>;
  ask(id: number | string, method: string, params?: unknown): Promise<Message>;
  /** The next message that fits. */
  sees(fits: (message: Message) => boolean): Promise<Message>;
  exit: Promise<number | null>;
}

const line = (id: number | string, method: string, params: unknown = {}): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;

const greeting = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } };

function raw(home: Bench, args: readonly string[] = []): Raw {
  const child = spawn(process.execPath, [launcher, "mcp", "serve", ...args], { cwd: home.cwd, env: home.env, stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const messages: Message[] = [];
  const watching = new Set<(message?: Message) => void>();
  const wake = (message?: Message): void => {
    for (const look of watching) look(message);
  };
  createInterface({ input: child.stdout }).on("line", (text) => {
    const message = JSON.parse(text) as Message;
    messages.push(message);
    wake(message);
  });
  child.stdin.on("error", () => undefined);
  const exit = once(child, "exit").then(([code]) => code as number | null);
  void exit.then(() => wake());
  const write: Raw["write"] = async (text) => {
    if (!child.stdin.write(text)) await Promise.race([once(child.stdin, "drain"), exit]);
  };
  const sees: Raw["sees"] = (fits) =>
    new Promise((resolve, reject) => {
      const look = (came?: Message): void => {
        const found = came === undefined ? messages.find(fits) : fits(came) ? came : undefined;
        if (found === undefined && child.exitCode === null) return;
        watching.delete(look);
        if (found) resolve(found);
        else reject(new Error("the server has ended"));
      };
      watching.add(look);
      look();
    });
  return {
    ...{ child, messages, write, sees, exit },
    async ask(id, method, params) {
      await write(line(id, method, params));
      return await sees((message) => message.id === id && message.method === undefined);
    },
  };
}

async function greeted(home: Bench, args: readonly string[] = []): Promise<Raw> {
  const client = raw(home, args);
  await client.ask("hello", "initialize", greeting);
  await client.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  return client;
}

test("garbage, early, unknown, doubled and wrong requests get the error that says so, and the server goes on", async () => {
  const home = await bench([], { "a.txt": "alpha" });
  const client = raw(home);
  expect((await client.ask(1, "tools/list")).error?.code).toBe(-32_600);
  expect((await client.ask(2, "initialize", { protocolVersion: 7 })).error?.code).toBe(-32_602);
  expect((await client.ask(3, "initialize", { ...greeting, protocolVersion: "2099-01-01" })).result).toMatchObject({
    protocolVersion: "2025-11-25",
  });
  expect((await client.ask(4, "initialize", greeting)).error?.code).toBe(-32_600);
  await client.write("this is not JSON\n\n");
  expect((await client.sees(({ id }) => id === null)).error?.code).toBe(-32_700);
  await client.write('{"id":5,"jsonrpc":"1.0","method":"ping"}\n');
  expect((await client.sees(({ id }) => id === 5)).error?.code).toBe(-32_600);
  await client.write(Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
  await client.write(`${JSON.stringify({ jsonrpc: "2.0", id: 999, result: {} })}\n`);
  expect((await client.ask(6, "prompts/list")).error?.code).toBe(-32_601);
  expect((await client.ask(7, "__proto__")).error?.code).toBe(-32_601);
  expect((await client.ask(8, "tools/call", { name: 1 })).error?.code).toBe(-32_602);
  expect((await client.ask(9, "tools/call", { name: "constructor" })).error?.code).toBe(-32_602);
  expect((await client.ask(10, "logging/setLevel", { level: "loud" })).error?.code).toBe(-32_602);
  expect((await client.ask(11, "tools/call", { name: "Read", arguments: { file_path: "a.txt" } })).result).toBeDefined();
  client.child.stdin?.end();
  expect(await client.exit).toBe(0);
});

test("a line of 100 MB is refused by its size, without being held", async () => {
  const client = await greeted(await bench([]));
  const piece = Buffer.alloc(1024 * 1024, "x");
  for (let i = 0; i < 100; i++) await client.write(piece);
  await client.write("\n");
  expect((await client.sees(({ error }) => error !== undefined)).error).toMatchObject({ code: -32_600 });
  expect((await client.ask(1, "ping")).result).toEqual({});
  const status = await readFile(`/proc/${client.child.pid}/status`, "utf8");
  expect(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(300 * 1024);
});

test("a flood is answered whole, and a client that does not read is not read", async () => {
  const client = await greeted(await bench([]));
  client.child.stdout?.pause();
  const count = 60_000;
  let sent = 0;
  const flood = (async () => {
    for (; sent < count; sent++) await client.write(line(sent, "ping"));
  })();
  // Until the pipes are full: then no more is taken.
  let before = -1;
  while (before !== sent && sent < count) {
    before = sent;
    await sleep(250);
  }
  expect(sent).toBeLessThan(count);
  client.child.stdout?.resume();
  await flood;
  await client.sees(({ id }) => id === count - 1);
  expect(client.messages.filter(({ result }) => result !== undefined)).toHaveLength(count + 1);
  const status = await readFile(`/proc/${client.child.pid}/status`, "utf8");
  expect(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(400 * 1024);
});

test("more calls at once than there is room for are refused, each by itself; an id that runs cannot be used again", async () => {
  const client = await greeted(await bench([]), ["--approve", "always"]);
  const call = { name: "Bash", arguments: { command: "until [ -e go ]; do sleep 0.05; done" } };
  for (let id = 0; id < 200; id++) await client.write(line(id, "tools/call", call));
  await client.write(line(0, "ping"));
  expect((await client.sees(({ id, error }) => id === 0 && error !== undefined)).error?.code).toBe(-32_600);
  for (const id of [64, 199]) {
    const full = await client.sees((message) => message.id === id);
    expect(full.result).toMatchObject({ isError: true, _meta: { "gantry/code": "QUEUE_FULL" } });
  }
  client.child.stdin?.end();
  expect(await client.exit).toBe(0);
});

/** The process of the shell line that waits in `folder`. */
async function waiting(home: Bench, client: Raw): Promise<number> {
  const command = "echo $$ > pid; exec sleep 600";
  await client.write(line("wait", "tools/call", { name: "Bash", arguments: { command } }));
  const found = async (): Promise<number> => Number(await home.file("pid").catch(() => ""));
  await until(async () => (await found()) > 0, "the shell line never began");
  return await found();
}

async function isGone(pid: number): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const stat = await readFile(path.join("/proc", String(pid), "stat"), "utf8").catch(() => " Z ");
    return !stat.includes(" Z ");
  };
  await until(async () => !(await isThere()), `the process ${pid} is left`);
}

test.each([
  ["the end of stdin", (child: ChildProcess) => child.stdin?.end(), 0],
  ["SIGTERM", (child: ChildProcess) => child.kill("SIGTERM"), 143],
  ["SIGINT", (child: ChildProcess) => child.kill("SIGINT"), 130],
  ["kill -9", (child: ChildProcess) => child.kill("SIGKILL"), null],
] as const)(
  "%s in the middle of a call leaves no process, and a log that was closed where it could be",
  async (how, end, exit) => {
    const home = await bench([]);
    const client = await greeted(home, ["--approve", "always"]);
    const pid = await waiting(home, client);
    end(client.child);
    expect(await client.exit).toBe(exit);
    await isGone(pid);
    // Nothing but messages was on stdout, whatever the end: each line was parsed.
    expect(client.messages.every((message) => "jsonrpc" in message)).toBe(true);
    const types = (await home.events()).map(({ type }) => type);
    expect(types.includes("session.close")).toBe(how !== "kill -9");
  },
);

test("a client that leaves without a word, its pipes broken, ends it too", async () => {
  const home = await bench([]);
  const client = await greeted(home, ["--approve", "always"]);
  const pid = await waiting(home, client);
  client.child.stdout?.destroy();
  client.child.stdin?.destroy();
  expect(await client.exit).toBe(0);
  await isGone(pid);
});

test.each([
  ["the end of stdin", (child: ChildProcess) => child.stdin?.end(), 0],
  ["SIGTERM", (child: ChildProcess) => child.kill("SIGTERM"), 143],
] as const)("%s ends it at once for a client that does not read, too", async (_how, end, exit) => {
  const home = await bench([]);
  const child = spawn(process.execPath, [launcher, "mcp", "serve"], { cwd: home.cwd, env: home.env, stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.write(line(0, "initialize", greeting));
  // Answers of megabytes: more than pipes hold.
  for (let id = 1; id < 200; id++) child.stdin.write(line(id, "tools/list"));
  await once(child.stdout, "readable");
  await sleep(500);
  const giveUpMs = 20_000;
  end(child);
  expect(await Promise.race([once(child, "exit"), sleep(giveUpMs, ["not ended"])])).toEqual([exit, null]);
});
