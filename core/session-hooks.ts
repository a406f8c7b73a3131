/**
 * Hooks of config files become taps: parsed, and given what their runs need of the runtime. Loaded only for a config that has
 * hooks; what runs a handler (a process, a request, a model) only when one fires.
 */
import { randomUUID } from "node:crypto";
import type { LoadedConfig } from "../config/loaded.ts";
import { parseHooks } from "./config-hooks/declared/parse.ts";
import { createSessionEnvs } from "./config-hooks/session-env.ts";
import { type ConfigTapDeps, createConfigTaps, tapName } from "./config-hooks/taps.ts";
import { GantryError } from "./contract/errors.ts";
import type { HookToolAnswer, HookToolCall } from "./contract/hook-run.ts";
import { type PluginManifest, toolsOf } from "./contract/manifest.ts";
import { publicEventTable } from "./contract/public-events.ts";
import type { TapEntry } from "./hooks.ts";
import { createRuleMatcher } from "./if-rules.ts";
import { knownServers } from "./known-servers.ts";
import type { LazyWorkers } from "./lazy-workers.ts";
import { configOwner } from "./live-config.ts";
import type { SessionStore } from "./session/store.ts";
import type { Listeners } from "./session-listeners.ts";
import type { Redactor } from "./turn/redact.ts";

/** Of one runtime, whatever its config says. */
export interface HookParts {
  workers: Pick<LazyWorkers, "processes">;
  listeners: Listeners;
  env: Readonly<Record<string, string | undefined>>;
  manifests: readonly PluginManifest[];
  store: Pick<SessionStore, "outputDir">;
  redactor(): Redactor;
  /** What the session's hooks left for its later shells; set when a config first has hooks. */
  sessionEnv?: (sessionId: string) => Promise<Readonly<Record<string, string>>>;
  envFile?: (sessionId: string) => Promise<string>;
  /** Ids of calls that hooks make themselves and that have not ended. */
  ownCalls?: Set<string>;
}

/** What cannot work was refused with the config (config-problems.ts); what of it is only a warning is left out. */
export async function tapsOf(config: LoadedConfig, parts: HookParts): Promise<TapEntry[]> {
  if (parts.sessionEnv === undefined) Object.assign(parts, envOfSessions(parts));
  const servers = knownServers(config);
  const { hooks } = await parseHooks(config.hookList, {
    ...{ tools: toolsOf(parts.manifests), project: config.project },
    ...(servers === undefined ? {} : { servers }),
  });
  return createConfigTaps(hooks, depsOf(config, parts));
}

/** A line that has no effect is said once. */
function envOfSessions({ store, listeners }: HookParts): Required<Pick<HookParts, "sessionEnv" | "envFile">> {
  const files = createSessionEnvs({
    folder: (sessionId) => store.outputDir(sessionId),
    make: async (folder) => await (await import("../workers/hook-env-file.ts")).makeEnvFile(folder),
    read: async (file) => await (await import("../workers/hook-env-file.ts")).readEnvFile(file),
  });
  const told = new Set<string>();
  return {
    envFile: files.envFile,
    async sessionEnv(sessionId) {
      const { env, problems } = await files.sessionEnv(sessionId);
      const news = problems.filter((problem) => !told.has(`${sessionId} ${problem}`));
      for (const problem of news) {
        told.add(`${sessionId} ${problem}`);
        listeners.find(sessionId)?.note({ text: problem, from: "CLAUDE_ENV_FILE" });
      }
      return env;
    },
  };
}

/** Only the id says whose call it is, and nobody else can know it. */
async function callTool(call: HookToolCall, { listeners, ownCalls }: HookParts, signal: AbortSignal): Promise<HookToolAnswer> {
  const session = listeners.find(call.sessionId);
  if (session === undefined) throw new GantryError("INTERNAL", `no session ${call.sessionId} is open to make the call`);
  const callId = `hook_${randomUUID()}`;
  ownCalls?.add(callId);
  try {
    return await session.callTool({ ...call, callId }, { signal });
  } finally {
    ownCalls?.delete(callId);
  }
}

function depsOf(config: LoadedConfig, parts: HookParts): ConfigTapDeps {
  const { workers, listeners, env, manifests, envFile, redactor } = parts;
  parts.ownCalls ??= new Set();
  const { ownCalls } = parts;
  return {
    mcpTool: async (call, { signal }) => await callTool(call, parts, signal),
    isOwnCall: (callId) => ownCalls.has(callId),
    command: async (request, options) => await (await workers.processes()).runHook(request, options),
    http: async (request, options) => await (await import("../workers/hook-http.ts")).postHook(request, options),
    async ask(prompt, { sessionId, ...options }) {
      const session = listeners.find(sessionId);
      if (session === undefined) throw new GantryError("INTERNAL", `no session ${sessionId} is open to ask its model`);
      return await session.ask(prompt, options);
    },
    project: config.project,
    configEnv: config.config.env,
    env,
    changedScripts: config.changedScripts,
    ...(envFile === undefined ? {} : { envFile }),
    session: (sessionId) => listeners.find(sessionId)?.facts(),
    ruleMatches: createRuleMatcher(config, { home: env["HOME"] ?? "/", tools: toolsOf(manifests) }),
    background(run, { hook, sessionId, callId }) {
      const tap = `${configOwner}:${tapName(hook)}`;
      const told = run.then(({ ms, outcome, usage, reply, violations }) => {
        const session = listeners.find(sessionId);
        const { text: clean } = redactor();
        session?.fired({
          ...{ point: publicEventTable[hook.event].points[0] ?? hook.event, tap, ms, outcome },
          ...{ event: hook.event, source: hook.source },
          ...(reply.failed === undefined ? {} : { message: clean(reply.failed) }),
          ...(violations.length === 0 ? {} : { violations: violations.map(clean) }),
          ...(callId === undefined ? {} : { callId }),
          ...(usage === undefined ? {} : { usage }),
        });
        if (reply.say !== undefined) session?.note({ text: clean(reply.say), from: tap });
      });
      listeners.background(told, sessionId);
    },
    get closing() {
      return listeners.closing;
    },
  };
}
