/** A prepared plugin that runs: its guest, its taps in a table of hooks, its tools and commands, and what was seen of all that. */
import { readFile } from "node:fs/promises";
import { type RemoteParts, remotePlugin } from "../../community/remote-plugin.ts";
import { codeOf, GantryError } from "../../contract/errors.ts";
import type { Reach } from "../../contract/execution.ts";
import type { GuestCall, GuestNews } from "../../contract/guest.ts";
import type { Json, JsonObject } from "../../contract/messages.ts";
import type { Grants } from "../../contract/permissions.ts";
import type { ModelRequest } from "../../contract/plugin.ts";
import { createHooks, type HookFired } from "../../hooks.ts";
import type { PreparedPlugin } from "../../install/prepare.ts";
import { secretPaths } from "../../permission/files/secret-files.ts";
import { createToolInputs } from "../../turn/tool-input.ts";
import type { Bench } from "./bench.ts";
import { callTool } from "./call-tool.ts";
import { fireHook } from "./fire-hook.ts";
import type { Place } from "./place.ts";
import type { PluginUnderTest, StartPluginOptions } from "./plugin-under-test.ts";
import { runCommand } from "./run-command.ts";
import { playServices, testSession } from "./services.ts";
import { watch } from "./watched.ts";

interface Running {
  /** Its code is loaded with its options. PLUGIN_*, GUEST_*. */
  load(signal: AbortSignal): Promise<void>;
  underTest: PluginUnderTest;
}

interface Parts {
  options: StartPluginOptions;
  place: Place;
  bench: Bench;
  prepared: Pick<PreparedPlugin, "manifest" | "source" | "sha512">;
}

const never = new AbortController().signal;

export function runPlugin({ options, place, bench, prepared }: Parts): Running {
  const { manifest, source, sha512 } = prepared;
  const { name } = manifest;
  const { workspace, home } = place;
  let grants: Grants = options.grants ?? manifest.permissions;
  let calls = 0;
  const told: string[] = [];
  const fired: HookFired[] = [];
  const { core, notices } = playServices(options, bench.shells);
  const news = createNews(told);
  const { guests, effects, denials } = watch(bench.open(source, news.take));
  const reach: Reach = { workspace, roots: [workspace], approved: [], hidden: [secretPaths([home])] };
  const given = structuredClone(options.options ?? {}) as JsonObject;
  const plugin = { name, version: manifest.version, manifest, bundleFile: "", sha512, options: given };
  guests.add({ ...plugin, grants: () => grants });
  const remote = remotePlugin(remoteParts());
  const hooks = createHooks({ onFired: (one) => void fired.push(one) });
  for (const tap of remote.taps) hooks.tap(name, tap);

  function remoteParts(): RemoteParts {
    const lock = { spec: "", resolved: "", version: manifest.version, sha512, manifestHash: "", asks: {}, installedAt: "" };
    return {
      plugin: { ...plugin, scope: "user", state: "ready", lock, grants, required: false },
      live: { grantsOf: () => grants, isOn: () => true, close: () => undefined },
      ...{
        home,
        guests: async () => guests,
        startedGuests: () => guests,
        onStarted: () => undefined,
        onFailed: async () => undefined,
      },
      momentOf: async () => ({ cwd: workspace, workspace, reach, core }),
    };
  }

  function shared(signal: AbortSignal): Pick<GuestCall, "context" | "services" | "signal"> {
    const context = { callId: `call_${++calls}`, cwd: workspace, workspace, sessionId: testSession };
    return { context, services: { reach, home, core }, signal };
  }

  const calling = {
    ...{ tools: manifest.contributes.tools, inputs: createToolInputs(), execute: remote.execute, reach, core },
    ...{ nextCall: () => `call_${++calls}`, timeoutMs: bench.limits.callTimeoutMs },
  };

  const underTest: PluginUnderTest = {
    ...{ name, manifest, workspace, effects, denials, notices, news: told, read: place.read, write: place.write },
    callTool: (tool, input, { signal = never } = {}) => callTool(tool, input as JsonObject, { signal }, calling),
    fireHook: (point, payload) => fireHook(point, payload, { hooks, fired, workspace }),
    runCommand: (argv, { signal = never } = {}) => runCommand(argv, { manifest, guests, call: shared(signal) }),
    streamModel(provider, request, { signal = never } = {}) {
      const found = remote.definition.providers?.find((one) => one.name === provider);
      if (found === undefined) throw new GantryError("MODEL_INVALID", `${name} has no provider ${provider}`);
      const whole: ModelRequest = { model: "test", system: "", messages: [], tools: [], ...request };
      return found.stream(whole, { env: {}, cwd: workspace, settings: given, signal });
    },
    get logs() {
      return underTest.facts().log;
    },
    storage: () => storedIn(place.storageFile),
    setGrants(now) {
      grants = now;
    },
    facts() {
      const facts = guests.facts().find((one) => one.plugin === name);
      if (facts === undefined) throw new GantryError("PLUGIN_STOPPED", `${name} is closed`);
      return facts;
    },
    async kill() {
      const { pid } = underTest.facts();
      if (pid === undefined) return;
      const ended = news.next("crash");
      process.kill(pid, "SIGKILL");
      await ended;
    },
    async close() {
      await bench.close();
      await place.remove();
    },
  };

  return {
    underTest,
    async load(signal) {
      // A call of nothing: the guest loads the plugin, and then says that it has no such part.
      const target = { part: "tool", name: "" } as const;
      await guests
        .call(name, { ...shared(signal), target, input: {}, timeoutMs: bench.limits.callTimeoutMs })
        .catch(rethrowLoad);
    },
  };
}

function rethrowLoad(error: unknown): Json {
  if (/^(?:PLUGIN|GUEST|ISOLATION)_/.test(codeOf(error) ?? "")) throw error;
  return null;
}

interface News {
  take(news: GuestNews): void;
  /** Resolves with the next of its kind. */
  next(what: GuestNews["what"]): Promise<void>;
}

const maxNews = 10_000;

function createNews(told: string[]): News {
  let waiting: { what: GuestNews["what"]; resolve(): void }[] = [];
  return {
    take({ what, code, message }) {
      if (told.length < maxNews) told.push(`${what}${code === undefined ? "" : ` ${code}`}: ${message}`);
      for (const one of waiting) if (one.what === what) one.resolve();
      waiting = waiting.filter((one) => one.what !== what);
    },
    next: (what) => new Promise((resolve) => void waiting.push({ what, resolve })),
  };
}

async function storedIn(file: string): Promise<Record<string, Json>> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  return JSON.parse(text) as Record<string, Json>;
}
