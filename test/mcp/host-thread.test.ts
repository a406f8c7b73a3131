/** The thread that speaks MCP hangs, runs out of memory, is killed by one server: it is started again, and nothing stays behind. */
import { expect, test } from "vitest";
import { until } from "../support/alive.ts";
import { frailThread, openHost, plainServer } from "../support/mcp-host.ts";

const signal = new AbortController().signal;
const quick = { firstMs: 10 };

test.each(["hang-thread", "fill-thread"])("after %s the thread is another, and so are its children", async (name) => {
  const host = await openHost([plainServer("one")], { filename: frailThread, restarts: quick, beatMs: 200 });
  await host.mcp.settled({ boundMs: 30_000, signal });
  const [before] = await host.children();
  const lost = host.mcp.request("one", "callTool", { name, arguments: {} }, { signal });
  await expect(lost).rejects.toMatchObject({ code: "MCP_DISCONNECTED" });
  expect(host.facts("one")).toMatchObject({ state: "starting" });
  expect(host.registry.findTool("mcp__one__add")).toBeDefined();
  expect(await host.call("mcp__one__add", { a: 1 })).toBe("1");
  const now = await host.children();
  expect([now.length, now.includes(before ?? 0), host.facts("one").restarts]).toEqual([1, false, 1]);
});

test("a server that kills the thread again and again fails alone", async () => {
  const host = await openHost([plainServer("one"), plainServer("poison"), plainServer("two")], {
    filename: frailThread,
    restarts: quick,
  });
  host.mcp.start();
  await host.becomes("poison", "failed");
  await host.mcp.settled({ boundMs: 30_000, signal });
  expect(["one", "two"].map((name) => host.facts(name).state)).toEqual(["ready", "ready"]);
  expect(host.facts("poison")).toMatchObject({ code: "MCP_START_FAILED", why: expect.stringContaining("keeps ending") });
  expect(await host.call("mcp__two__add", { a: 2 })).toBe("2");
  const { restarts } = host.facts("one");
  expect((await host.children()).length).toBe(2);
  // Named, it is tried again: in a thread of its own, and the others do not notice.
  host.mcp.start(["poison"]);
  expect(host.facts("poison").state).toBe("starting");
  await host.becomes("poison", "failed");
  expect(["one", "two"].map((name) => host.facts(name))).toMatchObject([
    { state: "ready", restarts },
    { state: "ready", restarts },
  ]);
});

test("what a server forked, and what will not end, is gone when the servers are closed", async () => {
  const host = await openHost([plainServer("one", { deaf: true })], { bounds: { endMs: 50 } });
  await host.mcp.settled({ boundMs: 30_000, signal });
  const forked = Number(await host.call("mcp__one__leave"));
  expect(await host.children()).toContain(forked);
  await host.close();
  expect(await host.children()).toEqual([]);
});

test("closing does not wait for servers that are starting, and leaves none of them", async () => {
  const silent = plainServer("mute", { silent: true, deaf: true });
  const host = await openHost([silent], { bounds: { endMs: 60_000 } });
  host.mcp.start();
  await until(async () => (await host.children()).length > 0, "the server never started");
  await host.close();
  expect([await host.children(), host.facts("mute").state]).toEqual([[], "stopped"]);
});

test("twenty starts and stops leave nothing", async () => {
  for (let cycle = 0; cycle < 20; cycle++) {
    const host = await openHost([plainServer("one")]);
    if (cycle % 2 === 0) await host.mcp.settled({ boundMs: 30_000, signal });
    else host.mcp.start();
    await host.close();
    expect(await host.children()).toEqual([]);
  }
});
