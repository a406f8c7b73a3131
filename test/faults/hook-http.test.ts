/** Servers that do to an http hook what no answer does: a guard blocks, within its bound, and nothing stays open. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type HookBench, hookBench, hookOf } from "../support/hook-bench.ts";

let bench: HookBench;
let server: Server;
let sockets: Socket[];
let answer: (socket: Socket) => void;

beforeEach(async () => {
  bench = await hookBench();
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await bench.close();
});

const post = (timeoutMs = 20_000) => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return bench.run(hookOf("PreToolUse", { type: "http", url }, { timeoutMs }));
};
const closed = async (): Promise<void> => {
  for (const socket of sockets) if (!socket.closed) await once(socket, "close");
};

const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const flood = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(200);

test.each<[what: string, act: (socket: Socket) => void, why: string]>([
  ["changes the protocol", (socket) => socket.write(upgrade), "101 Switching Protocols, which is no answer"],
  ["changes the protocol and hangs up", (socket) => socket.end(upgrade), "101 Switching Protocols, which is no answer"],
  ["sends interim answers without end", (socket) => socket.write(flood), "more than 100 answers 103"],
  ["hangs up without a word", (socket) => socket.end(), "socket hang up"],
  ["breaks the connection", (socket) => socket.resetAndDestroy(), "ECONNRESET"],
  ["hangs up after an interim answer", (socket) => socket.end("HTTP/1.1 103 Early Hints\r\n\r\n"), "socket hang up"],
  ["speaks no HTTP", (socket) => socket.end("SSH-2.0-x\r\n"), "Parse Error"],
  ["hangs up in its answer", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "aborted"],
])("a server that %s has not decided", async (_what, act, why) => {
  answer = act;
  const run = await post();
  expect(run).toMatchObject({ outcome: "failed", reply: { verdict: "deny" } });
  expect(run.reply.undecided).toContain(why);
  await closed();
});

test.each<[what: string, act: (socket: Socket) => void]>([
  ["one interim answer", (socket) => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n")],
  ["half a header", (socket) => socket.write("HTTP/1.1 200")],
  ["half a body", (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")],
])("a server that sends %s and no more is too late", async (_what, act) => {
  answer = act;
  expect(await post(200)).toMatchObject({ outcome: "timeout", reply: { verdict: "deny" } });
  await closed();
});

test("an interim answer before the one that counts is passed over", async () => {
  const body = '{"decision":"block","reason":"r"}';
  answer = (socket) =>
    socket.end(`HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  expect((await post()).reply).toEqual({ verdict: "deny", reason: "r" });
});
