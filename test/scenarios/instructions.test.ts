/** AGENTS.md and CLAUDE.md: those of the project reach the model; nothing above it does, and no import leads out of it. */
import { symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
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
