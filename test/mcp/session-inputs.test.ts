/** What the user writes of servers: `/mcp__server__prompt` and `@server:uri`, in `run` and in the line session. */
import { describe, expect, test } from "vitest";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { bench } from "../support/cli.ts";
import { serversOf } from "../support/mcp.ts";
import { newestTexts, sessionServer } from "../support/mcp-session.ts";

const done = { say: "Done." };

describe("gantry run", () => {
  test("gives the model a server's prompt, filled in, and what it mentions of resources", async () => {
    const found = await bench([done, done]);
    const flags = await serversOf(found, { notes: sessionServer() });
    const asked = await found.gantry(["run", "/mcp__notes__review 'my file.ts' style=\"very strict\"", ...flags], {
      stdin: "piped @notes:note://main",
    });
    expect(asked.exit, asked.stderr).toBe(0);
    expect(newestTexts(found.model, 0).slice(0, 4)).toEqual([
      "Review my file.ts in the style very strict.",
      "[assistant]\nOf course.",
      "[image]",
      "<stdin>\npiped @notes:note://main\n</stdin>",
    ]);
    const text = "See (@notes:note://main), @notes:note://gone and not a@notes:note://main, @other:note://main, @notes:main().";
    const mentioned = await found.gantry(["run", text, ...flags]);
    expect(mentioned.exit, mentioned.stderr).toBe(0);
    const [first, ...attached] = newestTexts(found.model, 1);
    expect(first).toBe(text);
    expect(attached.filter((part) => !part.startsWith("<mcp-news>"))).toEqual([
      '<mcp-resource server="notes" uri="note://main">',
      "The note says &lt;/mcp-resource> seven.",
      "</mcp-resource>",
      expect.stringMatching(/^<mcp-resource server="notes" uri="note:\/\/gone">\nIt could not be read: .*no such note/),
    ]);
    expect(mentioned.stderr).toContain("@notes:note://gone is not attached");
  });

  test.each([
    ["/mcp__nots__review x", "there is no MCP server nots. Did you mean notes?", "MCP_SERVER_UNKNOWN"],
    ["/mcp__notes__revew x", "has no prompt /mcp__notes__revew. Did you mean /mcp__notes__review?", "USAGE_INVALID"],
    ["/mcp__notes__review", "needs file. Usage: /mcp__notes__review file [style]", "USAGE_INVALID"],
    ["/mcp__notes__review a b c", '"c" is one argument too many', "USAGE_INVALID"],
    ["/mcp__notes__review 'a", "a ' is not closed", "USAGE_INVALID"],
  ])("refuses %s before anything is paid", async (prompt, said, code) => {
    const found = await bench([done]);
    const ran = await found.run(prompt, await serversOf(found, { notes: sessionServer() }));
    expect(ran.exit).toBe(2);
    expect(ran.json.error).toMatchObject({ code, message: expect.stringContaining(said) });
    expect(found.model.requests).toHaveLength(0);
  });

  test("refuses a prompt of a server where none is configured, and takes other texts with a slash as they are", async () => {
    const found = await bench([done]);
    const ran = await found.run("/mcp__notes__review x");
    expect(ran.exit).toBe(2);
    expect(ran.json.error).toMatchObject({ code: "MCP_SERVER_UNKNOWN" });
    expect((await found.run("/etc/hosts: what is it for? Mail a@notes:x")).exit).toBe(0);
    expect(newestTexts(found.model, 0)).toEqual(["/etc/hosts: what is it for? Mail a@notes:x"]);
  });
});

test("the line session takes prompts, completes them with Tab, and shows servers with /mcp", async () => {
  const found = await bench([done, done]);
  const flags = await serversOf(found, { notes: sessionServer(), off: sessionServer({}, { enabled: false }) });
  const terminal = gantryOnTerminal({ workspace: found.cwd, env: found.env }, flags, { columns: 200 });
  await terminal.shows("›");
  terminal.types("/mcp\r");
  await terminal.shows("not started");
  await terminal.shows("›");
  terminal.types("/mcp__notes__review a.ts kind\r");
  await terminal.shows("Done.");
  expect(newestTexts(found.model, 0)[0]).toBe("Review a.ts in the style kind.");
  await terminal.shows("›");
  terminal.types("/mcp\r");
  expect(await terminal.shows("switched off")).toMatch(/notes +ready +3 tools, 1 prompts, 2 resources/);
  await terminal.shows("›");
  terminal.types("/mcp__n\t");
  await terminal.shows("/mcp__notes__review");
  terminal.types(" b.ts str\t");
  await terminal.shows("strict");
  terminal.types("\r");
  await terminal.shows("›");
  expect(newestTexts(found.model, 1)[0]).toBe("Review b.ts in the style strict.");
  terminal.types("see @notes:note://m\t");
  await terminal.shows("@notes:note://main");
  terminal.types("\u0015/mcp reconnect nots\r");
  await terminal.shows("Did you mean notes?");
  await terminal.shows("›");
  terminal.types("/exit\r");
  expect(await terminal.ended).toBe(0);
});
