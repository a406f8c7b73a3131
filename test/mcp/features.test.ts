/** What no server of npm does, and what servers do wrong, through the built command. */
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { bench, resultTexts } from "../support/cli.ts";
import { serversOf } from "../support/mcp.ts";
import { newestTexts, sentNames } from "../support/mcp-session.ts";
import { startHttpServer } from "../support/mcp-thread.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/mcp/${name}`, import.meta.url));
const program = (name: string, ...args: string[]) => ({ command: process.execPath, args: [fixture(name), ...args] });
const call = (name: string, input: Record<string, unknown> = {}) => ({ call: { name: `mcp__${name}`, input } });
const done = { say: "Done." };

test("pages of tools are all read, audio is named, the server's ping is answered, and structure is checked, in an old revision", async () => {
  const found = await bench([
    call("it__sound"),
    call("it__pinged"),
    call("it__right"),
    call("it__wrong"),
    call("old__sound"),
    done,
  ]);
  const servers = { it: program("features-server.mjs"), old: program("features-server.mjs", "2024-11-05") };
  const ran = await found.run("go", await serversOf(found, servers));
  expect(ran.exit, ran.stderr).toBe(0);
  const tools = ["sound", "pinged", "right", "wrong", "learn", "plain"].map((name) => `mcp__it__${name}`);
  expect(sentNames(found.model, 5)).toEqual(expect.arrayContaining(tools));
  expect(resultTexts(found.model, 1)[0]).toMatch(/\[audio: audio\/wav, 4 bytes, not shown\]\n?Resource memo:\/\/words:/);
  expect(resultTexts(found.model, 2)[0]).toBe("the client answered {}");
  expect(resultTexts(found.model, 3)[0]).toContain('"count": 7');
  expect(resultTexts(found.model, 4)[0]).toMatch(/^MCP_RESULT_INVALID: The result of wrong of the server it .*count/);
  expect(resultTexts(found.model, 5)[0]).toContain("audio/wav");
  const results = (await found.events()).flatMap((event) => (event.type === "tool.result" ? [event.data.data] : []));
  expect(results[2]).toEqual({ count: 7 });
});

test("a prompt that a server brings later is one in the line session, and one that it takes away is gone", async () => {
  const found = await bench([call("it__learn"), { say: "Learned." }, { say: "Heard." }]);
  const flags = await serversOf(found, { it: program("features-server.mjs") });
  const terminal = gantryOnTerminal({ workspace: found.cwd, env: found.env }, flags, { columns: 120 });
  await terminal.shows("›");
  terminal.types("learn\r");
  await terminal.shows("Learned.");
  await terminal.shows("›");
  // The list is read again while the session goes on.
  while (!terminal.screen().includes("2 prompts")) {
    terminal.types("/mcp\r");
    await terminal.shows("6 tools");
    await terminal.shows("›");
  }
  terminal.types("/mcp__it__later\r");
  await terminal.shows("Heard.");
  expect(newestTexts(found.model, 2)).toEqual(["This is the prompt later."]);
  await terminal.shows("›");
  terminal.types("/mcp__it__first\r");
  await terminal.shows("has no prompt /mcp__it__first");
  await terminal.shows("›");
  terminal.types("/exit\r");
  expect(await terminal.ended).toBe(0);
});

test("servers that do everything wrong, all in one run: each is told by its name and its code, and the run goes on", async () => {
  const web = await startHttpServer();
  onTestFinished(() => web.close());
  const wrong = [
    ["flood__flood", "flood"],
    ["silent__x", "MCP_START_TIMEOUT"],
    ["version__x", "MCP_PROTOCOL"],
    ["garbage__x", "MCP_PROTOCOL"],
    ["ends__x", "MCP_START_FAILED"],
    ["closed__x", "MCP_NEEDS_LOGIN"],
    ["lost__x", "MCP_HTTP_FAILED"],
    ["loop__x", "MCP_HTTP_FAILED"],
    ["good__error", "MCP_CALL_FAILED"],
    ["good__number-wrong", "MCP_RESULT_INVALID"],
    ["good__sample", "MCP_SAMPLING_DENIED"],
    ["good__hang", "MCP_TIMEOUT"],
    ["good__die", "MCP_DISCONNECTED"],
    ["big__big", "MCP_TOO_LARGE"],
    ["good__echo", "still here"],
    // Ten seconds after it began.
    ["flood__hang", "MCP_FLOOD"],
  ] as const;
  const found = await bench([...wrong.map(([name]) => call(name, name === "good__echo" ? { text: "still here" } : {})), done]);
  const hostile = (mode: string, more: object = {}) => ({ ...program("hostile-stdio.cjs", mode), ...more });
  const flags = await serversOf(found, {
    good: hostile("good", { timeout: 1_000, sampling: { answer: "deny" } }),
    big: hostile("good"),
    flood: hostile("good", { timeout: 60_000 }),
    silent: hostile("silent", { startTimeout: 500 }),
    version: hostile("other-version"),
    garbage: hostile("garbage"),
    ends: hostile("exit"),
    closed: { url: web.url("/closed") },
    lost: { url: web.url("/broken") },
    loop: { url: web.url("/loop") },
  });
  const ran = await found.run("go", [...flags, "--approve", "always"]);
  expect(ran.exit, ran.stderr).toBe(0);
  const results = wrong.map((_, index) => resultTexts(found.model, index + 1)[0] ?? "");
  const seen = wrong.map(([name, code], index) => {
    const text = results[index] ?? "";
    const [server = ""] = name.split("__");
    // What a server is answered itself has no need of its name.
    const isNamed = text.includes(server) || !code.startsWith("MCP_") || code === "MCP_SAMPLING_DENIED";
    return text.includes(code) && isNamed ? code : `${name}: ${text}`;
  });
  expect(seen).toEqual(wrong.map(([, code]) => code));
  const [log = ""] = (await found.logs()).map((file) => file.replace(/^.*\/|\.jsonl$/g, ""));
  expect((await found.gantry(["sessions", "verify", log])).exit).toBe(0);
});
