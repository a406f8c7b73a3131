import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { type PluginUnderTest, startPlugin } from "gantry/testing";

type Answer = { status?: number; headers?: Record<string, string>; body: string };

let answer: (request: IncomingMessage) => Answer;
let port = 0;
const server = createServer((request, response) => {
  const { status = 200, headers = {}, body } = answer(request);
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
});
const started: PluginUnderTest[] = [];

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
after(async () => {
  await Promise.all(started.map((plugin) => plugin.close()));
  server.close();
});

async function start(options: Record<string, unknown> = {}): Promise<PluginUnderTest> {
  const plugin = await startPlugin({
    folder: `${import.meta.dirname}/..`,
    options: { endpoint: `http://127.0.0.1:${port}/search?q={query}&n={count}&format=json`, ...options },
    grants: { "net.fetch": [`GET 127.0.0.1:${port}`], "secret.read": ["WEB_SEARCH_KEY"] },
    secrets: { WEB_SEARCH_KEY: "key-1" },
  });
  started.push(plugin);
  return plugin;
}

const results = [
  { title: "<b>Half</b> to even &amp; more", url: "https://a.example/1", content: "Rounding\nof ties." },
  { title: "No address", url: "javascript:alert(1)", content: "left out" },
  { title: "Second", url: "https://b.example/2", content: "x".repeat(5000) },
];

test("results come as a numbered list, cleaned and cut", async () => {
  let asked = "";
  answer = ({ url }) => {
    asked = url ?? "";
    return { body: JSON.stringify({ results }) };
  };
  const plugin = await start();
  const { text, isError } = await plugin.callTool("SearchWeb", { query: "half to even? 100%", count: 2 });
  assert.equal(isError, false);
  assert.equal(asked, "/search?q=half%20to%20even%3F%20100%25&n=2&format=json");
  assert.match(text, /1\. Half to even & more\n {3}https:\/\/a\.example\/1\n {3}Rounding of ties\.\n2\. Second\n/);
  assert.doesNotMatch(text, /javascript:/);
  assert.ok(text.length < 1200);
});

test("the key goes into the header that the options name, and is read by name", async () => {
  let key: unknown;
  answer = ({ headers }) => {
    key = headers["x-subscription-token"];
    return { body: JSON.stringify({ web: { results: [] } }) };
  };
  const plugin = await start({ keyHeader: "X-Subscription-Token", results: "web.results" });
  assert.equal((await plugin.callTool("SearchWeb", { query: "q" })).text, 'Nothing was found for "q".');
  assert.equal(key, "key-1");
  assert.deepEqual(plugin.effects.map(({ kind }) => kind).slice(0, 2), ["secret.read", "net.fetch"]);
});

test("what an endpoint refuses is told to the model in one sentence", async () => {
  const plugin = await start();
  for (const [given, said] of [
    [{ status: 401, body: "{}" }, /refused the key/],
    [{ status: 429, headers: { "retry-after": "7" }, body: "" }, /again in 7 s/],
    [{ status: 500, body: "" }, /status 500/],
    [{ body: "<html>" }, /not JSON/],
    [{ body: '{"hits":[]}' }, /no list at "results"/],
  ] as const) {
    answer = () => given;
    const { isError, text } = await plugin.callTool("SearchWeb", { query: "q" });
    assert.equal(isError, true);
    assert.match(text, said);
  }
});

test("another host than the granted one is not asked, nor is a redirect to it followed", async () => {
  answer = () => ({ status: 302, headers: { location: "http://localhost:1/x" }, body: "" });
  const plugin = await start();
  assert.equal((await plugin.callTool("SearchWeb", { query: "q" })).isError, true);
  const other = await start({ endpoint: "http://search.invalid/?q={query}" });
  assert.equal((await other.callTool("SearchWeb", { query: "q" })).code, "NET_DENIED");
  assert.match(other.denials[0]?.message ?? "", /search\.invalid/);
});
