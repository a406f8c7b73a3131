/** AGENTS.md and CLAUDE.md: those of the project reach the model; nothing above it does, and no import leads out of it. */
import { execFileSync } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type Bench, bench, writeFiles } from "../support/cli.ts";

/** The system prompt of the first request. */
function system({ model }: Bench): string {
  return JSON.stringify(model.requests[0]?.body.system);
}

test("instruction files from the root down to the working folder reach the request, in this order", async () => {
  const made = await bench([{ say: "Read." }], {
    "AGENTS.md": "Rule one.\n",
    "CLAUDE.md": "Rule two.\n",
    "packages/a/AGENTS.md": "Rule three.\n",
    "packages/b/AGENTS.md": "Rule of another folder.\n",
  });
  await made.run("hello", ["-C", path.join(made.cwd, "packages/a")]);
  expect(system(made)).toMatch(/Rule one\..*Rule two\..*Rule three\./);
  expect(system(made)).not.toContain("another folder");
  const files = (await made.events()).flatMap((event) => (event.type === "instructions" ? [event.data.file] : []));
  expect(files.map((file) => path.relative(made.cwd, file))).toEqual(["AGENTS.md", "CLAUDE.md", "packages/a/AGENTS.md"]);
});

test("the user's own file comes first, and nothing else above the root is read", async () => {
  const made = await bench([{ say: "Read." }], { "AGENTS.md": "Rule of the project.\n" });
  await writeFile(path.join(made.cwd, "../AGENTS.md"), "Rule from above.\n");
  await writeFiles(made.home, { ".config/gantry/AGENTS.md": "Rule of the user.\n", "AGENTS.md": "Rule of the home.\n" });
  await made.run("hello");
  expect(system(made)).toMatch(/Rule of the user\..*Rule of the project\./);
  expect(system(made)).not.toMatch(/from above|of the home/);
});

test("an import inside the root is followed, one that leads out of it is not, by dots, path or link", async () => {
  const made = await bench([{ say: "Read." }], {
    "AGENTS.md": "Start. @docs/rules.md @../above.md @linked.md @.env\n",
    "docs/rules.md": "Rule imported. @../more.md\n",
    "more.md": "Rule imported twice.\n",
    ".env": "TOKEN=1234\n",
  });
  const above = path.join(made.cwd, "../above.md");
  await writeFile(above, "Rule from above.\n");
  await symlink(above, path.join(made.cwd, "linked.md"));
  await writeFile(path.join(made.cwd, "CLAUDE.md"), `Absolute: @${above}\n`);
  await made.run("hello");
  expect(system(made)).toContain("Rule imported.");
  expect(system(made)).toContain("Rule imported twice.");
  expect(system(made)).not.toMatch(/from above|1234/);
});

test("an instruction file that is a link out of the root is not read", async () => {
  const made = await bench([{ say: "Read." }]);
  await writeFile(path.join(made.home, "secret.md"), "Rule from elsewhere.\n");
  await symlink(path.join(made.home, "secret.md"), path.join(made.cwd, "AGENTS.md"));
  await made.run("hello");
  expect(system(made)).not.toContain("elsewhere");
});

describe("nothing that is hidden reaches the model by way of an instruction file:", () => {
  const secret = { ".env": "DB=hunter2hunter2\n" };

  test("a link named AGENTS.md to a secrets file", async () => {
    const made = await bench([{ say: "Read." }], { ...secret, "CLAUDE.md": "Rule one.\n" });
    await symlink(".env", path.join(made.cwd, "AGENTS.md"));
    await made.run("hello");
    expect(system(made)).toContain("Rule one.");
    expect(system(made)).not.toContain("hunter2");
  });

  test("an import through a link to a secrets file, or to what is no text", async () => {
    const made = await bench([{ say: "Read." }], { ...secret, "AGENTS.md": "See @notes.md @more.md", "key.bin": "hunter2\n" });
    await symlink(".env", path.join(made.cwd, "notes.md"));
    await symlink("key.bin", path.join(made.cwd, "more.md"));
    await made.run("hello");
    expect(system(made)).toContain("See @notes.md");
    expect(system(made)).not.toContain("hunter2");
  });

  test("a text in a folder of the secrets table", async () => {
    const made = await bench([{ say: "Read." }], { "AGENTS.md": "See @.ssh/notes.md", ".ssh/notes.md": "hunter2\n" });
    await made.run("hello");
    expect(system(made)).not.toContain("hunter2");
  });

  test("a text that a deny rule for Read names", async () => {
    const made = await bench([{ say: "Read." }], { "AGENTS.md": "See @private/a.md", "private/a.md": "hunter2\n" });
    await made.run("hello", ["--deny", "Read(private/**)"]);
    expect(system(made)).toContain("See @private/a.md");
    expect(system(made)).not.toContain("hunter2");
  });
});

test("a link named CLAUDE.md to AGENTS.md is the same file, once", async () => {
  const made = await bench([{ say: "Read." }], { "AGENTS.md": "Rule one.\n" });
  await symlink("AGENTS.md", path.join(made.cwd, "CLAUDE.md"));
  await made.run("hello");
  expect(system(made).split("Rule one.")).toHaveLength(2);
});

test("a pipe named AGENTS.md holds nothing up", async () => {
  const made = await bench([{ say: "Read." }], { "CLAUDE.md": "Rule one.\n" });
  execFileSync("mkfifo", [path.join(made.cwd, "AGENTS.md")]);
  expect((await made.run("hello")).exit).toBe(0);
  expect(system(made)).toContain("Rule one.");
});
