/** Servers in the core: what is known of them, what of theirs is offered, and how requests to them end. Real thread and children. */
import { hasCode } from "gantry/errors";
import { expect, test } from "vitest";
import type { McpServerSpec } from "../../core/contract/mcp.ts";
import { mcpToolName } from "../../core/contract/mcp-names.ts";
import { secretsOfSpecs } from "../../core/mcp/spec-secrets.ts";
import { type Host, openHost, plainServer, serverSpec } from "../support/mcp-host.ts";

const never = new AbortController().signal;

async function settled(host: Host): Promise<Host> {
  await host.mcp.settled({ boundMs: 30_000, signal: never });
  return host;
}

test("servers start together, and one that cannot start takes no other with it", async () => {
  const host = await settled(
    await openHost([plainServer("one"), serverSpec("broken", ["-e", "console.error('no key'); process.exit(7)"])]),
  );
  expect(host.facts("one")).toMatchObject({ state: "ready", server: { name: "plain", version: "1.0.0" }, restarts: 0 });
  expect(host.facts("broken")).toMatchObject({ state: "failed", code: "MCP_START_FAILED", stderr: ["no key"] });
  expect(await host.call("mcp__one__add", { a: 2, b: 3 })).toBe("5");
  await expect(host.mcp.request("broken", "readResource", { uri: "a:b" }, { signal: never })).rejects.toMatchObject({
    code: "MCP_START_FAILED",
  });
  await expect(host.mcp.request("on", "readResource", { uri: "a:b" }, { signal: never })).rejects.toThrow(/Did you mean one\?/);
  const effects = host.registry
    .tools()
    .filter(({ mcp }) => mcp)
    .map(({ mcp, effect }) => `${mcp?.tool} ${effect}`);
  expect(effects.slice(0, 2)).toEqual(["add reads", "wait runs"]);
});

test("nothing runs before it is asked for, and a call of a server that is starting waits for it", async () => {
  const host = await openHost([plainServer("one")]);
  expect([host.facts("one").state, await host.children()]).toEqual(["idle", []]);
  const reply = await host.mcp.request("one", "callTool", { name: "add", arguments: { a: 1 } }, { signal: never });
  expect(reply).toEqual({ content: [{ type: "text", text: "1" }], isError: false });
});

test("a server that never answers initialize fails at its bound, and who waits for it is told", async () => {
  const host = await openHost([plainServer("mute", { silent: true }, { startTimeoutMs: 300 })]);
  await expect(host.mcp.request("mute", "readResource", { uri: "a:b" }, { signal: never })).rejects.toMatchObject({
    code: "MCP_START_TIMEOUT",
  });
  await host.becomes("mute", "failed");
  expect(host.facts("mute").code).toBe("MCP_START_TIMEOUT");
});

test("a child sees chosen variables of the core, its own, and no key", async () => {
  const env = {
    LANG: "C.UTF-8",
    LC_TIME: "C",
    XDG_DATA_HOME: "/x",
    https_proxy: "http://p:1",
    OPENAI_API_KEY: "k",
    MY_VALUE: "v",
  };
  const host = await settled(await openHost([plainServer("one")], { env }));
  const seen = Object.keys(JSON.parse(await host.call("mcp__one__environment")));
  const own = ["GANTRY_RUN", "GANTRY_TEST", "HOME", "LANG", "LC_TIME", "PATH", "XDG_DATA_HOME", "https_proxy"];
  // What the shell that starts it adds is its own.
  expect(seen.filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name)).sort()).toEqual(own);
});

test("secrets of an entry stay out of what is told of its server", async () => {
  const spec = serverSpec("one", ["-e", "console.error('bad key', process.env.MY_KEY); process.exit(1)"]);
  const transport = { ...spec.transport, env: { MY_KEY: "k-123456" } } as typeof spec.transport;
  const [secret = ""] = secretsOfSpecs([{ ...spec, transport }]);
  const host = await settled(
    await openHost([{ ...spec, transport }], { redact: (text) => text.replaceAll(secret, "[redacted]") }),
  );
  expect(JSON.stringify(host.mcp.facts())).toContain("bad key [redacted]");
  expect(JSON.stringify(host.mcp.facts())).not.toContain("k-123456");
  const http = (url: string, headers = {}): McpServerSpec => ({
    ...spec,
    transport: { kind: "http", url, headers, oauth: {} },
  });
  const args = ["--api-key=a-1234", "--token", "t-1234", "--verbose", "PASSWORD=p-1234", "plain"];
  const found = secretsOfSpecs([
    http("https://x/?api_key=q-1234&page=2", { Authorization: "Bearer b-1234", Accept: "a" }),
    serverSpec("s", args),
  ]);
  expect(found.slice(0, 6)).toEqual(["Bearer b-1234", "b-1234", "q-1234", "a-1234", "t-1234", "p-1234"]);
});

test("secrets are found in words, in URLs, behind short flags and among variables, and in other forms than their own", () => {
  const words = [
    "--header",
    "Authorization: Bearer sk-live-1",
    "postgres://u:db+word1@h/db",
    "-k",
    "short1",
    "-u",
    "me:curl-pw",
  ];
  const env = {
    MY_DSN: "Server=h;Password=dsn-pw;",
    HEADERS: '{"X-Api-Key": "json-key"}',
    PROXY: "https://tok-en1@h/",
    MODE: "fast",
  };
  const base = serverSpec("one", words);
  const stdio = { ...base, secrets: ["of a variable"], transport: { ...base.transport, env } as typeof base.transport };
  const url = "https://h.example/api/s/PATHSECRET123456/mcp?page=2";
  const http: McpServerSpec = { ...base, transport: { kind: "http", url, headers: {}, oauth: {} } };
  const found = secretsOfSpecs([stdio, http]);
  const values = [
    "sk-live-1",
    "db+word1",
    "short1",
    "curl-pw",
    "dsn-pw",
    "json-key",
    "tok-en1",
    "of a variable",
    "PATHSECRET123456",
  ];
  expect(values.filter((value) => !found.includes(value))).toEqual([]);
  const forms = ["db%2Bword1", "of%20a%20variable", "of+a+variable", btoa("sk-live-1").replace(/=+$/, "")];
  expect(forms.filter((form) => !found.includes(form))).toEqual([]);
  const plain = ["fast", "h.example", "mcp", "page", "--header", "me", "2", "Bearer", "Authorization"];
  expect(plain.filter((word) => found.includes(word))).toEqual([]);
});

test("the secrets of entries are bounded, also of hostile ones", () => {
  const many = Array.from({ length: 10 }, (_, place) => `${"x".repeat(60_000)}${place}`);
  const each = Array.from({ length: 1000 }, (_, place) => `token=secret-${place}`);
  expect(secretsOfSpecs([serverSpec("a", many), serverSpec("b", each)]).length).toBeLessThanOrEqual(1000);
});

test("names that clash, are too long or that providers refuse are told, and the rest is offered", async () => {
  const schema = { type: "object", properties: {} };
  const long = "x".repeat(80);
  const tools = [
    { name: "a.b", inputSchema: schema },
    { name: "a_b", inputSchema: schema },
    { name: long, inputSchema: schema },
    { name: "odd", inputSchema: { type: "object", properties: { "a b": { type: "string" } } } },
    {
      name: "either",
      inputSchema: { ...schema, anyOf: [{ required: ["x"] }], properties: { x: { items: [{ type: "string" }] } } },
    },
  ];
  const host = await settled(await openHost([plainServer("one", { tools })]));
  const names = host.registry
    .tools()
    .flatMap(({ name, mcp }) => (mcp && tools.some((tool) => tool.name === mcp.tool) ? [name] : []));
  expect(names).toEqual(["mcp__one__a_b", expect.stringMatching(/^mcp__one__x{45}_[0-9a-f]{8}$/), "mcp__one__either"]);
  expect(host.registry.findTool("mcp__one__either")?.inputSchema).toEqual({
    type: "object",
    properties: { x: { prefixItems: [{ type: "string" }] } },
  });
  const { problems } = host.facts("one");
  expect(problems).toEqual([
    "The tool a_b is left out: its name is taken by a.b.",
    'The tool odd is left out: its input "a b" has a name that models\' providers refuse.',
    "The schema of the tool either was changed: anyOf at the top was taken off.",
    expect.stringMatching(/^The tool x+ is offered as mcp__one__x+_\w+, for names have at most 64 letters\.$/),
  ]);
  expect(JSON.parse(await host.call(names[0] ?? ""))).toEqual({ name: "a.b", given: {} });
});

test("tools of a server with a long name share a shorter one, which is said", async () => {
  const server = "s".repeat(60);
  const host = await settled(await openHost([plainServer(server)]));
  const { name } = mcpToolName(server, "add");
  expect(name).toMatch(/^mcp__s{31}_[0-9a-f]{8}__add$/);
  expect(await host.call(name, { a: 1, b: 2 })).toBe("3");
  expect(host.facts(server).problems).toEqual([
    `Its tools are named ${name.slice(0, -3)}…, for names have at most 64 letters; matchers of hooks see these.`,
  ]);
});

test("of two servers' tools with one name the later is left out, and both are named", async () => {
  const named = (name: string) => ({ tools: [{ name, inputSchema: { type: "object" } }] });
  const host = await openHost([plainServer("a", named("b__c")), plainServer("a__b", named("c"))]);
  await host.mcp.settled({ servers: ["a"], boundMs: 30_000, signal: never });
  await settled(host);
  expect(host.facts("a__b").problems).toEqual([
    "The tool c is left out: the tool b__c of the server a has the name mcp__a__b__c already.",
  ]);
  expect(await host.call("mcp__a__b__add", { a: 1 })).toBe("1");
});

test("what a tool hands back is text, images a model sees, and words for all else", async () => {
  const host = await settled(await openHost([plainServer("one")]));
  const lines = (await host.call("mcp__one__shapes")).split("\n");
  expect(lines).toEqual([
    ...["first", "[image/png]", "[image: image/tiff, 3 bytes, not shown]", "[audio: audio/wav, 3 bytes, not shown]"],
    ...["Resource plain://text:", "inside", "Resource plain://linked (linked)"],
    "To read it: ReadMcpResource with server one and this uri.",
  ]);
  const failed = { content: [{ type: "text", text: "no such luck" }], isError: true, code: "MCP_CALL_FAILED" };
  expect(await host.outcome("mcp__one__fail")).toEqual(failed);
  expect(await host.outcome("mcp__one__structure")).toEqual({
    ...{ content: [{ type: "text", text: '{\n "celsius": 3\n}' }], isError: false, data: { celsius: 3 } },
  });
});

test("a server that dies in a call is started again: the call is lost, the next one waits for the restart", async () => {
  const host = await settled(await openHost([plainServer("one")], { bounds: { retryMs: 10 } }));
  await expect(host.call("mcp__one__die")).rejects.toMatchObject({ code: "MCP_DISCONNECTED" });
  expect(host.registry.findTool("mcp__one__add")).toBeDefined();
  expect(await host.call("mcp__one__add", { a: 4 })).toBe("4");
  expect(host.facts("one")).toMatchObject({ state: "ready", restarts: 1 });
});

test("a server that keeps dying is failed, and its tools are gone", async () => {
  const host = await settled(await openHost([plainServer("one")], { bounds: { retryMs: 1, maxRetries: 1 } }));
  await host.call("mcp__one__die").catch(() => undefined);
  await host.call("mcp__one__die").catch(() => undefined);
  await host.becomes("one", "failed");
  expect(host.registry.findTool("mcp__one__add")).toBeUndefined();
});

test("a call ends by its signal, at its time, when too many are running, and when it is too large", async () => {
  const host = await settled(
    await openHost([plainServer("one", { tools: [{ name: "cancelled", inputSchema: { type: "object" } }] })]),
  );
  const stop = new AbortController();
  const call = (signal: AbortSignal, timeoutMs: number) =>
    host.mcp.request("one", "callTool", { name: "wait", arguments: {} }, { signal, timeoutMs });
  await expect(host.call("mcp__one__add", { a: "x".repeat(17 * 1024 * 1024) })).rejects.toMatchObject({
    code: "MCP_TOO_LARGE",
  });
  await expect(call(never, 50)).rejects.toMatchObject({ code: "MCP_TIMEOUT" });
  const running = Array.from({ length: 64 }, () => call(stop.signal, 30_000));
  await expect(call(stop.signal, 30_000)).rejects.toMatchObject({ code: "QUEUE_FULL" });
  stop.abort();
  const ends = await Promise.allSettled(running);
  expect(ends.every((end) => end.status === "rejected" && hasCode(end.reason, "TOOL_INTERRUPTED"))).toBe(true);
  expect(await host.call("mcp__one__cancelled")).toBe("65");
});

test("a question goes to the session whose call runs, and to nobody where that cannot be told", async () => {
  const host = await settled(await openHost([plainServer("one")]));
  const asked: string[] = [];
  const session = (id: string) =>
    host.mcp.attach({
      id,
      answer: async (kind, params) => {
        asked.push(`${id} ${kind} ${"message" in params ? params.message : ""}`);
        return { action: "accept", content: { colour: id } } as never;
      },
    });
  const ask = (sessionId?: string) =>
    host.mcp.request("one", "callTool", { name: "ask", arguments: {} }, { signal: never, sessionId });
  const textOf = ({ content: [first] }: Awaited<ReturnType<typeof ask>>) => (first?.type === "text" ? first.text : "");
  session("s1");
  const leave = session("s2");
  expect(textOf(await ask("s1"))).toBe('{"action":"accept","content":{"colour":"s1"}}');
  expect(textOf(await ask())).not.toContain("accept");
  leave();
  expect(textOf(await ask())).toContain('"colour":"s1"');
  expect(asked).toEqual(["s1 elicitForm Which colour?", "s1 elicitForm Which colour?"]);
});

test("a session that ends leaves no question open", async () => {
  const host = await settled(await openHost([plainServer("one")]));
  const begun = Promise.withResolvers<AbortSignal>();
  const leave = host.mcp.attach({
    id: "s1",
    answer: async (_kind, _params, { signal }) => {
      begun.resolve(signal);
      return await new Promise<never>(() => undefined);
    },
  });
  const reply = host.mcp.request("one", "callTool", { name: "ask", arguments: {} }, { signal: never, sessionId: "s1" });
  const signal = await begun.promise;
  leave();
  expect(signal.aborted).toBe(true);
  expect(JSON.stringify(await reply)).not.toContain("accept");
});
