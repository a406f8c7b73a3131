import fc from "fast-check";
import { expect, test } from "vitest";
import { coversHost, hostRequest, hostScopeCovers, namesAddress, parseHostScope } from "../../core/permission/host-scopes.ts";
import { isLoopback, whyNotPublic } from "../../workers/effects/address-rules.ts";

const label = fc.constantFrom("a", "b", "api", "localhost", "example", "com", "127.0.0.1", "[::1]");
const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
const scope = fc
  .tuple(
    fc.constantFrom("", "GET ", "POST "),
    fc.constantFrom("", "http://", "https://"),
    fc.constantFrom("", "*."),
    name,
    fc.constantFrom("", ":80", ":443", ":8080"),
  )
  .map((parts) => parts.join(""));
const anyScope = fc.oneof(scope, fc.constantFrom("*", "*:8080", "GET *", "http://*"));
const url = fc
  .tuple(fc.constantFrom("http://", "https://"), name, fc.constantFrom("", ":80", ":443", ":8080"))
  .map((parts) => URL.parse(parts.join("")));

function requestOf(method: string, parsed: URL | null) {
  return parsed === null ? undefined : hostRequest(method, parsed);
}

test("a wider host scope covers what a narrower one does, of names and of private addresses", () => {
  fc.assert(
    fc.property(anyScope, anyScope, fc.constantFrom("GET", "POST"), url, (narrow, wide, method, parsed) => {
      const request = requestOf(method, parsed);
      if (request === undefined || !hostScopeCovers(wide, narrow)) return true;
      if (coversHost([narrow], request)) expect(coversHost([wide], request)).toBe(true);
      for (const address of ["127.0.0.1", "::1", "10.0.0.1"]) {
        const where = { address, isLoopback: isLoopback(address) };
        if (namesAddress([narrow], request, where)) expect(namesAddress([wide], request, where)).toBe(true);
      }
      return true;
    }),
    { numRuns: 20_000 },
  );
});

test("a scope covers itself, and more scopes never cover less", () => {
  fc.assert(
    fc.property(anyScope, anyScope, url, (one, other, parsed) => {
      const request = requestOf("GET", parsed);
      if (parseHostScope(one) !== undefined) expect(hostScopeCovers(one, one)).toBe(true);
      return request === undefined || !coversHost([one], request) || coversHost([other, one], request);
    }),
    { numRuns: 5_000 },
  );
});

test("no spelling of a host is another host", () => {
  const odd = fc.string({ unit: fc.constantFrom(..."ab.:@/\\?#%[]*-_0x17 \t\nｅ。é"), maxLength: 14 });
  fc.assert(
    fc.property(odd, fc.constantFrom("", ".", ":443", ":0443", "@", "#", "/", "\\", "%2e"), (text, tail) => {
      const parsed = URL.parse(`https://${text}${tail}example.com${tail}`);
      const request = requestOf("GET", parsed);
      if (parsed === null || request === undefined || !coversHost(["example.com"], request)) return true;
      return (
        parsed.hostname.replace(/\.$/, "") === "example.com" &&
        parsed.username === "" &&
        (parsed.port === "" || parsed.port === "443")
      );
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  "",
  "*.",
  "*.*",
  "*.127.0.0.1",
  "http://",
  "ftp://a",
  "a/b",
  "a b c",
  "user@a",
  "a:0",
  "a:65536",
  "a:b",
  "get a",
  "[::1",
  "a,b",
  "**",
  "a?b",
  "a#b",
  "*.[::1]",
  "GET  ",
])("%j is no scope of hosts", (text) => {
  expect(parseHostScope(text)).toBeUndefined();
});

test.each([
  ["EXAMPLE.com", "example.com"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["0x7f.1", "127.0.0.1"],
  ["2130706433", "127.0.0.1"],
  ["[0:0::1]", "[::1]"],
  ["example.com.", "example.com"],
])("the scope %s means %s", (text, host) => {
  expect(parseHostScope(text)?.host).toBe(host);
});

test("no address that leads to this machine or a private network is public, in any of its IPv6 dresses", () => {
  const octet = fc.nat(255);
  const inner = fc.oneof(
    fc.tuple(fc.constant(127), octet, octet, octet),
    fc.tuple(fc.constant(10), octet, octet, octet),
    fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
    fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
    fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
    fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
    fc.tuple(fc.constant(0), octet, octet, octet),
  );
  fc.assert(
    fc.property(inner, ([a, b, c, d]) => {
      const plain = `${a}.${b}.${c}.${d}`;
      const [high, low] = [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)];
      for (const dressed of [
        plain,
        `::ffff:${plain}`,
        `::${plain}`,
        `64:ff9b::${high}:${low}`,
        `2002:${high}:${low}::1`,
        `::ffff:0:${plain}`,
      ]) {
        expect(whyNotPublic(dressed), dressed).toBeDefined();
      }
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  "8.8.8.8",
  "1.1.1.1",
  "93.184.216.34",
  "2606:4700::1111",
  "2a00:1450:4001:800::200e",
  "172.32.0.1",
  "100.128.0.1",
  "223.255.255.255",
])("%s is public", (address) => {
  expect(whyNotPublic(address)).toBeUndefined();
});

test.each(["168.63.129.16", "169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "::ffff:168.63.129.16"])(
  "%s, where a cloud platform tells its machines their secrets, is not public",
  (address) => {
    expect(whyNotPublic(address)).toBeDefined();
  },
);

test.each(["", "localhost", "fe80::1%eth0", "1.2.3", "::g"])("%j is no address, and so not public", (text) => {
  expect(whyNotPublic(text)).toBeDefined();
});
