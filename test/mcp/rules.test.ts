/** Permission rules of MCP tools through the built command, with a server that says what its tools do. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { mcpToolName } from "../../core/contract/mcp-names.ts";
import type { ApprovalQuestion } from "../../core/permission/approval.ts";
import { createAsker } from "../../core/shell/ask.ts";
import { createStyle } from "../../core/shell/style.ts";
import { type Bench, bench } from "../support/cli.ts";

const server = fileURLToPath(new URL("../fixtures/mcp/guard-server.mjs", import.meta.url));
const call = (name: string, input: object = {}) => ({ call: { name: `mcp__guard__${name}`, input } });
const done = { say: "Done." };
const outcomes = ({ json }: Awaited<ReturnType<Bench["run"]>>) => json.toolCalls.map(({ outcome, code }) => code ?? outcome);

async function place(steps: readonly unknown[], permissions: object = {}): Promise<Bench> {
  const found = await bench(steps);
  const folder = path.join(found.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  const mcpServers = { guard: { command: process.execPath, args: [server, path.join(found.home, "started")] } };
  await writeFile(path.join(folder, "config.json"), JSON.stringify({ mcpServers, permissions }, null, 2));
  return found;
}

describe("a call of a server's tool", () => {
  test("that only reads, by the server's word, goes ahead; any other is asked, and plan mode lets only the first through", async () => {
    for (const [mode, expected] of [
      ["default", ["ok", "APPROVAL_UNAVAILABLE"]],
      ["plan", ["ok", "APPROVAL_DENIED"]],
    ] as const) {
      const found = await place([call("check"), call("wipe", { what: "all" }), done]);
      expect(outcomes(await found.run("go", ["--permission-mode", mode]))).toEqual(expected);
    }
  });

  test("is allowed, asked and denied by rules of the tool, of its input and of the whole server", async () => {
    const found = await place([call("wipe", { what: "cache" }), call("wipe", { what: "disk" }), done], {
      allow: ["mcp__guard__wipe"],
      deny: ["mcp__guard__wipe(what:disk)"],
    });
    expect(outcomes(await found.run("go"))).toEqual(["ok", "APPROVAL_DENIED"]);
    const whole = await place([call("check"), done], { deny: ["mcp__guard"] });
    const ran = await whole.run("go");
    expect(outcomes(ran)).not.toEqual(["ok"]);
    expect(whole.model.requests[0]?.text).not.toContain("mcp__guard__check");
  });

  test("that a rule names and the server does not have is said once it is ready", async () => {
    const found = await place([call("check"), done], { deny: ["mcp__guard__chekc"] });
    const ran = await found.run("go");
    expect([ran.exit, outcomes(ran)]).toEqual([0, ["ok"]]);
    const notes = (await found.events()).flatMap((one) =>
      one.type === "note" && one.data.from === "mcp" ? [one.data.text] : [],
    );
    expect(notes).toEqual([
      expect.stringMatching(/the deny rule mcp__guard__chekc has nothing to rule: .*Did you mean mcp__guard__check\?$/),
    ]);
  });

  test("is remembered as its tool, and asked no more", async () => {
    const found = await place([
      call("wipe", { what: "a" }),
      call("wipe", { what: "b" }),
      done,
      call("wipe", { what: "c" }),
      done,
    ]);
    const first = await found.run("go", ["--approve", "prompt"], { stdin: "a\n" });
    expect(outcomes(first)).toEqual(["ok", "ok"]);
    expect(first.stderr).toContain("a: always, as mcp__guard__wipe, whatever it is given");
    const approvals = (await found.events()).flatMap((one) => (one.type === "tool.approval" ? [one.data] : []));
    expect(approvals).toMatchObject([
      { asked: true, remembered: { rule: "mcp__guard__wipe", for: "always" } },
      { asked: false },
    ]);
    expect(outcomes(await found.run("again"))).toEqual(["ok"]);
  });
});

test("rules are explained and listed without a server being started; what names no server is said with the nearest", async () => {
  const found = await place([done], {
    deny: ["mcp__guard__wipe(what:disk)"],
    allow: ["mcp__guard__check"],
    ask: ["mcp__gaurd__wipe"],
  });
  const json = async (...args: string[]) => JSON.parse((await found.gantry([...args, "--json"])).stdout).data as unknown;
  expect(await json("permissions", "list")).toMatchObject({
    rules: [
      { behavior: "deny", rule: "mcp__guard__wipe(what:disk)", state: "ready" },
      { behavior: "ask", state: "absent", problem: expect.stringContaining("there is no MCP server gaurd") },
      { behavior: "allow", rule: "mcp__guard__check", state: "ready" },
    ],
  });
  expect(await json("permissions", "explain", "mcp__guard__wipe(what:disk)")).toMatchObject({ verdict: "deny" });
  expect(await json("permissions", "explain", "mcp__guard__check")).toMatchObject({ verdict: "allow" });
  expect(await json("permissions", "explain", "mcp__guard__wipe")).toMatchObject({
    verdict: "ask",
    wouldChange: expect.arrayContaining([
      "An allow rule mcp__guard__wipe would allow it.",
      expect.stringContaining("No server is started here"),
    ]),
  });
  const unknown = await found.gantry(["permissions", "explain", "mcp__other__x"]);
  expect([unknown.exit, unknown.stderr]).toMatchObject([
    1,
    expect.stringContaining("There is no tool mcp__other__x: the configured MCP servers are guard."),
  ]);
  await expect(readFile(path.join(found.home, "started"))).rejects.toThrow("ENOENT");
  const ran = await found.gantry(["run", "go"]);
  expect(ran.stderr).toContain("there is no MCP server gaurd; the configured MCP servers are guard. Did you mean guard?");
});

test("a deny rule of a tool whose name is too long for models holds from the first call on", async () => {
  const long = `guard-${"x".repeat(54)}`;
  const steps = ["wipe", "check"].map((tool) => ({ call: { name: mcpToolName(long, tool).name, input: { what: "all" } } }));
  const found = await place([...steps, done], { allow: [`mcp__${long}__*`], deny: [`mcp__${long}__wipe`] });
  const file = path.join(found.home, ".config/gantry/config.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  config.mcpServers = { [long]: config.mcpServers.guard };
  await writeFile(file, JSON.stringify(config));
  const [wiped, checked] = outcomes(await found.run("go"));
  expect([["TOOL_UNKNOWN", "APPROVAL_DENIED"].includes(String(wiped)), checked]).toEqual([true, "ok"]);
});

test("a rule of a server that is switched off, waits for trust or was left out as wrong names no stranger", async () => {
  const names = ["off", "broken", "unset", "own"];
  const found = await place([done], { deny: [...names, "other"].map((name) => `mcp__${name}__x`) });
  const file = path.join(found.home, ".config/gantry/config.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  Object.assign(config.mcpServers, {
    off: { command: "x", enabled: false },
    broken: { command: "x", timeout: "5s" },
    unset: { command: `\${NOT_SET_ANYWHERE}` },
  });
  await writeFile(file, JSON.stringify(config));
  await writeFile(path.join(found.cwd, ".mcp.json"), JSON.stringify({ mcpServers: { own: { command: "x" } } }));
  const { stdout } = await found.gantry(["permissions", "list", "--json"]);
  const { data, warnings } = JSON.parse(stdout) as { data: { rules: { rule: string; state: string }[] }; warnings: string[] };
  expect(data.rules.map(({ rule, state }) => [rule, state])).toEqual([
    ...names.map((name) => [`mcp__${name}__x`, "ready"]),
    ["mcp__other__x", "absent"],
  ]);
  // One warning for one entry.
  expect(warnings.filter((text) => text.includes("server unset"))).toHaveLength(1);
});

describe("the question about a server's tool", () => {
  const shownFor = async (question: Partial<ApprovalQuestion["tool"]>, input: ApprovalQuestion["call"]["input"]) => {
    let shown = "";
    const asker = createAsker({
      async show(text) {
        shown += text;
      },
      nextLine: async () => "y",
      style: createStyle(false),
      interactive: true,
    });
    const tool = {
      name: "mcp__docs__edit",
      plugin: "mcp:docs",
      description: "",
      inputSchema: {},
      effect: "runs" as const,
      ...question,
    };
    const asked = { call: { sessionId: "s", callId: "c", tool: tool.name, input, cwd: "/w" }, tool, subject: tool.name };
    const { signal } = new AbortController();
    await asker.approve({ ...asked, reason: "no rule allows it", offerAlways: ["mcp__docs__edit"] }, { signal });
    return shown;
  };

  test("shows server, tool, what the server says of it, and the arguments", async () => {
    const mcp = { server: "docs", tool: "edit", annotations: { destructiveHint: true, openWorldHint: true } };
    expect(await shownFor({ mcp }, { page: "a\u001b[2J", body: { x: 1 } })).toBe(
      "\n┌ Allow mcp__docs__edit? (edit of the MCP server docs)\n" +
        "│ the server says that it may delete or overwrite and reaches beyond the server, which nothing here checks\n" +
        '│ page: a\n│ body: {"x":1}\n│ in /w; asked because no rule allows it\n' +
        "└ y: once  s: this session  a: always, as mcp__docs__edit, whatever it is given  n [reason]: no  (y/s/a/N) ",
    );
    expect(await shownFor({ mcp: { server: "docs", tool: "edit" } }, {})).toContain("the server does not say what it does");
  });

  test("is bounded, however much there is", async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`f${at}`, "x".repeat(100_000)]));
    const shown = await shownFor({ mcp: { server: "docs", tool: "edit" } }, many);
    expect(shown.length).toBeLessThan(100_000);
    expect(shown).toContain("… 60 more arguments …");
  });
});
