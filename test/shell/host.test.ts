/** ctx.host: each part is refused to a plugin that is not granted it, and works for one that is. */
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { builtinPlugins } from "../../config/defaults.ts";
import type { Host } from "../../core/contract/host.ts";
import type { PermissionKind } from "../../core/contract/permissions.ts";
import { readBuiltinManifests } from "../../core/manifests.ts";
import { createHost } from "../../core/shell/host.ts";
import type { ShellIo } from "../../core/shell/io.ts";
import { makePlace, type Place } from "./gantry.ts";

let place: Place;
let shown: string;
beforeEach(async () => {
  place = await makePlace();
  shown = "";
});
let signals: AbortController;
beforeEach(() => {
  signals = new AbortController();
});
afterEach(() => signals.abort());

function hostOf(plugin: string): Host {
  const sink = (): PassThrough => new PassThrough().on("data", (data: Buffer) => (shown += data.toString()));
  const io: ShellIo = {
    env: place.env,
    cwd: place.workspace,
    stdin: new PassThrough(),
    stdout: sink(),
    stderr: sink(),
    signals: process,
    self: "gantry",
    exitNow: (code) => expect.fail(`exitNow(${code})`),
    known: readBuiltinManifests,
    inForce: readBuiltinManifests,
    manifests: readBuiltinManifests,
  };
  return createHost({ io, cwd: place.workspace, plugin, signal: signals.signal });
}

interface Part {
  part: keyof Host;
  kind: PermissionKind;
  works(host: Host): Promise<void>;
}

const parts: Part[] = [
  {
    part: "sessions",
    kind: "host.sessions",
    async works({ sessions }) {
      expect(await sessions.list({ all: false })).toEqual([]);
      expect(await sessions.verify(undefined)).toEqual([]);
    },
  },
  {
    part: "config",
    kind: "host.config",
    async works({ config }) {
      expect(await config.problems()).toEqual([]);
      expect(await config.effective()).toMatchObject({ model: "anthropic/claude-sonnet-5" });
      expect(await config.trust("status")).toMatchObject({ project: place.workspace, state: "nothing-to-trust" });
    },
  },
  {
    part: "permissions",
    kind: "host.permissions",
    async works({ permissions }) {
      expect(await permissions.list()).toMatchObject({ mode: "default", rules: [] });
      expect(await permissions.explain("Bash(touch x)")).toMatchObject({ verdict: "ask" });
    },
  },
  {
    part: "hooks",
    kind: "host.hooks",
    async works({ hooks }) {
      expect(await hooks.list()).toMatchObject({ hooks: [], taps: [{ tap: "policy:guarded edits" }] });
    },
  },
  {
    part: "tools",
    kind: "host.tools",
    async works({ tools }) {
      expect(await tools.find("Read")).toMatchObject({ plugin: "files", effect: "reads" });
      expect(await tools.call("Glob", { pattern: "*" })).toMatchObject({ isError: false });
    },
  },
  {
    part: "mcp",
    kind: "host.mcp",
    async works({ mcp }) {
      expect(await mcp.list({ check: true })).toEqual({ servers: [], problems: [] });
      await expect(mcp.inspect("docs")).rejects.toMatchObject({ code: "MCP_SERVER_UNKNOWN" });
    },
  },
  {
    part: "serve",
    kind: "host.mcp",
    async works({ serve }) {
      const served = await serve.open({ flags: {} });
      expect(served.tools().map(({ name }) => name)).toContain("Read");
      await served.close();
    },
  },
  {
    part: "run",
    kind: "host.run",
    async works({ run }) {
      const model = await place.script([{ say: "Hello from the script." }]);
      const { exit, text } = await run.converse({ cwd: place.workspace, env: {}, prompt: "hello", model, answer: () => "no" });
      expect([exit, text]).toEqual([0, "Hello from the script."]);
      expect(shown).toContain("Hello from the script.");
    },
  },
];

describe.each(parts)("$kind", ({ part, kind, works }) => {
  const holders = builtinPlugins.filter(({ grants }) => grants[kind] !== undefined).map(({ name }) => name);
  const others = builtinPlugins.filter(({ grants }) => grants[kind] === undefined).map(({ name }) => name);

  test("is refused to every plugin without the grant, at the first touch", () => {
    expect(others.length).toBeGreaterThan(0);
    for (const plugin of [...others, "unknown"]) {
      const message = `the plugin ${plugin} may not use host.${part}; it is not granted ${kind}`;
      expect(() => hostOf(plugin)[part]).toThrow(expect.objectContaining({ code: "PERMISSION_DENIED", message }));
    }
  });

  test("works for a plugin that holds it", async () => {
    const [holder = "none"] = holders;
    await works(hostOf(holder));
  });
});
