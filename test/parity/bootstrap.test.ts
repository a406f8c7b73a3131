/** parity bootstrap: how a session would begin, told without one, and a session that begins so. */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Opening } from "../../core/contract/surface.ts";
import { type Bench, bench, writeFiles } from "../support/cli.ts";
import { installPlugin } from "../support/community.ts";

type Told = Opening & { input: string; routes: { item: string }[] };

const hook = (command: string) => ({ hooks: [{ type: "command", command }] });
const touch = (name: string): string => `touch "$HOME/ran-${name}"`;

async function userConfig({ home }: Bench, config: object): Promise<void> {
  await writeFiles(home, { ".config/gantry/config.json": JSON.stringify(config) });
}

async function told(made: Bench, ...args: string[]): Promise<Told> {
  const { stdout, exit } = await made.gantry(["parity", "bootstrap", "run the unit tests", "--json", ...args]);
  const { ok, kind, data } = JSON.parse(stdout) as { ok: boolean; kind: string; data: Told };
  expect([exit, ok, kind]).toEqual([0, true, "parity.bootstrap"]);
  return data;
}

/** Without what differs from machine to machine, and with each change of a tool or a table. */
function settled(text: string, { cwd, home }: Bench): string {
  return text
    .replaceAll(cwd, "<project>")
    .replaceAll(home, "<home>")
    .replace(/work-[0-9a-f]{16}/g, "<slug>")
    .replace(/[0-9a-f]{64}/g, "<hash>")
    .replace(/~\d+/g, "~N")
    .replace(/^\| (surroundings|all|own text) \| \d+/gm, "| $1 | N")
    .replace(/\b\d+ commands?\b/g, "N commands")
    .replace(/\b\d+\.\d+\.\d+\b/g, "V")
    .replace(/ \d+\.\d /g, " S ");
}

describe("a session begins as it was told", () => {
  const server = { command: "sh", args: ["-c", touch("server")] };
  async function place(): Promise<Bench> {
    const made = await bench([{ say: "Done." }], {
      "AGENTS.md": "Rules of the project. See @more.md.\n",
      "more.md": "More of them.\n",
      "sub/CLAUDE.md": "Rules of a folder.\n",
      "sub/AGENTS.md": "Kept to itself.\n",
      "gantry.config.json": JSON.stringify({
        hooks: { SessionStart: [hook(touch("start"))] },
        permissions: { mode: "acceptEdits" },
      }),
    });
    await userConfig(made, {
      permissions: { deny: ["KillShell", `Read(/${path.join(made.cwd, "sub/AGENTS.md")})`] },
      hooks: { PreToolUse: [{ matcher: "Bash", ...hook(touch("tool")) }], Stop: [hook("true"), hook("false")] },
      mcpServers: { docs: server, off: { ...server, enabled: false } },
    });
    await writeFiles(made.home, { ".config/gantry/AGENTS.md": "My own rules.\n" });
    const judge = { on: "tool.approve", kind: "judge" } as const;
    await installPlugin(made, {
      ...{ name: "notes", source: "plugin({})", grants: { "hook.tap": ["tool.approve:*"] } },
      ...{ tools: [{ name: "NoteAdd", description: "Adds a note." }], taps: [judge] },
    });
    await installPlugin(made, { name: "spare", source: "plugin({})", tools: [{ name: "SpareTool" }], disabled: true });
    expect((await made.gantry(["trust", "grant"])).exit).toBe(0);
    return made;
  }

  test("with these sections, tools, model and mode, hooks in this order; and nothing was started or written for the telling", async () => {
    const made = await place();
    const cwd = path.join(made.cwd, "sub");
    const before = await filesOf(made.home);
    const opening = await told(made, "-C", cwd);
    expect(await filesOf(made.home)).toEqual(before);
    expect(made.model.requests).toEqual([]);

    expect((await made.run("go", ["-C", cwd])).exit).toBe(0);
    const { body } = made.model.requests[0] ?? {};
    const system = typeof body?.system === "string" ? body.system : (body?.system ?? []).map(({ text }) => text).join("");
    const joined = opening.prompt.reduce((sum, { characters }) => sum + characters, 0) + 2 * (opening.prompt.length - 1);
    expect(joined).toBe(system.length);
    expect(opening.prompt.map(({ name }) => name)).toEqual([
      "own text",
      "surroundings",
      ...[...system.matchAll(/^Instructions from (\S+)$/gm)].map(([, file]) => file),
    ]);
    const sent = (body?.tools ?? []).map(({ name, description, input_schema: inputSchema }) => ({
      name,
      description,
      inputSchema,
    }));
    expect(opening.tools.map(({ name }) => name)).toEqual(sent.map(({ name }) => name));
    expect(opening.tools.map(({ tokens }) => tokens)).toEqual(sent.map((tool) => Math.ceil(JSON.stringify(tool).length / 3.5)));
    expect(opening.model.value).toBe(`anthropic/${body?.model}`);

    const events = await made.events();
    const instructions = events.flatMap((event) => (event.type === "instructions" ? [event.data] : []));
    expect(opening.instructions).toEqual(instructions);

    const { hidden, tools, plugins, hooks, taps, servers, mode, model, stops, trust, routes } = opening;
    expect(hidden).toEqual([path.join(made.cwd, "sub/AGENTS.md")]);
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["Bash", "NoteAdd", "ToolSearch"]));
    expect(names).not.toEqual(expect.arrayContaining(["KillShell"]));
    expect(names.includes("SpareTool")).toBe(false);
    expect(plugins.filter(({ kind }) => kind === "community")).toEqual([
      expect.objectContaining({
        name: "notes",
        state: "in-force",
        contributes: { tools: 1, commands: 0, taps: 1, providers: 0 },
      }),
      expect.objectContaining({ name: "spare", state: "disabled", why: "gantry plugins enable spare switches it on" }),
    ]);
    expect(hooks.map(({ event, order }) => [event, order])).toEqual([
      ["PreToolUse", 1],
      ["SessionStart", 1],
      ["Stop", 1],
      ["Stop", 2],
    ]);
    expect(taps.map(({ tap }) => tap)).toEqual(expect.arrayContaining([expect.stringMatching(/^notes:/)]));
    expect(servers.map(({ name, state }) => [name, state])).toEqual([
      ["docs", "usable"],
      ["off", "disabled"],
    ]);
    expect(mode).toEqual({
      value: "acceptEdits",
      from: { layer: "project", source: expect.stringMatching(/gantry\.config\.json:1$/) },
    });
    expect(model.from).toEqual({ layer: "default", source: "default" });
    expect([stops, trust.state]).toEqual([[], "trusted"]);
    expect(routes[0]).toMatchObject({ item: "tools/Bash" });
  });
});

test("where no run would start it says all that stops one, and what is left out", async () => {
  const made = await bench([], {
    "gantry.config.json": `{\n  "hooks": { "Stop": [${JSON.stringify(hook("true"))}] },\n  "mcpServers": { "docs": { "command": "docs" } },\n  "permissions": { "alow": [] }\n}\n`,
  });
  await userConfig(made, { model: "nobody/x", permissions: { deny: ["Rad"] } });
  await installPlugin(made, { name: "guard", source: "plugin({})", scope: "project", withoutConsent: true });
  const { bundleFile } = await installPlugin(made, { name: "torn", source: "plugin({})" });
  await rm(bundleFile);
  const [text, { stops, trust, problems, servers, hooks, plugins }] = await Promise.all([
    made.gantry(["parity", "bootstrap", "run the unit tests", "--limit", "1"]),
    told(made),
  ]);
  await expect(settled(text.stdout, made)).toMatchFileSnapshot("golden/bootstrap.md");
  expect([text.exit, text.stderr.includes("guard")]).toEqual([0, true]);
  expect(stops.map(({ code }) => code)).toEqual([
    "PLUGIN_CONSENT_REQUIRED",
    "CONFIG_INVALID",
    "TRUST_REQUIRED",
    "MODEL_INVALID",
  ]);
  expect(problems.map(({ key }) => key)).toEqual(expect.arrayContaining(["permissions.alow"]));
  expect(trust.state).toBe("untrusted");
  expect([servers, hooks.map(({ state }) => state)]).toMatchObject([[{ name: "docs", state: "waiting" }], ["untrusted"]]);
  expect(plugins.filter(({ kind }) => kind === "community").map(({ name, state }) => [name, state])).toEqual([
    ["guard", "waiting"],
    ["torn", "broken"],
  ]);
});

test("outside any project, and with a config that is no JSON, it works too", async () => {
  const made = await bench([]);
  const folder = path.join(made.home, "nowhere");
  await mkdir(folder);
  await writeFiles(made.home, { ".config/gantry/config.json": "{ not" });
  const { project, problems, stops, instructions, trust } = await told(made, "-C", folder);
  expect({ project, instructions, trust: trust.state }).toEqual({
    project: folder,
    instructions: [],
    trust: "nothing-to-trust",
  });
  expect(new Set(problems.map(({ file, line }) => `${file}:${line}`))).toEqual(
    new Set([`${path.join(made.home, ".config/gantry/config.json")}:1`]),
  );
  expect(stops.length).toBe(1);
});

test("what a prompt, a file's name or a hook says makes no cell, no tag and no terminal code of the report", async () => {
  const made = await bench([]);
  await userConfig(made, { hooks: { Stop: [hook("echo \u001b[2J '|' <b> [x](y)")] } });
  const { stdout } = await made.gantry(["parity", "bootstrap", "go \u001b[2J\u0007\n# not a head"]);
  expect(stdout).not.toMatch(/[\u001b\u0007]/);
  expect(stdout).toContain("\n> # not a head\n");
  expect(stdout).toContain("'\\|' \\<b> \\[x](y)");
});

test("a prompt that is missing, empty or too long is USAGE_INVALID", async () => {
  const { gantry } = await bench([]);
  const bad: [string[], string][] = [
    [[], "The argument PROMPT is missing"],
    [[""], "PROMPT is empty"],
    [["x".repeat(10_001)], "parity bootstrap takes at most 10000"],
    [["x", "--limit", "0"], "--limit takes a whole number from 1 to 100, not 0"],
  ];
  const ended = await Promise.all(bad.map(async ([args]) => await gantry(["parity", "bootstrap", ...args])));
  for (const [place, [, says]] of bad.entries())
    expect(ended[place]).toMatchObject({ exit: 2, stdout: "", stderr: expect.stringContaining(says) });
});

/** Every file below with what it holds, but for compiled code that is kept for later. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  const own = files.filter((file) => !file.includes("/cache/")).sort();
  return await Promise.all(own.map(async (file) => `${file}\n${await readFile(file, "utf8")}`));
}
