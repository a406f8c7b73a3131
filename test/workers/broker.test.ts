import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { SessionEvent } from "../../core/contract/events.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { Grants, PermissionKind } from "../../core/contract/permissions.ts";
import type { ToolEffect, UserQuestion } from "../../core/contract/plugin.ts";
import { methods } from "../../workers/broker/methods.ts";
import { until } from "../support/alive.ts";
import { type BrokerBench, type BrokerBenchOptions, refusal, startBroker } from "../support/broker.ts";

let bench: BrokerBench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function start(grants: Grants, options: BrokerBenchOptions = {}): Promise<BrokerBench> {
  bench = await startBroker(options);
  bench.grant(grants);
  return bench;
}

test("an unknown method is refused with the nearest, and no name of an object's own is one", async () => {
  const { ask } = await start({});
  expect(await refusal(ask("fs.raed", "a"))).toEqual({
    code: "REQUEST_INVALID",
    message: 'There is no effect "fs.raed". Did you mean fs.read?',
  });
  for (const name of ["__proto__", "constructor", "get", ""]) expect((await refusal(ask(name))).code).toBe("REQUEST_INVALID");
});

test("every method without a grant is PERMISSION_DENIED, counted and told", async () => {
  const { ask, refusals, records } = await start({});
  const requests: Record<string, Json[]> = {
    "fs.read": ["a"],
    "fs.readLines": ["a", { offset: 1, limit: 1, maxBytes: 1 }],
    "fs.write": ["a", "b", { expect: null }],
    "fs.list": [{ pattern: "*", limit: 1 }],
    "fs.search": [
      {
        pattern: "a",
        ignoreCase: false,
        multiline: false,
        before: 0,
        after: 0,
        mode: "count",
        lineNumbers: true,
        limit: 1,
        offset: 0,
      },
    ],
    "net.fetch": ["https://example.com/"],
    "net.read": ["h"],
    "process.exec": [["id"]],
    "process.host": [["id"]],
    "process.read": ["h"],
    "process.write": ["h", "x"],
    "process.end": ["h"],
    "process.run": [{ command: "id", maxOutputBytes: 1, maxOutputLines: 1 }],
    "process.start": [{ command: "id", maxOutputBytes: 1, maxOutputLines: 1 }],
    "process.list": [],
    "process.output": ["1", 0],
    "process.stop": ["1"],
    "secret.read": ["A"],
    "model.ask": ["hi"],
    "user.ask": [[{ question: "?", options: [{ label: "a" }] }]],
    notify: ["hi"],
    "session.lastRead": ["/a"],
    "session.events": [],
    "storage.get": ["a"],
    "storage.set": ["a", 1],
    "storage.delete": ["a"],
    "storage.keys": [],
  };
  expect(Object.keys(requests).sort()).toEqual([...methods.keys()].sort());
  for (const [method, args] of Object.entries(requests)) {
    expect(await refusal(ask(method, ...args))).toMatchObject({
      code: method === "net.fetch" ? "NET_DENIED" : "PERMISSION_DENIED",
      message: expect.stringContaining("notes may not "),
    });
  }
  expect(refusals).toHaveLength(Object.keys(requests).length);
  expect(records).toEqual([]);
});

test.each<[string, Json[]]>([
  ["fs.read", []],
  ["fs.read", [1]],
  ["fs.read", ["a", { maxBytes: -1 }]],
  ["fs.read", ["a", { maxbytes: 1 }]],
  ["fs.read", ["a", {}, "more"]],
  ["fs.read", ["a".repeat(5_000)]],
  ["fs.write", ["a", { $bytes: "YQ==", more: 1 }, { expect: null }]],
  ["fs.write", ["a", "b", {}]],
  ["fs.list", [{ pattern: "*" }]],
  ["process.exec", ["git log"]],
  ["process.exec", [[1]]],
  ["user.ask", [[]]],
  ["model.ask", [{ prompt: "a" }]],
  ["storage.set", ["a"]],
  ["net.read", [null]],
])("%s with %j is REQUEST_INVALID, whatever is granted", async (method, args) => {
  const { ask } = await start({ "fs.read": ["/**"], "fs.write": ["/**"], "process.run": ["*"] });
  expect((await refusal(ask(method, ...args))).code).toBe("REQUEST_INVALID");
});

test.each<[ToolEffect, string, Json[], boolean]>([
  ["reads", "fs.write", ["notes.md", "x", { expect: null }], false],
  ["writes", "fs.write", ["notes.md", "x", { expect: null }], true],
  ["session", "fs.read", ["a.md"], false],
  ["reads", "fs.read", ["a.md"], true],
  ["writes", "process.exec", [["id"]], false],
  ["runs", "process.exec", [["id"]], true],
  ["session", "storage.get", ["a"], true],
  ["reads", "net.fetch", ["https://x.example/"], false],
])("a tool that declares %s asks for %s: %s", async (effect, method, args, isEnough) => {
  const grants: Grants = {
    "fs.read": ["./**"],
    "fs.write": ["./**"],
    "process.run": ["*"],
    storage: "1KiB",
    "net.fetch": ["*"],
  };
  const { newCall, workspace, refusals } = await start(grants);
  await writeFile(join(workspace, "a.md"), "a");
  const { code } = await refusal(newCall({ effect }).ask(method, ...args));
  expect(code).toBe(isEnough ? "none" : "EFFECT_TOO_STRONG");
  expect(refusals).toHaveLength(isEnough ? 0 : 1);
});

test("after its end, and after a cancel, a call has no effects", async () => {
  const { newCall, broker, ask } = await start({ storage: "1KiB" });
  const [ended, cancelled] = [newCall(), newCall()];
  await ended.ask("storage.set", "a", 1);
  broker.endCall(ended.call);
  cancelled.stop();
  for (const one of [ended, cancelled]) expect((await refusal(one.ask("storage.get", "a"))).code).toBe("CALL_ENDED");
  expect(await ask("storage.get", "a")).toBe(1);
  broker.close();
  expect((await refusal(ask("storage.get", "a"))).code).toBe("CALL_ENDED");
});

test("a secret is read by its name alone", async () => {
  const { ask, secrets } = await start({ "secret.read": ["NOTES_TOKEN", "NONE"] });
  secrets.set("NOTES_TOKEN", "value").set("OTHER", "other");
  expect(await ask("secret.read", "NOTES_TOKEN")).toBe("value");
  expect((await refusal(ask("secret.read", "NONE"))).code).toBe("SECRET_UNKNOWN");
  const { code, message } = await refusal(ask("secret.read", "OTHER"));
  expect(code).toBe("PERMISSION_DENIED");
  expect(message).not.toContain("other");
});

const usage = (inputTokens: number, outputTokens: number) => ({
  inputTokens,
  outputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
});

test("the model's tokens are counted over all calls of a session, and a new broker counts on", async () => {
  const asked: { prompt: string; max: number | undefined }[] = [];
  const askModel = async (prompt: string, { maxOutputTokens }: { maxOutputTokens?: number }) => {
    asked.push({ prompt, max: maxOutputTokens });
    return { text: "answer", usage: usage(10, 30) };
  };
  const { newCall } = await start({ "model.ask": { tokensPerSession: 100 } }, { core: { askModel } });
  expect(await newCall().ask("model.ask", "hi")).toEqual({ text: "answer", usage: usage(10, 30) });
  await newCall().ask("model.ask", "hi", { maxOutputTokens: 20 });
  expect(asked.map(({ max }) => max)).toEqual([99, 20]);
  await newCall().ask("model.ask", "hi");
  expect(await refusal(newCall().ask("model.ask", "hi"))).toMatchObject({
    code: "MODEL_BUDGET",
    message: expect.stringContaining("120 of its 100 tokens"),
  });
  expect(await newCall({ sessionId: "s2" }).ask("model.ask", "hi")).toMatchObject({ text: "answer" });
  expect(asked).toHaveLength(4);
});

test("a question that cannot fit is not asked, and questions at once cannot spend more than there is", async () => {
  const answer = Promise.withResolvers<void>();
  let asked = 0;
  const askModel = async () => {
    asked++;
    await answer.promise;
    return { text: "", usage: usage(1, 1) };
  };
  const { ask } = await start({ "model.ask": { tokensPerSession: 1_000 } }, { core: { askModel } });
  expect((await refusal(ask("model.ask", "x".repeat(4_000)))).code).toBe("MODEL_BUDGET");
  const first = ask("model.ask", "hi");
  await until(() => asked === 1, "nobody was asked");
  expect((await refusal(ask("model.ask", "hi"))).code).toBe("MODEL_BUDGET");
  answer.resolve();
  await first;
  expect(await ask("model.ask", "hi", { maxOutputTokens: 5 })).toMatchObject({ text: "" });
});

test("without a session there is no model, no user, no notice, no events", async () => {
  const grants: Grants = { "model.ask": { tokensPerSession: 10 }, "user.ask": true, notify: true, "session.read": "own" };
  const { newCall } = await start(grants);
  const { call } = newCall();
  delete call.services.core;
  const ask = (method: string, ...args: Json[]) => refusal((bench as BrokerBench).broker.perform(method, args, call));
  expect((await ask("model.ask", "hi")).code).toBe("MODEL_UNAVAILABLE");
  expect((await ask("user.ask", [{ question: "?", options: [{ label: "a" }] }])).code).toBe("USER_UNAVAILABLE");
  expect((await ask("notify", "hi")).code).toBe("USER_UNAVAILABLE");
  expect((await ask("session.events")).code).toBe("SESSION_NOT_FOUND");
  expect((await ask("session.lastRead", "/a")).code).toBe("SESSION_NOT_FOUND");
});

test("what a user is shown is plain, short, and under the plugin's name", async () => {
  const shown: (readonly UserQuestion[])[] = [];
  const notices: string[][] = [];
  const core: BrokerBenchOptions["core"] = {
    askUser: async (questions) => {
      shown.push(questions);
      return [];
    },
    notify: async (...notice) => void notices.push(notice),
  };
  const { ask } = await start({ "user.ask": true, notify: true }, { core });
  await ask("user.ask", [
    {
      question: "\u001b[31mred\u202egnp?",
      header: "Gantry",
      options: [{ label: "a\u0007", description: "d\u001b]0;t\u0007" }],
    },
  ]);
  expect(shown).toEqual([[{ question: "redgnp?", header: "notes: Gantry", options: [{ label: "a", description: "d" }] }]]);
  await ask("notify", `\u001b[2J${"n".repeat(2_000)}`);
  expect(notices).toEqual([[`${"n".repeat(999)}…`, "notes"]]);
  for (let more = 1; more < 20; more++) await ask("notify", "n");
  expect((await refusal(ask("notify", "n"))).code).toBe("EFFECT_LIMIT");
  expect(notices).toHaveLength(20);
});

test("events of the own session, and of others only with a grant for all; the newest where they are many", async () => {
  const asked: { sessionId?: string; limit: number }[] = [];
  const event = (text: string) => ({ type: "notice", text }) as unknown as SessionEvent;
  const events = async (request: { sessionId?: string; limit: number }) => {
    asked.push(request);
    return [event("a".repeat(6 * 1024 * 1024)), event("b".repeat(6 * 1024 * 1024)), event("c")];
  };
  const { ask, grant } = await start({ "session.read": "own" }, { core: { events } });
  expect(await ask("session.events", { limit: 5 })).toHaveLength(2);
  expect(await ask("session.events", { sessionId: "s1" })).toHaveLength(2);
  expect((await refusal(ask("session.events", { sessionId: "s2" }))).code).toBe("PERMISSION_DENIED");
  grant({ "session.read": "all" });
  await ask("session.events", { sessionId: "s2" });
  expect(asked).toEqual([{ limit: 5 }, { sessionId: "s1", limit: 1_000 }, { sessionId: "s2", limit: 1_000 }]);
});

test("more at once than a plugin may have under way waits its turn, and more than can wait is EFFECT_LIMIT", async () => {
  const answer = Promise.withResolvers<void>();
  let [at, most, asked] = [0, 0, 0];
  const askUser = async () => {
    asked++;
    most = Math.max(most, ++at);
    await answer.promise;
    at--;
    return [];
  };
  const { ask, newCall, broker } = await start({ "user.ask": true }, { core: { askUser } });
  const question = [{ question: "?", options: [{ label: "a" }] }];
  const waiting = newCall();
  const first = ask("user.ask", question);
  const taken = Array.from({ length: 255 }, () => ask("user.ask", question));
  const ended = refusal(waiting.ask("user.ask", question));
  expect((await refusal(ask("user.ask", question))).code).toBe("EFFECT_LIMIT");
  broker.endCall(waiting.call);
  expect((await ended).code).toBe("CALL_ENDED");
  answer.resolve();
  await Promise.all([first, ...taken]);
  expect({ most, asked }).toEqual({ most: 1, asked: 256 });
});

test("handles are bounded", async () => {
  const { ask } = await start({ "process.host": [["cat"]] });
  for (let held = 0; held < 16; held++) await ask("process.host", ["cat"]);
  expect((await refusal(ask("process.host", ["cat"]))).code).toBe("EFFECT_LIMIT");
});

test("every kind that a plugin can be granted has a method, but taps and what only built-ins hold", async () => {
  const { permissionKinds, isHostKind } = await import("../../core/contract/permissions.ts");
  const served = new Set<PermissionKind>([...methods.values()].map(({ kind }) => kind));
  expect(permissionKinds.filter((kind) => !isHostKind(kind) && !served.has(kind))).toEqual(["hook.tap"]);
});
