/** parity route: which part of this build a prompt speaks of. */
import { describe, expect, test } from "vitest";
import type { Inventory } from "../../core/contract/inventory.ts";
import { routePrompt } from "../../plugins/parity/route/score.ts";
import { splitWords, stemOf, termsOf } from "../../plugins/parity/route/words.ts";
import { bench } from "../support/cli.ts";

describe("what must come first", () => {
  let read: Promise<Inventory> | undefined;
  /** Once for all of these. */
  const own = (): Promise<Inventory> => (read ??= readOwn());

  // Measured when it was written: 44 of 44. One that a change of a summary loses is to be looked at, not struck out.
  test.each([
    ["run the unit tests", "tools/Bash"],
    ["git status", "tools/Bash"],
    ["build the project with npm", "tools/Bash"],
    ["find TODO comments", "tools/Grep"],
    ["grep for console.log", "tools/Grep"],
    ["search for a regex in the sources", "tools/Grep"],
    ["list all typescript files", "tools/Glob"],
    ["read package.json", "tools/Read"],
    ["create a new file with this content", "tools/Write"],
    ["replace a string in a file", "tools/Edit"],
    ["rename a function in this file", "tools/Edit"],
    ["kill the background run", "tools/KillShell"],
    ["what did the background process print", "tools/BashOutput"],
    ["ask the user which database to use", "tools/AskUserQuestion"],
    ["keep a to-do list", "tools/TodoWrite"],
    ["use Bash to look at it", "tools/Bash"],
    ["which rules deny git push", "commands/permissions explain"],
    ["install a plugin", "commands/plugins install"],
    ["remove the plugin", "commands/plugins uninstall"],
    ["list the installed plugins", "commands/plugins list"],
    ["which permissions was the plugin granted", "commands/plugins grants"],
    ["export the last session as markdown", "commands/sessions export"],
    ["verify the hash chain of a session", "commands/sessions verify"],
    ["trust this project", "commands/trust"],
    ["is the project trusted", "commands/trust"],
    ["revoke trust", "commands/trust revoke"],
    ["log in to an MCP server", "commands/mcp login"],
    ["add an MCP server", "commands/mcp add"],
    ["which hooks would run", "commands/hooks explain"],
    ["trace which hooks ran", "commands/hooks trace"],
    ["print the JSON Schema of the config file", "commands/config schema"],
    ["set the model key in the config file", "commands/config set"],
    ["is my setup broken?", "commands/doctor"],
    ["which tools would a model be offered", "commands/tools list"],
    ["report how a session would begin", "commands/parity bootstrap"],
    ["rehearse a run with a scripted model", "commands/parity turn-loop"],
    ["compare this build with claw code", "commands/parity audit"],
    ["what hooks would run for PreToolUse", "hook-events/PreToolUse"],
    ["what does --max-turns mean", "flags/--max-turns"],
    ["TOOL_UNKNOWN", "error-codes/TOOL_UNKNOWN"],
    ["run", "commands/run"],
    ["what is permissions.mode?", "config-keys/permissions.mode"],
    ["how does `plan` differ", "permission-modes/plan"],
    ["call `sessions list` for me", "commands/sessions list"],
  ])("%s → %s", async (prompt, wanted) => {
    const { matches } = routePrompt(prompt, await own());
    const named = matches
      .slice(0, 4)
      .map(({ item, score, why }) => `${item} ${score} ${why.map(({ word }) => word).join(",")}`);
    expect(matches[0]?.item, named.join("\n")).toBe(wanted);
  });

  test("the best tool and the best command come first, then all others by score", async () => {
    const { matches } = routePrompt("find TODO comments in files of the session", await own());
    const [first, second, ...others] = matches;
    expect([first?.part, second?.part].toSorted()).toEqual(["commands", "tools"]);
    const scores = others.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  test("the same prompt has the same answer, and every match says by which words", async () => {
    const inventory = await own();
    const once = routePrompt("which rules deny git push", inventory);
    expect(routePrompt("which rules deny git push", inventory)).toEqual(once);
    expect(once.matches.every(({ why, exact }) => exact || why.length > 0)).toBe(true);
  });
});

/** As the command reads it: what the core describes. */
async function readOwn(): Promise<Inventory> {
  const { gantry } = await bench([]);
  const { parts, ...whole } = JSON.parse((await gantry(["parity", "manifest"])).stdout) as Inventory;
  const { scenarios: _ofThisPlugin, ...own } = parts;
  return { ...whole, parts: own };
}

describe("a small inventory", () => {
  const inventory: Inventory = {
    format: "gantry-inventory/1",
    system: { name: "small", version: "1" },
    parts: {
      tools: [
        { name: "Bake", source: "x", summary: "Makes bread." },
        {
          name: "Boil",
          source: "x",
          summary: "Makes soup.",
          facts: { inputSchema: { properties: { kettleSize: { type: "integer" } } } },
        },
      ],
      commands: [
        { name: "oven heat", source: "x", summary: "Makes it warm." },
        { name: "oven clean", source: "x", summary: "Makes it shine." },
      ],
    },
  };

  test("equals keep the order of parts and names", () => {
    const items = routePrompt("makes", inventory).matches.map(({ item }) => item);
    expect(items).toEqual(["tools/Bake", "commands/oven heat", "tools/Boil", "commands/oven clean"]);
  });

  test("a word of a schema is found, and told as a fact", () => {
    expect(routePrompt("the size of the kettle", inventory).matches).toMatchObject([
      {
        item: "tools/Boil",
        why: [
          { word: "size", where: "facts" },
          { word: "kettle", where: "facts" },
        ],
      },
    ]);
  });

  test("a rare word outweighs a common one", () => {
    expect(routePrompt("make it shine", inventory).matches[0]?.item).toBe("commands/oven clean");
  });

  test("words that nothing has are told, and stop words are no words", () => {
    expect(routePrompt("could you please fly the bread", inventory)).toMatchObject({
      words: ["fly", "bread"],
      unknown: ["fly"],
    });
    expect(routePrompt("what would you do with it", inventory)).toEqual({ words: [], unknown: [], matches: [] });
  });
});

describe("words", () => {
  test.each([
    ["PreToolUse", ["pre", "tool", "use"]],
    ["--max-turns", ["max", "turns"]],
    ["src/a-b/HTTPServer.ts", ["src", "a", "b", "http", "server", "ts"]],
    ["permissions.mode", ["permissions", "mode"]],
    ["don't", ["dont"]],
    ["\u001b[31mred\u0007", ["red"]],
  ])("%j is cut where its words meet", (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  test.each([
    ["run", ["runs", "running", "ran"]],
    ["deny", ["denies", "denied", "denying"]],
    [stemOf("write"), ["writes", "writing", "written", "wrote"]],
    ["search", ["searches", "searched", "searching"]],
    ["pass", ["passes", "passing", "passed"]],
    ["status", ["status"]],
  ])("%s is the stem of %j", (stem, words) => {
    expect(new Set(words.map(stemOf))).toEqual(new Set([stem]));
  });

  test("a mark that programmers leave in code is another word than a to-do", () => {
    expect([...termsOf("TODO to-do")]).toEqual([
      ["codemark", "TODO"],
      ["todo", "todo"],
    ]);
  });
});

test("the command prints score, item and why; --json has the data; input that means nothing is said to", async () => {
  const { gantry } = await bench([]);
  const route = (...args: string[]) => gantry(["parity", "route", ...args]);
  const [found, json, nothing, unknown] = await Promise.all([
    route("find TODO \u001b[2Jcomments", "--limit", "2"),
    route("find TODO comments", "--limit", "1", "--json"),
    route("what is it"),
    route("zzyzx"),
  ]);
  await expect(found.stdout.replace(/\d+\.\d/g, "0.0").replace(/\d+ more/, "N more")).toMatchFileSnapshot("golden/route.txt");
  expect([found.exit, found.stderr]).toEqual([0, ""]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: true,
    kind: "parity.route",
    data: {
      words: ["find", "TODO", "comments"],
      unknown: [],
      matches: [{ item: "tools/Grep", part: "tools", name: "Grep", exact: false }],
    },
  });
  expect(nothing.stdout).toBe("The prompt has no word that could name something: nothing to look for.\n");
  expect(unknown.stdout).toBe("Nothing of this build is called or described by: zzyzx.\n");
});

test("a prompt that is missing, empty or too long, and a limit that is no count, are USAGE_INVALID", async () => {
  const { gantry } = await bench([]);
  const bad: [string[], string][] = [
    [[], "The argument PROMPT is missing"],
    [[" \n"], "PROMPT is empty"],
    [["x".repeat(10_001)], "PROMPT has 10001 characters; parity route takes at most 10000"],
    [["x", "--limit", "0"], "--limit takes a whole number from 1 to 100, not 0"],
    [["x", "--limit", "1000"], "--limit takes a whole number from 1 to 100, not 1000"],
  ];
  const ended = await Promise.all(bad.map(async ([args]) => await gantry(["parity", "route", ...args])));
  expect(ended.map(({ exit, stdout }) => [exit, stdout])).toEqual(bad.map(() => [2, ""]));
  for (const [place, [, says]] of bad.entries()) expect(ended[place]?.stderr).toContain(`USAGE_INVALID: ${says}`);
});
