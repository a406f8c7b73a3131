/** Logins through the thread as the core has it, and a search for their secrets in all that it let out. */
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { McpServerFacts } from "../../core/contract/mcp.ts";
import type { FromMcp, McpThreadData, ToMcp } from "../../core/contract/mcp-frames.ts";
import { browse, soon, specOf, tokenFolder } from "../support/mcp-auth.ts";
import { json, startAuthServer } from "../support/mcp-auth-server.ts";

const filename = fileURLToPath(new URL("../../dist/mcp-thread.cjs", import.meta.url));

/** The thread with all that comes out of it. */
function startThread(folder: string, retryMs = 10) {
  const data: McpThreadData = {
    ...{ version: "0.0.0", childEnv: {}, netEnv: {}, tokenFolder: folder, useKeychain: false },
    bounds: {
      ...{ maxMessageBytes: 1_000_000, maxMessagesPerSecond: 1000, stderrBytes: 1000, endMs: 100 },
      ...{ pingEveryMs: 0, retryMs, retryMaxMs: retryMs, maxRetries: 2 },
    },
  };
  const worker = new Worker(filename, { workerData: data, env: {}, stdout: true, stderr: true });
  const frames: FromMcp[] = [];
  let printed = "";
  const waiting = new Set<() => void>();
  for (const stream of [worker.stdout, worker.stderr]) stream.on("data", (part) => (printed += part));
  const send = (frame: ToMcp): void => worker.postMessage(frame);
  worker.on("message", (frame: FromMcp) => {
    frames.push(frame);
    if (frame.type === "ask" && frame.kind === "openUrl") {
      void browse(frame.params.url).then((page) => page.text());
      send({ type: "answer", id: frame.id, ok: true, value: { opened: true } });
    }
    for (const look of waiting) look();
  });
  const when = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      soon().addEventListener("abort", () => reject(new Error(`not seen in: ${JSON.stringify(frames)}`)));
      waiting.add(look);
      look();
    });
  let id = 0;
  return {
    send,
    emitted: () => `${JSON.stringify(frames)}\n${printed}`,
    end: () => worker.terminate(),
    request: (method: "login" | "logout" | "callTool", params: object) => {
      const mine = ++id;
      send({ type: "request", id: mine, server: "docs", method, params: params as never, timeoutMs: 20_000 });
      return when(() => frames.find((frame) => frame.type === "result" && frame.id === mine));
    },
    /** The newest request. */
    cancel: () => send({ type: "cancel", id, reason: "given up" }),
    readyAfter: (restarts: number) =>
      when(() =>
        frames.find((frame) => frame.type === "facts" && frame.facts.state === "ready" && frame.facts.restarts === restarts),
      ),
    /** The newest facts are these. */
    state: (state: McpServerFacts["state"]) =>
      when(() => {
        const last = frames.findLast((frame) => frame.type === "facts");
        return last?.facts.state === state ? last.facts : undefined;
      }),
  };
}

test("a login, refused and granted, its refresh and its end leave no secret in frames, in print, or on disk outside the store", async () => {
  const [server, place] = await Promise.all([startAuthServer(), tokenFolder()]);
  const thread = startThread(place.folder);
  const echo = (fields: string[]): void =>
    server.answer("/token", ({ form }, response) => {
      for (const field of fields) server.secrets.add(form.get(field) ?? "");
      json(response, 400, { error: "invalid_grant", error_description: fields.map((field) => form.get(field)).join(" and ") });
    });
  const search = { name: "search", arguments: {} };
  server.metadata = { token_endpoint_auth_methods_supported: ["client_secret_post"] };
  const oauth = { clientId: "known", clientSecret: "the-client-secret" };
  server.secrets.add("the-client-secret");

  thread.send({ type: "open", spec: specOf("docs", server.url, oauth), roots: [] });
  expect(await thread.state("needs-login")).toMatchObject({
    code: "MCP_NEEDS_LOGIN",
    why: expect.stringContaining("gantry mcp login docs"),
  });
  expect(await thread.request("callTool", search)).toMatchObject({ ok: false, code: "MCP_NEEDS_LOGIN" });

  echo(["code", "code_verifier", "client_secret"]);
  expect(await thread.request("login", { paste: false })).toMatchObject({
    ...{ ok: false, code: "MCP_LOGIN_FAILED" },
    message: expect.stringContaining("invalid_grant: [secret] and [secret] and [secret]"),
  });

  server.answer("/token", undefined);
  expect(await thread.request("login", { paste: false })).toMatchObject({ ok: true });
  await thread.state("ready");
  expect(await thread.request("callTool", search)).toMatchObject({ ok: true, value: { content: [{ text: "found" }] } });

  server.expire();
  const token = server.holdNext("/token");
  const givenUp = thread.request("callTool", search);
  await token.asked;
  thread.cancel();
  expect(await givenUp).toMatchObject({ ok: false });
  token.release();
  // The refresh of the call that was given up went on, and is this call's.
  expect(await thread.request("callTool", search)).toMatchObject({ ok: true });
  expect([server.askedFor("/token").filter(({ form }) => form.has("refresh_token")).length, server.reused]).toEqual([1, []]);
  server.expire();
  echo(["refresh_token"]);
  expect(await thread.request("callTool", search)).toMatchObject({ ok: false, code: "MCP_NEEDS_LOGIN" });
  await thread.state("needs-login");
  const files = await readdir(place.folder);
  expect(files.map((name) => name.replace(/^[0-9a-f]{32}/, "KEY"))).toEqual(["KEY.json"]);
  expect((await stat(join(place.folder, files[0] ?? ""))).mode & 0o777).toBe(0o600);
  expect(await thread.request("logout", {})).toMatchObject({ ok: true, value: { removed: true } });
  expect(await readdir(place.folder)).toEqual([]);
  await thread.end();

  expect(server.secrets.size).toBeGreaterThan(8);
  const around = await readdir(dirname(place.folder), { recursive: true, withFileTypes: true });
  const left = await Promise.all(
    around.filter((it) => it.isFile()).map((it) => readFile(join(it.parentPath, it.name), "utf8")),
  );
  const searched = [thread.emitted(), ...left].join("\n");
  expect([...server.secrets].filter((secret) => searched.includes(secret))).toEqual([]);
  await Promise.all([server.close(), place.remove()]);
});

test("a login on a server that is ready connects it again at once", async () => {
  const [server, place] = await Promise.all([startAuthServer(), tokenFolder()]);
  const thread = startThread(place.folder, 600_000);
  try {
    thread.send({ type: "open", spec: specOf("docs", server.url, {}), roots: [] });
    await thread.state("needs-login");
    for (const restarts of [0, 1]) {
      expect(await thread.request("login", { paste: false })).toMatchObject({ ok: true });
      await thread.readyAfter(restarts);
    }
  } finally {
    await Promise.all([thread.end(), server.close(), place.remove()]);
  }
});

test("a server of the older transport that wants a login is told to need one, too", async () => {
  const [server, place] = await Promise.all([startAuthServer(), tokenFolder()]);
  const thread = startThread(place.folder);
  const spec = specOf("docs", server.url, {});
  thread.send({ type: "open", spec: { ...spec, transport: { ...spec.transport, kind: "sse" } as never }, roots: [] });
  expect(await thread.state("needs-login")).toMatchObject({
    code: "MCP_NEEDS_LOGIN",
    why: "The server docs needs a login: gantry mcp login docs",
  });
  expect(server.asked.map(({ method }) => method)).toEqual(["GET"]);
  await thread.end();
  await Promise.all([server.close(), place.remove()]);
});

test("a server that refuses the Authorization header of its entry is not sent a login for it", async () => {
  const [server, place] = await Promise.all([startAuthServer(), tokenFolder()]);
  const thread = startThread(place.folder);
  const spec = specOf("docs", server.url, {});
  const headers = { authorization: "Bearer of-the-config" };
  thread.send({ type: "open", spec: { ...spec, transport: { ...spec.transport, headers } as never }, roots: [] });
  expect(await thread.state("failed")).toMatchObject({
    code: "MCP_HTTP_FAILED",
    why: "The server docs answers 401 to the Authorization header that its entry sets",
  });
  expect(thread.emitted()).not.toContain("of-the-config");
  await thread.end();
  await Promise.all([server.close(), place.remove()]);
});
