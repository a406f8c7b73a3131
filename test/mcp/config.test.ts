import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configJsonSchema } from "../../config/json-schema.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { entryKeys } from "../../config/mcp-entries.ts";
import { projectSlug } from "../../config/paths.ts";
import { mcpToolName } from "../../core/contract/mcp-names.ts";
import { createRuleMatcher } from "../../core/if-rules.ts";
import { parseRules } from "../../core/permission/rules/rules.ts";
import { createPlace } from "../config/place.ts";

const told = ({ problems }: LoadedConfig): string[] =>
  problems.map(
    ({ code, severity, file, line, message }) =>
      `${severity ?? "error"} ${code} ${file?.replace(/.*\//, "")}:${line} ${message}`,
  );

test("a server of each kind becomes a spec with variables and defaults filled in", async () => {
  const place = createPlace();
  const file = place.writeUser("config.json", {
    limits: { toolTimeoutMs: 5000 },
    mcpServers: {
      docs: {
        command: "npx",
        args: ["-y", "some-server", `\${ROOT:-/srv}`],
        env: { TOKEN: `\${DOCS_TOKEN}`, PRICE: `$\${5}` },
      },
      "my site": {
        url: `https://\${HOST}/mcp`,
        headers: { Authorization: `Bearer \${DOCS_TOKEN}` },
        timeout: 9,
        startTimeout: 7,
        alwaysLoad: true,
        tools: { allow: ["get_*"], deny: ["get_all"] },
        sampling: { answer: "deny" },
        oauth: { clientId: "a", scopes: ["x"], privateKeyFile: "~/key.pem" },
      },
      old: { type: "sse", url: "http://localhost:1/sse" },
      off: { command: "x", enabled: false },
      here: { command: "./bin/server", cwd: "~/data" },
      there: { command: "./bin/server" },
    },
  });
  writeFileSync(join(place.home, "key.pem"), "PEM");
  const loaded = await place.load({ env: { DOCS_TOKEN: "t0k", HOST: "example.com" } });
  expect(told(loaded)).toEqual([]);
  const rest = {
    startTimeoutMs: 30_000,
    callTimeoutMs: 5000,
    tools: { deny: [] },
    alwaysLoad: false,
    required: false,
    layer: "user",
  };
  const sampling = { answer: "ask", tokensPerSession: 50_000 };
  // Of every project: no project's folder decides what npx runs.
  const cwd = place.home;
  expect(loaded.mcp).toEqual({
    servers: [
      {
        ...{ name: "docs", ...rest, sampling, source: `${file}:6` },
        transport: {
          kind: "stdio",
          command: "npx",
          args: ["-y", "some-server", "/srv"],
          env: { TOKEN: "t0k", PRICE: `\${5}` },
          cwd,
        },
      },
      {
        ...{ name: "my site", ...rest, source: `${file}:18`, startTimeoutMs: 7, callTimeoutMs: 9, alwaysLoad: true },
        tools: { allow: ["get_*"], deny: ["get_all"] },
        sampling: { ...sampling, answer: "deny" },
        transport: {
          ...{ kind: "http", url: "https://example.com/mcp", headers: { Authorization: "Bearer t0k" } },
          oauth: { clientId: "a", scopes: ["x"], privateKey: "PEM" },
        },
      },
      {
        ...{ name: "old", ...rest, sampling, source: `${file}:45` },
        transport: { kind: "sse", url: "http://localhost:1/sse", headers: {}, oauth: {} },
      },
      {
        ...{ name: "here", ...rest, sampling, source: `${file}:53` },
        transport: {
          kind: "stdio",
          command: join(place.home, "data/bin/server"),
          args: [],
          env: {},
          cwd: join(place.home, "data"),
        },
      },
      {
        ...{ name: "there", ...rest, sampling, source: `${file}:57` },
        transport: { kind: "stdio", command: join(place.userFolder, "bin/server"), args: [], env: {}, cwd },
      },
    ],
    waiting: [],
    disabled: [{ name: "off", source: `${file}:49`, what: "x", kind: "stdio" }],
  });
});

test("a wrong entry is said with its place and left out alone; a required one stops the run with its own code", async () => {
  const place = createPlace();
  place.writeUser(
    "config.json",
    `{"mcpServers": {
      "good": {"command": "x"},
      "typed": {"type": "ws", "url": "http://x"},
      "inside": {"type": "sdk"},
      "both": {"command": "x", "url": "http://x"},
      "none": {"args": ["a"]},
      "unset": {"command": "x", "env": {"A": "\${NOT_SET_ANYWHERE}"}},
      "odd": {"command": "x", "args": ["\${input:token}"]},
      "helper": {"url": "http://x", "headersHelper": "./h.sh"},
      "typo": {"command": "x", "arg": []},
      "secret": {"command": "x", "env": {"KEY": 5}},
      "ftp": {"url": "ftp://me:pass@x/?token=t"},
      "a__b": {"command": "x"},
      "good one": {"command": "x"},
      "good_one": {"command": "x"},
      "": {"command": "x"},
      "late": {"command": "x", "timeout": "5s"},
      "gone": {"timeout": 5},
      "must": {"url": "nowhere", "required": true}
    }}`,
  );
  const loaded = await place.load();
  expect(loaded.mcp.servers.map(({ name }) => name)).toEqual(["good", "good one"]);
  const w = "warning CONFIG_INVALID config.json";
  expect(told(loaded)).toEqual([
    `${w}:3 MCP server typed: type ws is not spoken: a server is reached by stdio, http or sse; it is left out`,
    `${w}:4 MCP server inside: type sdk is a server inside another program, and cannot be started from a config; it is left out`,
    `${w}:5 MCP server both: it has a command and a url; a server has one of them; it is left out`,
    `${w}:6 MCP server none: it has neither a command nor a url; it is left out`,
    `${w}:9 MCP server helper: headersHelper is not in this build; it is left out`,
    `${w}:10 MCP server typo: arg is no key of a server. Did you mean args?; it is left out`,
    `${w}:11 MCP server secret: env must be an object of variables, each a text; it is an object; it is left out`,
    `${w}:13 MCP server a__b: its tools would be named mcp__a__b__…, and two underscores in a row divide server from tool; it is left out`,
    `${w}:16 MCP server : a server's name has letters, digits, _, -, . and blanks inside, and at least one letter or digit; it is left out`,
    `${w}:17 MCP server late: timeout must be a whole number from 1 to 2147483647, not "5s"; it is left out`,
    `${w}:18 MCP server gone: it has neither a command nor a url, and no layer below has a server of this name; it is left out`,
    `${w}:15 MCP server good_one: its tools would have the names of those of good one (${join(place.userFolder, "config.json")}:14): mcp__good_one__…; it is left out`,
    `${w}:7 MCP server unset: the variable NOT_SET_ANYWHERE is not set, and has no default; it is left out`,
    `${w}:8 MCP server odd: \${input:token} is no variable (\${NAME} or \${NAME:-default}; $\${ stands for the letters \${); it is left out`,
    `${w}:12 MCP server ftp: its url begins with ftp://; a server is reached by https or http; it is left out`,
    "error MCP_REQUIRED config.json:19 MCP server must: its url is none: it must begin with https:// or http://; it is left out",
  ]);
});

test("a higher layer's server replaces a lower one whole; an entry that starts nothing changes settings of the one below", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", {
    mcpServers: {
      docs: { command: "x", env: { TOKEN: "mine" } },
      web: { url: "https://example.com/?key=1" },
      far: { command: "y", timeout: 5 },
    },
  });
  const local = place.writeUser(`projects/${projectSlug(place.project)}.json`, {
    mcpServers: { docs: { url: "https://other.example/mcp" }, far: { enabled: false } },
  });
  const loaded = await place.load();
  expect(told(loaded)).toEqual([]);
  expect(loaded.mcp.servers.map(({ name, transport, layer }) => [name, transport, layer])).toEqual([
    ["docs", { kind: "http", url: "https://other.example/mcp", headers: {}, oauth: {} }, "local"],
    ["web", { kind: "http", url: "https://example.com/?key=1", headers: {}, oauth: {} }, "user"],
  ]);
  expect(loaded.mcp.disabled).toEqual([{ name: "far", source: `${local}:6`, what: "y", kind: "stdio" }]);
  expect(await loaded.explain("mcpServers.docs")).toMatchObject({
    value: { url: "https://other.example/mcp" },
    from: { layer: "local", source: `${local}:3` },
    hidden: [{ value: { command: "x", env: { TOKEN: "[hidden]" } }, from: { layer: "user", source: `${user}:3` } }],
  });
  expect(await loaded.explain("mcpServers.far")).toMatchObject({
    value: { command: "y", timeout: 5, enabled: false },
    note: `started as ${user}:12 says; changed by ${local}:6`,
  });
  expect(await loaded.explain("mcpServers.far.timeout")).toMatchObject({ value: 5, from: { source: `${user}:12` } });
  await expect(loaded.explain("mcpServers.doc")).rejects.toThrow('no layer has an MCP server "doc". Did you mean docs?');
});

test("nothing that may be secret is shown: variables and headers, arguments, queries, keys", async () => {
  const place = createPlace();
  place.writeUser("config.json", {
    mcpServers: {
      a: {
        command: "x",
        args: ["--api-key", "abc", "--token=abc", "sk-abcdefghijklmnop", "--root", "/srv", "--password", `\${PW}`],
        env: { API_KEY: "abc", LEVEL: "debug", SECRET_KEY: `\${K}` },
      },
      "b.c": {
        url: "https://u.example/mcp?token=abc",
        headers: { "X-Any": "abc", Authorization: `Bearer \${K}` },
        oauth: { clientId: "id", clientSecret: "abc" },
      },
    },
  });
  const loaded = await place.load({ env: { K: "k", PW: "p" } });
  expect(told(loaded)).toEqual([]);
  const shown = {
    a: {
      command: "x",
      args: ["--api-key", "[hidden]", "--token=[hidden]", "[hidden]", "--root", "/srv", "--password", `\${PW}`],
      env: { API_KEY: "[hidden]", LEVEL: "debug", SECRET_KEY: `\${K}` },
    },
    "b.c": {
      url: "https://u.example/mcp?[hidden]",
      headers: { "X-Any": "[hidden]", Authorization: `Bearer \${K}` },
      oauth: { clientId: "id", clientSecret: "[hidden]" },
    },
  };
  expect(loaded.effective()["mcpServers"]).toEqual(shown);
  expect((await loaded.explain("mcpServers.b.c")).value).toEqual(shown["b.c"]);
  expect((await loaded.explain("mcpServers.b.c.headers")).value).toEqual(shown["b.c"].headers);
  expect(JSON.stringify([await loaded.explain("mcpServers"), await loaded.explain("mcpServers.a")])).not.toMatch(/abc/);
});

test("servers of a project wait for trust, which is bound to each entry and to the scripts that it names", async () => {
  const place = createPlace();
  const script = place.write("tools/server.mjs", "// 1");
  const file = place.write(
    "gantry.config.jsonc",
    `{\n  "mcpServers": {"web": {"url": "https://example.com/mcp?key=abc", "headers": {"K": "\${HOME}"}}}\n}`,
  );
  const wild = place.write(".mcp.json", {
    mcpServers: {
      web: { type: "http", url: "https://lower.example" },
      own: { command: "node", args: ["server.mjs"], cwd: "tools" },
      pack: { command: "npx", args: ["-y", "some server"] },
    },
  });
  place.writeUser("config.json", { mcpServers: { mine: { command: "x" } } });
  const loaded = await place.load();
  expect(told(loaded)).toEqual([]);
  expect(loaded.trust).toMatchObject({
    state: "untrusted",
    parts: [
      { what: "MCP server web: https://lower.example", source: `${wild}:3` },
      { what: "MCP server own: node server.mjs (in tools)", source: `${wild}:7` },
      { what: 'MCP server pack: npx -y "some server"', source: `${wild}:14` },
      { what: "MCP server web: https://example.com/mcp; it is given $HOME", source: `${file}:2` },
      { what: "the file tools/server.mjs, as it is now, run by an MCP server", source: `${wild}:7` },
      {
        what: "the MCP server's command npx may also run files that its command line does not name; a change of them is not noticed",
        source: `${wild}:14`,
      },
    ],
  });
  expect(loaded.mcp.servers.map(({ name }) => name)).toEqual(["mine"]);
  expect(loaded.mcp.waiting.map(({ name, kind }) => [name, kind])).toEqual([
    ["web", "http"],
    ["own", "stdio"],
    ["pack", "stdio"],
  ]);
  await loaded.host().trust("grant");
  const trusted = await place.load();
  expect(trusted.mcp.waiting).toEqual([]);
  expect(
    trusted.mcp.servers.map(({ name, transport }) => [name, transport.kind === "stdio" ? transport.cwd : transport.url]),
  ).toEqual([
    ["mine", place.home],
    ["web", "https://example.com/mcp?key=abc"],
    ["own", join(place.project, "tools")],
    ["pack", place.project],
  ]);
  expect(await trusted.changedSince()).toEqual([]);
  writeFileSync(script, "// 22");
  expect(await trusted.changedSince()).toEqual([script]);
  expect((await place.load()).trust.state).toBe("changed");
  writeFileSync(script, "// 1");
  expect((await place.load()).trust.state).toBe("trusted");
  writeFileSync(wild, place.read(wild).replace("some server", "other"));
  expect(await trusted.changedSince()).toEqual(expect.arrayContaining([wild]));
  expect((await place.load()).trust.state).toBe("changed");
});

test("what is trusted is told whole: variables that change what a program does, files that they name, what it may ask", async () => {
  const place = createPlace();
  place.write("hook.cjs", "1");
  place.write(".npmrc", "registry=http://x");
  place.write("package.json", "{}");
  const file = place.write(".mcp.json", {
    a: {
      command: "npx",
      args: ["-y", "pack"],
      env: { NODE_OPTIONS: "--require ./hook.cjs", API_KEY: "abc" },
      sampling: { answer: "allow" },
    },
    b: { command: "npm", args: ["run", "serve"] },
  });
  const { trust } = await place.load();
  expect(trust.parts.map(({ what }) => what)).toEqual([
    'MCP server a: NODE_OPTIONS="--require ./hook.cjs" API_KEY=[hidden] npx -y pack; it may ask your model without a question',
    "MCP server b: npm run serve",
    "the file .npmrc, as it is now, run by an MCP server",
    "the file hook.cjs, as it is now, run by an MCP server",
    "the file package.json, as it is now, run by an MCP server",
    "the MCP server's command npx may also run files that its command line does not name; a change of them is not noticed",
    "the MCP server's command npm may also run files that its command line does not name; a change of them is not noticed",
  ]);
  expect(trust.parts[0]?.source).toBe(`${file}:2`);
  const place2 = createPlace();
  writeFileSync(join(place2.home, ".mcp.json"), '{"a": {"command": "x"}}');
  expect(told(await place2.load({ cwd: place2.home }))).toEqual([
    "warning CONFIG_INVALID .mcp.json:undefined this file is not read: the home folder, and what is above it, is never a project",
  ]);
});

test(".mcp.json as it is found in the wild: a bare map, comments, urls without a type, names with blanks, keys of other clients", async () => {
  const place = createPlace();
  place.write(
    ".mcp.json",
    `// ours
    {
      "My Server": {"url": "https://a.example", "description": "x"},
      "spec": {"type": "streamable-http", "url": "https://b.example", "autoApprove": ["*"]},
      "off": {"command": "x", "disabled": true},
      "port": {"command": "x", "env": {"PORT": 80, "DIR": "\${CLAUDE_PROJECT_DIR}"}},
    }`,
  );
  const loaded = await place.load({ flags: { trust: true } });
  expect(told(loaded)).toEqual(["warning CONFIG_INVALID .mcp.json:4 MCP server spec: autoApprove is not read"]);
  expect(loaded.mcp.servers.map(({ name, transport, source }) => [name, transport.kind, source.replace(/.*\//, "")])).toEqual([
    ["My Server", "http", ".mcp.json:3"],
    ["spec", "http", ".mcp.json:4"],
    ["port", "stdio", ".mcp.json:6"],
  ]);
  expect(loaded.mcp.servers[2]?.transport).toMatchObject({ env: { PORT: "80", DIR: place.project } });
  expect(loaded.mcp.disabled.map(({ name }) => name)).toEqual(["off"]);
  place.write(".mcp.json", '{"inputs": [], "mcpServers": {}}');
  expect(told(await place.load())).toEqual([
    "warning CONFIG_INVALID .mcp.json:1 inputs is not read: of this file only mcpServers is",
  ]);
  place.write(".mcp.json", "[1]");
  expect(told(await place.load())).toEqual([
    'warning CONFIG_INVALID .mcp.json:1 this file has no servers: it must be {"mcpServers": {"name": {…}}}; the file is left out',
  ]);
  place.write(".mcp.json", "{");
  expect((await place.load()).problems).toMatchObject([{ code: "CONFIG_INVALID", line: 1 }]);
});

test("--mcp-config files are a layer above all but managed; one that is missing or broken is refused", async () => {
  const place = createPlace();
  place.writeUser("config.json", { mcpServers: { docs: { command: "user" } } });
  mkdirSync(join(place.project, "more"));
  const one = place.write("more/one.json", { mcpServers: { docs: { command: "./flag" }, "bad name!": { command: "x" } } });
  place.write("more/two.json", { other: { url: "https://example.com" } });
  const loaded = await place.load({ flags: { mcpConfig: ["more/one.json", "more/two.json"] } });
  expect(
    loaded.mcp.servers.map(({ name, transport, layer, source }) => [
      name,
      "command" in transport && transport.command,
      layer,
      source,
    ]),
  ).toEqual([
    ["docs", join(place.project, "flag"), "flag", `${one}:3`],
    ["other", false, "flag", `${join(place.project, "more/two.json")}:2`],
  ]);
  expect(told(loaded)).toHaveLength(1);
  expect(await loaded.changedSince()).toEqual([]);
  writeFileSync(one, "{}");
  expect(await loaded.changedSince()).toEqual([one]);
  await expect(place.load({ flags: { mcpConfig: ["nope.json"] } })).rejects.toThrow(/--mcp-config nope.json: there is no/);
  place.write("broken.json", '{"mcpServers": {');
  await expect(place.load({ flags: { mcpConfig: ["broken.json"] } })).rejects.toThrow(/broken.json:1/);
  place.write("list.json", "[]");
  await expect(place.load({ flags: { mcpConfig: ["list.json"] } })).rejects.toThrow(/this file has no servers/);
});

test("variables, --set and the managed layer name servers too", async () => {
  const place = createPlace();
  place.writeManaged("managed.json", { mcpServers: { docs: { enabled: false } } });
  place.writeUser("config.json", { mcpServers: { docs: { command: "x" } } });
  const loaded = await place.load({
    env: { GANTRY_MCP_SERVERS__web: '{"url":"https://example.com"}' },
    flags: { set: ['mcpServers.child={"command":"y"}', "limits.mcpToolsPercent=5"] },
  });
  expect(loaded.mcp.servers.map(({ name, source }) => [name, source])).toEqual([
    ["web", "GANTRY_MCP_SERVERS__web"],
    ["child", "--set"],
  ]);
  expect(loaded.mcp.disabled.map(({ name }) => name)).toEqual(["docs"]);
  expect(loaded.problems).toMatchObject([{ code: "CONFIG_LOCKED", severity: "warning", key: "mcpServers.docs" }]);
  expect(loaded.config.limits.mcpToolsPercent).toBe(5);
});

test("what the schema says of a server and what the words about wrong entries know are the same keys", () => {
  const { mcpServers } = configJsonSchema()["properties"] as Record<string, { additionalProperties: { properties: object } }>;
  expect(Object.keys(mcpServers?.additionalProperties.properties ?? {}).sort()).toEqual([...entryKeys].sort());
});

test("config set refuses a server that would be left out, and writes one that is right", async () => {
  const place = createPlace();
  const host = (await place.load()).host();
  await expect(host.set("mcpServers.docs", '{"cmd":"x"}', "user")).rejects.toThrow(
    /cmd is no key of a server[\s\S]*Nothing is written/,
  );
  await expect(host.set("mcpServers.docs.enabled", "false", "user")).rejects.toThrow(
    /a server is set as a whole, by a JSON object/,
  );
  expect(await host.set("mcpServers.my docs", '{"command":"x","args":["a"]}', "user")).toBe(
    join(place.userFolder, "config.json:3"),
  );
  expect((await place.load()).mcp.servers.map(({ name }) => name)).toEqual(["my docs"]);
  await host.unset("mcpServers.my docs", "user");
  expect((await place.load()).mcp.servers).toEqual([]);
});

test("an if rule of a hook speaks of a server's tool by its whole name, also where that was cut for models", async () => {
  const place = createPlace();
  const server = "s".repeat(60);
  place.writeUser("config.json", { mcpServers: { [server]: { command: "x" } } });
  const loaded = await place.load();
  const matches = createRuleMatcher(loaded, { home: place.home, tools: [] });
  const call = (tool: string) => ({ sessionId: "s", callId: "c", tool, input: {}, cwd: place.project });
  const found = [`mcp__${server}__wipe`, `mcp__${server}`, `mcp__${server}__read`].map(async (rule) => {
    const { rules } = parseRules([{ behavior: "ask", rule, source: "x", base: "/" }], [], [server]);
    return await Promise.all(rules.map((each) => matches(each, call(mcpToolName(server, "wipe").name))));
  });
  expect(await Promise.all(found)).toEqual([[true], [true], [false]]);
});
