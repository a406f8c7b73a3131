import type { CommandContext, CommandDefinition, CommandOutput, PluginDefinition } from "gantry/plugin";
import { expect, test } from "vitest";
import type { LoadedConfig } from "../../config/load.ts";
import configPlugin from "../../plugins/config/index.ts";
import trustPlugin from "../../plugins/trust/index.ts";
import { createPlace } from "../config/place.ts";

/** Runs a command of a plugin on a really loaded config. */
async function runCommand(
  plugin: PluginDefinition,
  id: string,
  loaded: LoadedConfig,
  args: Record<string, string> = {},
): Promise<CommandOutput> {
  const command: CommandDefinition | undefined = plugin.commands?.find((one) => one.id === id);
  if (command === undefined) throw new Error(`no command ${id}`);
  const ctx = { host: { config: loaded.host() }, cwd: loaded.project, json: false } as unknown as CommandContext;
  return await command.run({ args, flags: {} }, ctx);
}

test("config show prints the effective config as JSON, secrets hidden", async () => {
  const place = createPlace();
  place.writeUser("config.json", { env: { A_TOKEN: "zzz" } });
  const { data, text } = await runCommand(configPlugin, "config show", await place.load());
  expect(JSON.parse(text)).toEqual(data);
  expect(data).toMatchObject({ model: "anthropic/claude-sonnet-5", env: { A_TOKEN: "[hidden]" } });
});

test("config get prints one value, a text bare", async () => {
  const loaded = await createPlace().load();
  expect(await runCommand(configPlugin, "config get", loaded, { key: "model" })).toEqual({
    data: "anthropic/claude-sonnet-5",
    text: "anthropic/claude-sonnet-5",
  });
  expect(await runCommand(configPlugin, "config get", loaded, { key: "limits.maxTurns" })).toEqual({ data: 200, text: "200" });
  expect((await runCommand(configPlugin, "config get", loaded, { key: "limits" })).data).toMatchObject({ maxTurns: 200 });
  await expect(runCommand(configPlugin, "config get", loaded, { key: "modl" })).rejects.toMatchObject({
    code: "CONFIG_KEY_UNKNOWN",
  });
});

test("config explain says which file won and what it hid", async () => {
  const place = createPlace();
  const user = place.writeUser("config.json", { permissions: { mode: "acceptEdits" } });
  const project = place.write("gantry.config.json", { permissions: { mode: "read-only", deny: ["Write"] } });
  const loaded = await place.load();
  const { data, text } = await runCommand(configPlugin, "config explain", loaded, { key: "permissions.mode" });
  expect(text.split("\n")).toEqual([
    'permissions.mode = "plan"',
    expect.stringMatching(/^ {2}How calls/),
    `  from ${project}:3 (project)`,
    `  hides "acceptEdits" from ${user}:3 (user)`,
    '  hides "default" from default',
    "  note: read-only is an accepted name for plan",
  ]);
  expect(data).toEqual(await loaded.explain("permissions.mode"));
  const list = await runCommand(configPlugin, "config explain", loaded, { key: "permissions.deny" });
  expect(list.text).toContain(`"Write" from ${project}:5 (project)`);
});

test("config validate names every problem with its place and fails; a sound config does not", async () => {
  const place = createPlace();
  expect(await runCommand(configPlugin, "config validate", await place.load())).toEqual({
    data: { valid: true, problems: [] },
    text: "The config is sound.",
  });
  const file = place.write("gantry.config.json", '{ "modle": "a/b",\n "mcpServers": [] }');
  const { data, text, error } = await runCommand(configPlugin, "config validate", await place.load());
  expect(error).toEqual({ code: "CONFIG_INVALID", message: "2 problems in the config." });
  expect(text).toContain(`${file}:1: "modle" is no config key; did you mean model?`);
  expect(text).toContain(`${file}:2: mcpServers is a list, and must be an object of servers`);
  expect(text).toContain("2 problems in the config.");
  expect(data).toMatchObject({
    valid: false,
    problems: [
      { key: "modle", line: 1 },
      { key: "mcpServers", line: 2 },
    ],
  });
});

test("config schema and config path print what the files may hold and where they are", async () => {
  const place = createPlace();
  const file = place.write(".gantryrc", "model: a/b\n");
  const loaded = await place.load();
  expect((await runCommand(configPlugin, "config schema", loaded)).data).toMatchObject({
    title: "Gantry config",
    additionalProperties: false,
  });
  const { data, text } = await runCommand(configPlugin, "config path", loaded);
  expect(data).toMatchObject([
    { layer: "user", exists: false },
    { layer: "project", path: file, exists: true },
    { layer: "local", exists: false },
    { layer: "managed", exists: false },
  ]);
  expect(text).toContain(`project  ${file}\n`);
});

test("init writes the starter and names it", async () => {
  const place = createPlace();
  const path = `${place.project}/gantry.config.jsonc`;
  expect(await runCommand(configPlugin, "init", await place.load())).toEqual({
    data: { path },
    text: `Wrote ${path}\nNext: gantry config validate`,
  });
  expect(place.read(path)).toContain('"permissions"');
});

test("trust shows the parts, grants them and takes that back", async () => {
  const place = createPlace();
  const { project } = place;
  expect((await runCommand(trustPlugin, "trust", await place.load())).text).toBe(
    `${project} asks for nothing that needs trust.`,
  );
  const file = place.write("gantry.config.json", { permissions: { allow: ["Read"] } });
  const parts = [{ what: "allow rule Read", source: `${file}:4` }];
  const line = `  allow rule Read  (${file}:4)`;
  expect(await runCommand(trustPlugin, "trust status", await place.load())).toEqual({
    data: { project, state: "untrusted", parts },
    text: `${project} is not trusted; its config would use:\n${line}`,
  });
  expect(await runCommand(trustPlugin, "trust grant", await place.load())).toEqual({
    data: { project, state: "trusted", parts },
    text: `${project} is trusted from now on; its config uses:\n${line}`,
  });
  expect((await place.load()).trust.state).toBe("trusted");
  expect((await runCommand(trustPlugin, "trust revoke", await place.load())).data).toEqual({
    project,
    state: "untrusted",
    parts,
  });
  expect((await place.load()).trust.state).toBe("untrusted");
});
