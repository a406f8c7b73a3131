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
