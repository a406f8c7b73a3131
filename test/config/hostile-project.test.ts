import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPlace } from "./place.ts";

const loadModule = new URL("../../config/load.ts", import.meta.url).href;

/** Runs the load in a process of its own, whose cwd is the project, as the product's is. */
function loadThere(
  project: string,
  env: Record<string, string | undefined>,
  managedFolder: string,
): { problems: { message: string }[]; config: object } {
  const program = `
    const { loadConfig } = await import(${JSON.stringify(loadModule)});
    const { problems, config } = await loadConfig({ cwd: process.cwd(), env: process.env, flags: {}, managedFolder: ${JSON.stringify(managedFolder)} });
    process.stdout.write(JSON.stringify({ problems, config, cwd: process.cwd() }));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: project,
    env,
    encoding: "utf8",
    timeout: 30_000,
  });
  const result = JSON.parse(output);
  expect(result.cwd).toBe(project);
  return result;
}

function plant(place: ReturnType<typeof createPlace>): string {
  const marker = join(place.home, "ran");
  const ranBy = (name: string): string =>
    `require("node:fs").mkdirSync(${JSON.stringify(`${marker}/${name}`)}, { recursive: true });\n`;
  const importing = (name: string): string =>
    `import { mkdirSync } from "node:fs"; mkdirSync(${JSON.stringify(`${marker}/${name}`)}, { recursive: true });\nexport default {};\n`;
  for (const ending of ["js", "cjs", "ts", "cts"]) {
    for (const stem of [".config/config", ".config/gantryrc", ".gantryrc", "gantry.config", "config"]) {
      place.write(`${stem}.${ending}`, `${ranBy(`${stem.replace("/", "-")}-${ending}`)}module.exports = {};`);
    }
  }
  for (const stem of [".config/config", "gantry.config", ".gantryrc"]) {
    place.write(`${stem}.mjs`, importing(`${stem.replace("/", "-")}-mjs`));
    place.write(`${stem}.mts`, importing(`${stem.replace("/", "-")}-mts`));
  }
  place.write("payload.cjs", `${ranBy("import")}module.exports = { model: "evil/x" };`);
  place.write("package.json", { name: "x", cosmiconfig: { loaders: {}, $import: "./payload.cjs" }, $import: "./payload.cjs" });
  return marker;
}

test("no program that a project plants is run, and those with our name are problems", () => {
  const place = createPlace();
  const marker = plant(place);
  place.write("gantry.config.json", { $import: "./payload.cjs", model: "a/b" });
  const { problems } = loadThere(place.project, place.env, place.managedFolder);
  expect(existsSync(marker) ? readdirSync(marker) : []).toEqual([]);
  const messages = problems.map(({ message }) => message);
  expect(messages.filter((message) => message.endsWith("is a program, and config is data: it is never run"))).toHaveLength(12);
  expect(messages).toContain("$import is not followed: config is data, and one file never runs or reads another");
});

test.each([
  ["gantry.config.yaml", '$import: "./payload.cjs"\n'],
  ["gantry.config.jsonc", '{ "$import": ["./payload.cjs"] }'],
  [".gantryrc", '{ "$import": "./payload.cjs" }'],
  ["package.json", '{ "$import": "./payload.cjs", "gantry": { "$import": "./payload.cjs" } }'],
])("$import in %s is a problem and names nothing to run", (name, text) => {
  const place = createPlace();
  const marker = plant(place);
  place.write("package.json", "{}");
  place.write(name, text);
  const { problems } = loadThere(place.project, place.env, place.managedFolder);
  expect(existsSync(marker)).toBe(false);
  expect(problems.map(({ message }) => message)).toContain(
    "$import is not followed: config is data, and one file never runs or reads another",
  );
});

test("the markers work: cosmiconfig as it comes runs .config/config.js of the cwd", () => {
  const place = createPlace();
  const marker = plant(place);
  const program = `import { cosmiconfig } from ${JSON.stringify(import.meta.resolve("cosmiconfig"))}; try { cosmiconfig("gantry"); } catch {}`;
  place.write("package.json", "{}");
  execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: place.project,
    env: place.env,
    timeout: 30_000,
  });
  expect(readdirSync(marker)).toEqual([".config-config-js"]);
});

test.each([
  ["brackets", "[".repeat(100_000)],
  ["braces", "{a: ".repeat(20_000)],
  ["entries of one line", "- ".repeat(100_000)],
  ["keys of one line", "? ".repeat(5_000)],
  ["indented keys", Array.from({ length: 1_000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
])("YAML that is nested without end is one problem: %s", async (_name, text) => {
  const place = createPlace();
  const file = place.write("gantry.config.yaml", text);
  const { problems } = await place.load();
  expect(problems).toMatchObject([{ code: "CONFIG_INVALID", file, message: expect.stringContaining("64 levels") }]);
});

test("JSON that is nested without end is one problem", async () => {
  const place = createPlace();
  const file = place.write("gantry.config.json", `{"a": "]]", /* ]] */ "b": ${"[".repeat(100_000)}`);
  const { problems } = await place.load();
  expect(problems).toMatchObject([{ code: "CONFIG_INVALID", file, message: expect.stringContaining("64 levels") }]);
});

test("YAML of an ordinary depth, with long lists and long texts, is no such thing", async () => {
  const place = createPlace();
  const rules = Array.from({ length: 500 }, (_, index) => `    - "Bash(echo ${index} [{: - ?)" # [[[[`).join("\n");
  place.write("gantry.config.yaml", `permissions:\n  deny:\n${rules}\n`);
  const { problems, ruleList } = await place.load();
  expect([problems, ruleList.length]).toEqual([[], 500]);
});

test("a key of package.json that is written with escapes is seen", async () => {
  const place = createPlace();
  place.write("package.json", '{ "g\\u0061ntry": { "modle": "a/b" } }');
  const { problems } = await place.load();
  expect(problems).toMatchObject([{ code: "CONFIG_KEY_UNKNOWN" }]);
});

test("$import and programs named in .claude and in hooks are never followed or run by a load", () => {
  const place = createPlace();
  const marker = plant(place);
  place.write("package.json", "{}");
  for (const stem of ["gantry.config", ".gantryrc"]) {
    for (const ending of ["js", "cjs", "ts", "cts", "mjs", "mts"])
      rmSync(join(place.project, `${stem}.${ending}`), { force: true });
  }
  const hooks = { SessionStart: [{ hooks: [{ type: "command", command: "node payload.cjs" }] }] };
  place.write("gantry.config.json", { claudeSettings: ["project", "local"], hooks });
  place.write(".claude/settings.json", { $import: "../payload.cjs", hooks });
  place.write(".claude/settings.local.json", { $import: ["../payload.cjs"], extends: "../payload.cjs" });
  const { problems } = loadThere(place.project, place.env, place.managedFolder);
  expect(existsSync(marker)).toBe(false);
  expect(problems.map(({ message }) => message)).toEqual(["not read: $import", "not read: $import, extends"]);
});

const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ".repeat(20)}\n`;

test.each([".gantryrc", "gantry.config.json", "gantry.config.yaml", ".claude/settings.json"])(
  "%s that is a link out of the project is refused, and nothing of it is told",
  async (name) => {
    const place = createPlace();
    const secret = join(place.home, "id_rsa");
    writeFileSync(secret, key);
    const config = place.write("user.json", { claudeSettings: ["project"] });
    mkdirSync(join(place.project, ".claude"), { recursive: true });
    symlinkSync(secret, join(place.project, name));
    const { problems } = await place.load({ flags: { config } });
    expect(problems).toEqual([
      {
        code: "CONFIG_INVALID",
        message: "this file is a link to a place outside the project; it is not read",
        file: join(place.project, name),
      },
    ]);
  },
);

test("a link within the project is read", async () => {
  const place = createPlace();
  place.write("tools/gantry.json", { limits: { maxTurns: 3 } });
  symlinkSync("tools/gantry.json", join(place.project, "gantry.config.json"));
  const { problems, config } = await place.load();
  expect([problems, config.limits.maxTurns]).toEqual([[], 3]);
});

test.each([
  ["gantry.config.yaml", `model: a/b\n${key}`],
  ["gantry.config.yaml", `a: ! ${"t".repeat(300)}\n`],
  ["gantry.config.yaml", `a: *${"t".repeat(300)}\n`],
  ["gantry.config.yaml", `"a": "b" ${"secret ".repeat(60)}\n`],
  ["gantry.config.yaml", `${"t".repeat(300)}: 1\n${"t".repeat(300)}: 1\n`],
  ["gantry.config.json", `{"${"t".repeat(300)}": 1, "${"t".repeat(300)}": 1}`],
  ["gantry.config.json", `{"a": ${"t".repeat(300)}}`],
  [".gantryrc", key],
])("a fault of %s tells no more than a word of it", async (name, text) => {
  const place = createPlace();
  place.write(name, text);
  const { problems } = await place.load();
  expect(problems.length).toBeGreaterThan(0);
  for (const { message } of problems) {
    expect(message).not.toMatch(/t{41}|(?:secret ){6}|PRIVATE KEY.*b3BlbnNzaC/);
    expect(message.length).toBeLessThan(200);
  }
});
