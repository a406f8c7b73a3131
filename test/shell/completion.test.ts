import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { readBuiltinManifests } from "../../core/manifests.ts";
import { createCommandTable } from "../../core/shell/commands.ts";
import { completionScript } from "../../core/shell/completion.ts";

const table = createCommandTable(readBuiltinManifests());

/** What a real bash would offer after `words`, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const script = `${completionScript("bash", table)}
COMP_WORDS=(gantry ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}
_gantry_completion; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8" })
    .trim()
    .split("\n")
    .filter((word) => word !== "");
}

test("bash offers commands, words below a topic, flags and the values of flags and arguments", () => {
  expect(offered("")).toEqual(expect.arrayContaining(["run", "doctor", "tools"]));
  expect(offered("tools", "")).toEqual(expect.arrayContaining(["list", "describe", "call"]));
  expect(offered("run", "--perm")).toEqual(["--permission-mode"]);
  expect(offered("run", "--permission-mode", "ac")).toEqual(["acceptEdits"]);
  expect(offered("completion", "f")).toEqual(["fish"]);
  expect(offered("tools", "list", "--js")).toEqual(["--json"]);
});

test("every command is in the fish script, and zsh takes the bash one", () => {
  const fish = completionScript("fish", table);
  for (const { id } of table.commands) expect(fish).toContain(`'${id.split(" ").at(-1)}'`);
  expect(completionScript("zsh", table).startsWith("#compdef gantry\n")).toBe(true);
});

test("what a manifest of others says runs nothing, neither when the script is taken in nor when Tab is pressed", () => {
  const [command] = table.commands;
  if (command === undefined) throw new Error("the table is empty");
  const hostile = "$(echo ran) `echo ran` \\'; echo ran #\n\u001b[2J";
  const args = [{ name: "what", summary: hostile, options: ["$(echo ran)", "`echo ran`", "plain", "*"] }];
  const odd = { ...command, id: "odd", summary: hostile, args, flags: [], examples: [] };
  const own = { ...table, commands: [odd], topics: [], find: () => odd };
  const bash = `${completionScript("bash", own)}
COMP_WORDS=(gantry odd ''); COMP_CWORD=2; _gantry_completion; printf '%s\\n' "\${COMPREPLY[@]}"`;
  expect(execFileSync("bash", ["--norc", "-c", bash], { encoding: "utf8" })).toBe("plain\n");
  const fish = completionScript("fish", own).split("\n");
  // In fish both `\'` and `\\` are escapes within quotes.
  expect(fish.find((line) => line.includes("-a 'odd'"))).toMatch(/-d '\$\(echo ran\) `echo ran` \\\\\\'; echo ran #\\\\n'$/);
});
