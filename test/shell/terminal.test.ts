import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, gantryOnTerminal, makePlace } from "./gantry.ts";

const write = { call: { name: "Write", input: { file_path: "a.txt", content: "x\n" } } };
const sleeps = { call: { name: "Bash", input: { command: "sleep 600" } } };
const ctrlC = "\u0003";
const ctrlD = "\u0004";

describe("gantry run on a terminal", () => {
  test("draws the answer's Markdown, the diff, and a last line with tokens, cost and time", async () => {
    const place = await makePlace();
    const model = await place.script([write, { say: "# Title\n\n- **one**\n" }]);
    const terminal = gantryOnTerminal(place, ["run", "go", "--model", model, "--approve", "always"]);
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).toMatch(/✓ Write a\.txt · \d+ ms/);
    expect(terminal.screen()).toContain("Title\r\n\r\n• one");
    expect(terminal.screen()).toMatch(/tokens in, \d+ out · no price known for scripted\/.* · session /);
    expect(terminal.raw()).toContain("\u001b[32m+x\u001b[39m");
  });

  test("a hook that is waited for is named once it takes longer than a second", async () => {
    const place = await makePlace();
    const model = await place.script([{ say: "Done." }]);
    const hooks = {
      SessionStart: [
        { hooks: [{ type: "command", command: "while ! test -e go; do sleep 0.05; done", statusMessage: "warming up" }] },
      ],
    };
    await writeFile(join(place.workspace, "gantry.config.json"), JSON.stringify({ hooks }));
    const terminal = gantryOnTerminal(place, ["run", "go", "--model", model, "--trust"], { columns: 300 });
    await terminal.shows("waiting for the SessionStart hook at");
    await writeFile(join(place.workspace, "go"), "");
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).toMatch(/waiting for the SessionStart hook at \S+gantry\.config\.json:1: warming up/);
  });

  test("NO_COLOR leaves no colour", async () => {
    const place = await makePlace();
    const model = await place.script([{ say: "**bold**" }]);
    const terminal = gantryOnTerminal(place, ["run", "go", "--model", model], { env: { NO_COLOR: "1" } });
    await terminal.ended;
    expect(terminal.raw()).not.toMatch(/\u001b\[\d+m/);
  });

  test("asks for approval; a yes is for one call, and a no takes a reason", async () => {
    const place = await makePlace();
    const again = { call: { name: "Write", input: { file_path: "b.txt", content: "y\n" } } };
    const model = await place.script([write, again, { say: "Done." }]);
    const terminal = gantryOnTerminal(place, ["run", "go", "--model", model]);
    await terminal.shows("(y/s/a/N)");
    terminal.types("y\r");
    await terminal.shows("(y/s/a/N)");
    terminal.types("n\r");
    await terminal.shows("Reason for the model");
    terminal.types("use another name\r");
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).toContain("use another name");
    expect(await readFile(join(place.workspace, "a.txt"), "utf8")).toBe("x\n");
  });

  test("asks once whether to trust a project's own config; without a terminal that is exit 3 with the list", async () => {
    const place = await makePlace();
    await writeFile(join(place.workspace, "gantry.config.json"), '{"permissions":{"allow":["Write"]}}');
    const model = await place.script([write, { say: "Done." }]);
    const args = ["run", "go", "--model", model];
    expect(await gantry(place, args)).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/TRUST_REQUIRED.*allow rule Write/s),
    });
    const terminal = gantryOnTerminal(place, args);
    await terminal.shows("Trust it? (y/N):");
    terminal.types("y\r");
    expect(await terminal.ended).toBe(0);
    expect(await gantry(place, args)).toMatchObject({ exit: 0, stdout: "Done.\n" });
  });

  test("Ctrl-C stops the turn and says how to go on", async () => {
    const place = await makePlace();
    const model = await place.script([sleeps, { say: "never" }]);
    const terminal = gantryOnTerminal(place, ["run", "go", "--model", model, "--approve", "always"]);
    await terminal.shows("… Bash sleep 600");
    terminal.types(ctrlC);
    expect(await terminal.ended).toBe(130);
    expect(terminal.screen()).toContain("The session is kept. To go on: gantry run --resume");
  });
});

describe("the line session", () => {
  test("answers lines, keeps the session, and leaves with Ctrl-D", async () => {
    const place = await makePlace();
    const model = await place.script([{ say: "First." }, { say: "Second." }]);
    const terminal = gantryOnTerminal(place, ["--model", model]);
    await terminal.shows("›");
    terminal.types("one\r");
    await terminal.shows("First.");
    await terminal.shows("›");
    terminal.types("two\r");
    await terminal.shows("Second.");
    await terminal.shows("›");
    terminal.types(ctrlD);
    expect(await terminal.ended).toBe(0);
    const { stdout } = await gantry(place, ["sessions", "list", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ data: { sessions: [{ turns: 2 }] } });
  });

  test("commands answer, an unknown one names the nearest, and mode and model change", async () => {
    const place = await makePlace();
    const model = await place.script([{ say: "ok" }]);
    const terminal = gantryOnTerminal(place, ["--model", model]);
    const exchange: [string, string][] = [
      ["/hlp", "Did you mean /help?"],
      ["/help", "/resume [ID]"],
      ["/status", "default"],
      ["/mode plan", "mode plan"],
      ["/mode plam", "Did you mean plan?"],
      ["/model nobody/x", "no provider is named nobody"],
      ["/cost", "0 tokens in, 0 out"],
      ["/resume", "no other session"],
    ];
    for (const [typed, shown] of exchange) {
      await terminal.shows("›");
      terminal.types(`${typed}\r`);
      await terminal.shows(shown);
    }
    await terminal.shows("›");
    terminal.types("/exit\r");
    expect(await terminal.ended).toBe(0);
  });

  test("a line that ends in a backslash and a paste of several lines are one input each", async () => {
    const place = await makePlace();
    const model = await place.script([{ say: "First." }, { say: "Second." }]);
    const terminal = gantryOnTerminal(place, ["--model", model]);
    await terminal.shows("›");
    terminal.types("one \\\r");
    await terminal.shows("… ");
    terminal.types("two\r");
    await terminal.shows("First.");
    await terminal.shows("›");
    terminal.types("\u001b[200~three\rfour\u001b[201~\r");
    await terminal.shows("Second.");
    await terminal.shows("›");
    terminal.types(ctrlD);
    await terminal.ended;
    const history = (await readFile(join(place.home, "gantry/state/history"), "utf8")).trimEnd().split("\n");
    expect(history.map((line) => JSON.parse(line) as string)).toEqual(["one \ntwo", "three\nfour"]);
  });

  test("Ctrl-C stops a turn and the session goes on; twice at the prompt ends with 130", async () => {
    const place = await makePlace();
    const model = await place.script([sleeps, { say: "Still here." }]);
    const terminal = gantryOnTerminal(place, ["--model", model, "--approve", "always"]);
    await terminal.shows("›");
    terminal.types("go\r");
    await terminal.shows("… Bash sleep 600");
    terminal.types(ctrlC);
    await terminal.shows("Stopped.");
    await terminal.shows("›");
    terminal.types("and now\r");
    await terminal.shows("Still here.");
    await terminal.shows("›");
    terminal.types(ctrlC);
    await terminal.shows("to leave");
    terminal.types(ctrlC);
    expect(await terminal.ended).toBe(130);
  });

  test("an approval is asked in the session, and its answer is not in the history", async () => {
    const place = await makePlace();
    const model = await place.script([write, { say: "Done." }]);
    const terminal = gantryOnTerminal(place, ["--model", model]);
    await terminal.shows("›");
    terminal.types("write\r");
    await terminal.shows("(y/s/a/N)");
    terminal.types("y\r");
    await terminal.shows("Done.");
    await terminal.shows("›");
    // The last line typed that the arrow brings back is the input, not the y.
    terminal.types("\u001b[A");
    await terminal.shows("write");
    terminal.types(`${ctrlC}${ctrlD}`);
    await terminal.ended;
    expect(await readFile(join(place.home, "gantry/state/history"), "utf8")).toBe('"write"\n');
  });

  test("another session is gone on with by /resume", async () => {
    const place = await makePlace();
    const model = await place.script([{ say: "ok" }]);
    const first = JSON.parse((await gantry(place, ["run", "x", "--model", model, "--output", "json"])).stdout) as {
      sessionId: string;
    };
    const terminal = gantryOnTerminal(place, ["--model", model]);
    await terminal.shows("›");
    terminal.types(`/resume ${first.sessionId}\r`);
    await terminal.shows(`session ${first.sessionId}, 1 turn`);
    await terminal.shows("›");
    terminal.types(ctrlD);
    expect(await terminal.ended).toBe(0);
  });
});
