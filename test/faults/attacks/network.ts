// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of programs, whose templates are theirs.
/** Attacks by addresses, headers and answers. `api.example.com` leads where place.ts says; the canary server is on loopback. */
import type { Attack } from "./attack.ts";

const one = (name: string, tries: string, call: string, more: Partial<Attack> = {}): Attack => ({
  ...{
    name,
    class: "network",
    tries,
    holds: "no connection but those that the grant names",
    call,
    top: attempts,
    ends: "answers",
  },
  ...{ grants: { "net.fetch": ["*"] } },
  ...more,
});

const attempts = `
const fetchAny = async (ctx, requests) => {
  for (const [url, request] of requests.map((one) => [].concat(one))) {
    try { const answer = await ctx.net.fetch(url, { timeoutMs: 3000, ...request }); return "GOT " + url + ": " + answer.status; } catch (error) { if (typeof error.code !== "string" && !(error instanceof TypeError)) return "GOT no code: " + error; }
  }
  return "nothing";
};
`;
const fetches = (name: string, tries: string, requests: string, more: Partial<Attack> = {}): Attack =>
  one(name, tries, `const { port } = input; return await fetchAny(ctx, ${requests});`, more);

export const network: readonly Attack[] = [
  fetches(
    "loopback",
    "asks this machine by its usual names",
    "[`http://127.0.0.1:${port}/`, `http://localhost:${port}/`, `http://localhost.:${port}/`, `http://LOCALHOST:${port}/`, `http://a.localhost:${port}/`, `http://ip6-localhost:${port}/`]",
  ),
  fetches(
    "spelled loopback",
    "spells the loopback address in other ways",
    "[`http://127.1:${port}/`, `http://2130706433:${port}/`, `http://0x7f000001:${port}/`, `http://0x7f.1:${port}/`, `http://0177.0.0.1:${port}/`, `http://017700000001:${port}/`, `http://127.0.0.1.:${port}/`, `http://0:${port}/`, `http://0.0.0.0:${port}/`, `http://127.255.255.254:${port}/`]",
  ),
  fetches(
    "characters of addresses",
    "spells addresses in other characters",
    "[`http://\\uff11\\uff12\\uff17.0.0.1:${port}/`, `http://\\u2460\\u2461\\u2466.\\u24ea.\\u24ea.\\u2460:${port}/`, `http://127\\u30020\\u30020\\u30021:${port}/`, `http://127.0.0.1\\u0000.example.com:${port}/`, `http://127%2e0%2e0%2e1:${port}/`]",
  ),
  fetches(
    "loopback of IPv6",
    "spells loopback in IPv6",
    "[`http://[::1]:${port}/`, `http://[::]:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`, `http://[::ffff:7f00:1]:${port}/`, `http://[0:0:0:0:0:ffff:7f00:0001]:${port}/`, `http://[64:ff9b::7f00:1]:${port}/`, `http://[2002:7f00:1::]:${port}/`, `http://[::127.0.0.1]:${port}/`, `http://[fe80::1]:${port}/`, `http://[fc00::1]:${port}/`]",
  ),
  fetches(
    "private addresses",
    "asks private ranges and the metadata service",
    '["http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://198.18.0.1/", "http://192.0.0.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://[fd00:ec2::254]/"]',
  ),
  fetches(
    "names of private addresses",
    "asks names that resolve to private addresses",
    "[`http://private.example.com:${port}/`, `http://mapped.example.com:${port}/`, `http://mixed.example.com:${port}/`, `http://many.example.com:${port}/`]",
  ),
  fetches(
    "rebinding",
    "asks a name that resolves to another address each time",
    "Array.from({ length: 6 }, () => [`http://rebind.example.com:${port}/`, { timeoutMs: 300 }])",
  ),
  fetches(
    "other host",
    "asks hosts that only look like the granted one",
    "[`http://api.example.com.127.0.0.1:${port}/`, `http://127.0.0.1:${port}/api.example.com`, `http://xapi.example.com:${port}/`, `http://api.example.com.evil.example:${port}/`, `http://example.com:${port}/`, `http://api.example.com%2f@127.0.0.1:${port}/`]",
    { grants: { "net.fetch": ["api.example.com"] } },
  ),
  fetches(
    "user info",
    "names a user in the URL",
    "[`http://api.example.com@127.0.0.1:${port}/`, `http://api.example.com:80@127.0.0.1:${port}/`, `http://user:pass@api.example.com/`, `http://api.example.com\\\\@127.0.0.1:${port}/`, `http://127.0.0.1:${port}\\\\@api.example.com/`, `http://127.0.0.1:${port}#@api.example.com/`, `http://127.0.0.1:${port}?@api.example.com/`]",
    { grants: { "net.fetch": ["api.example.com", "*.example.com"] } },
  ),
  fetches(
    "other port",
    "asks other ports and methods of a granted host",
    "[`http://127.0.0.1:${port}/`, [`http://api.example.com:${port}/`, {}], [input.granted, { method: 'POST', body: 'x' }], [input.granted, { method: 'DELETE' }]]",
    { grants: { "net.fetch": ["GET 127.0.0.1:1", "GET api.example.com:443"] } },
  ),
  fetches(
    "other schemes",
    "asks by other schemes",
    "[`file://${input.canary}`, 'ftp://api.example.com/', 'data:text/plain,x', `ws://127.0.0.1:${port}/`, 'javascript:0', 'blob:x', 'unix:/run/docker.sock', `HTTP+unix://x/`, 'http:', '//api.example.com/', '']",
  ),
  fetches(
    "other methods",
    "uses methods that make tunnels",
    "[[input.granted, { method: 'CONNECT' }], [input.granted, { method: 'TRACE' }], [input.granted, { method: 'GET /x HTTP/1.1\\r\\nX: y' }], [input.granted, { method: '__proto__' }]]",
    withServer(),
  ),
  fetches(
    "headers of others",
    "puts lines, hosts and lengths into headers",
    "[[input.granted, { headers: { 'x-a': 'b\\r\\nHost: evil\\r\\n\\r\\nGET /smuggled HTTP/1.1' } }], [input.granted, { headers: { 'x\\r\\ny': 'z' } }], [input.granted, { headers: { host: 'evil' } }], [input.granted, { headers: { 'content-length': '9' } }], [input.granted, { headers: { 'transfer-encoding': 'chunked' } }], [input.granted, { headers: { upgrade: 'websocket', connection: 'upgrade' } }]]",
    withServer(),
  ),
  fetches(
    "lines in a path",
    "puts a second request into the path",
    "[[`${input.granted}x HTTP/1.1\\r\\nX: y\\r\\n\\r\\nGET /smuggled`, { maxRedirects: 0, method: 'POST GET' }]]",
    withServer(),
  ),
  fetches(
    "redirect to loopback",
    "is led from a granted server to the canary server",
    "[`${input.granted}redirect?to=${encodeURIComponent(input.url)}`, `${input.granted}redirect?to=${encodeURIComponent('//localhost:' + port + '/')}`, [`${input.granted}redirect?status=307&to=${encodeURIComponent(input.url)}`, { method: 'POST', body: 'x' }]]",
    withServer(),
  ),
  fetches(
    "redirects without end",
    "is led in a circle",
    "[`${input.granted}redirect?to=${encodeURIComponent(input.granted + 'circle')}`, [`${input.granted}circle`, { maxRedirects: 20 }]]",
    withServer(),
  ),
  fetches(
    "redirect to a file",
    "is led to another scheme",
    "[`${input.granted}redirect?to=${encodeURIComponent('file://' + input.canary)}`, `${input.granted}redirect?to=data:text/plain,x`]",
    withServer(),
  ),
  one(
    "endless body",
    "reads a body without end",
    `try { const text = await (await ctx.net.fetch(input.granted + "endless", { maxBytes: 16 * 2 ** 20 })).text(); return "GOT " + text.length; } catch (error) { return error.code ? "nothing" : "GOT no code"; }`,
    withServer(),
  ),
  one(
    "endless stream",
    "streams a body without end",
    `let bytes = 0; try { for await (const piece of (await ctx.net.fetch(input.granted + "endless", { maxBytes: 16 * 2 ** 20 })).stream()) bytes += piece.length; } catch (error) { return error.code && bytes <= 17 * 2 ** 20 ? "nothing" : "GOT " + bytes + error; } return "GOT " + bytes;`,
    withServer(),
  ),
  one(
    "bomb",
    "reads a body that is small on the wire and huge when unpacked",
    `try { const text = await (await ctx.net.fetch(input.granted + "bomb")).text(); return "GOT " + text.length; } catch (error) { return error.code ? "nothing" : "GOT no code"; }`,
    withServer(),
  ),
  one(
    "slow server",
    "waits for a server that never ends its answer",
    `try { await (await ctx.net.fetch(input.granted + "slow", { timeoutMs: 300 })).text(); return "GOT"; } catch (error) { return error.code === "NET_TIMEOUT" ? "nothing" : "GOT " + error.code; }`,
    withServer(),
  ),
  fetches(
    "bounds beyond all bounds",
    "asks for more bytes, time and redirects than anybody is given",
    "[[input.granted + 'endless', { maxBytes: 1e12 }], [input.granted + 'slow', { timeoutMs: 1e15 }], [input.granted + 'circle', { maxRedirects: 1e9 }], [input.granted, { timeoutMs: -1 }], [input.granted, { maxBytes: '1' }]]",
    withServer(),
  ),
  one(
    "many connections",
    "opens five hundred connections at once",
    `const all = await Promise.allSettled(Array.from({ length: 500 }, () => ctx.net.fetch(input.granted + "slow", { timeoutMs: 500 }))); return all.length === 500 ? "nothing" : "GOT";`,
    withServer(),
  ),
];

/** The server that the grant names by its address; place.ts fills the port in. */
function withServer(): Partial<Attack> {
  return { grants: { "net.fetch": ["granted-server"] } };
}
