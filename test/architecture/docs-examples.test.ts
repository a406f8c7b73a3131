/** Every config that a page of docs/ shows is one that the built command takes. */
import { chmod, readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Folders, makeFolders, start } from "../permission/start.ts";
import { bench } from "../support/cli.ts";

const root = path.join(import.meta.dirname, "../..");

interface Example {
  line: number;
  text: string;
}

/** Blocks of JSON that are a config with rules, hooks or what belongs to them. */
async function examplesOf(page: string): Promise<Example[]> {
  const text = await readFile(path.join(root, page), "utf8");
  return [...text.matchAll(/^```jsonc?\n([\s\S]*?)^```$/gm)]
    .map((match) => ({ line: text.slice(0, match.index).split("\n").length, text: match[1] ?? "" }))
    .filter(({ text }) => /^\s*"(?:permissions|hooks|policy|sandbox)"\s*:/m.test(text));
}

/** The scripts that an example's hooks start: a hook whose script is missing is a problem of its own. */
function scriptsOf(text: string): Record<string, string> {
  const names = text.match(/(?<=[" /])\.gantry\/hooks\/[\w.-]+/g) ?? [];
  return Object.fromEntries(names.map((name) => [name, "#!/bin/sh\nexit 0\n"]));
}

describe.each(["docs/permissions.md", "docs/hooks.md", "docs/config.md"])("%s", (page) => {
  test("shows configs that config validate takes", async () => {
    const examples = await examplesOf(page);
    if (page !== "docs/config.md") expect(examples.length).toBeGreaterThan(0);
    const wrong: object[] = [];
    for (const { line, text } of examples) {
      const scripts = scriptsOf(text);
      const { cwd, gantry } = await bench([], { "gantry.config.jsonc": text, ...scripts });
      for (const name of Object.keys(scripts)) await chmod(path.join(cwd, name), 0o755);
      // Its own tests of rules are about the rules as they count once the project is trusted.
      await gantry(["trust", "grant"]);
      const { exit, stdout, stderr } = await gantry(["config", "validate"]);
      if (exit !== 0) wrong.push({ line, exit, stdout, stderr });
    }
    expect(wrong).toEqual([]);
  });
});

test("the judge that docs/hooks.md shows is the one that ships", async () => {
  const code = await readFile(path.join(root, "plugins/policy/guarded-edits.ts"), "utf8");
  const shown = await readFile(path.join(root, "docs/hooks.md"), "utf8");
  expect(shown).toContain(code.replace(/^\/\*\*.*\*\/\n/m, "").trim());
});

describe("the rules for commands that docs/permissions.md shows", () => {
  let folders: Folders & { remove(): Promise<void> };
  beforeAll(async () => {
    folders = await makeFolders();
  });
  afterAll(() => folders.remove());

  const codesOf = (cell = ""): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");

  test("speak of what the page says, and not of the rest", async () => {
    const page = await readFile(path.join(root, "docs/permissions.md"), "utf8");
    const section = page.slice(page.indexOf("### Commands"), page.indexOf("### Paths"));
    const rows = [...section.matchAll(/^\| `Bash.*$/gm)].map(([row]) => row.split(" | "));
    expect(rows.length).toBeGreaterThan(4);
    for (const [rules, passing, failing] of rows) {
      for (const rule of codesOf(rules)) {
        const { approve } = start({ folders, deny: [rule], policy: { approve: "always" } });
        for (const line of codesOf(passing))
          expect([rule, line, (await approve("Bash", line)).verdict]).toEqual([rule, line, "deny"]);
        for (const line of codesOf(failing))
          expect([rule, line, (await approve("Bash", line)).verdict]).toEqual([rule, line, "allow"]);
      }
    }
  });
});
