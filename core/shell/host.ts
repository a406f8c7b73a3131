/**
 * ctx.host of a contributed command: the parts of the product it may use. Each part is made when it is first touched, and
 * only for a plugin that is granted it.
 */

import { type LoadedConfig, loadConfig } from "../../config/load.ts";
import { grantsOfBuiltin } from "../builtin-grants.ts";
import { findCommunity } from "../community/found.ts";
import { configProblems, knownProblems } from "../config-problems.ts";
import { GantryError } from "../contract/errors.ts";
import type { EventOf, SessionEvent } from "../contract/events.ts";
import type { Host, SessionsHost, ToolsHost } from "../contract/host.ts";
import { didYouMean } from "../contract/nearest.ts";
import type { PermissionKind } from "../contract/permissions.ts";
import { failedPermissionTests } from "../permission-tests.ts";
import type { FrontEnd } from "../runtime.ts";
import { createSessionsHost } from "../session/sessions-host.ts";
import { createStore } from "../session/store.ts";
import { createHooksHost } from "./hooks-host.ts";
import type { HostOptions } from "./host-options.ts";
import { canAsk, type ShellIo } from "./io.ts";
import { createPermissionsHost } from "./permissions-host.ts";
import { noSessionFlags } from "./session-flags.ts";
import { start } from "./start.ts";

const parts = {
  sessions: "host.sessions",
  config: "host.config",
  permissions: "host.permissions",
  hooks: "host.hooks",
  plugins: "host.plugins",
  tools: "host.tools",
  run: "host.run",
} as const satisfies Record<keyof Host, PermissionKind>;

export function createHost(options: HostOptions): Host {
  const grants = grantsOfBuiltin(options.plugin);
  const granted = <P extends keyof Host>(part: P, make: () => Host[P]): Host[P] => {
    if (grants[parts[part]]) return make();
    throw new GantryError(
      "PERMISSION_DENIED",
      `the plugin ${options.plugin} may not use host.${part}; it is not granted ${parts[part]}`,
    );
  };
  let config: Promise<LoadedConfig> | undefined;
  const loaded = (): Promise<LoadedConfig> => (config ??= loadConfig({ cwd: options.cwd, env: options.io.env, flags: {} }));
  return {
    get sessions() {
      return granted("sessions", () => lazySessions(loaded));
    },
    get config() {
      return granted("config", () => lazyConfig(loaded, options.io, () => (config = undefined)));
    },
    get permissions() {
      return granted("permissions", () => createPermissionsHost(options, loaded));
    },
    get hooks() {
      return granted("hooks", () => createHooksHost(options, loaded));
    },
    get plugins() {
      return granted("plugins", () => {
        if (options.plugins) return options.plugins;
        throw new GantryError("INTERNAL", `host.plugins was not opened for ${options.plugin}`);
      });
    },
    get tools() {
      return granted("tools", () => toolsHost(options, async () => await configProblems(await loaded(), options.io.known())));
    },
    get run() {
      return granted("run", () => ({
        self: options.io.self,
        converse: async (conversation) => await (await import("./converse.ts")).converse(conversation, options),
      }));
    },
  };
}

function lazySessions(loaded: () => Promise<LoadedConfig>): SessionsHost {
  const open = async (): Promise<SessionsHost> => {
    const { paths, project } = await loaded();
    return createSessionsHost(createStore({ stateHome: paths.stateHome, project }));
  };
  return {
    list: async (options) => await (await open()).list(options),
    async read(reference) {
      const { summary, events, problems } = await (await open()).read(reference);
      const firstWrong = problems[0]?.line ?? Number.POSITIVE_INFINITY;
      // A line that was changed and still is an event counts for what it is: the session ends before it.
      return { summary, events: events.filter(({ seq }) => seq < firstWrong), problems };
    },
    verify: async (reference) => await (await open()).verify(reference),
  };
}

function lazyConfig(loaded: () => Promise<LoadedConfig>, io: ShellIo, forget: () => void): Host["config"] {
  const problemsOf = async (config: LoadedConfig) =>
    await knownProblems(config, io.manifests(), await findCommunity(config, io.manifests()));
  const host = async () => (await loaded()).host({ problemsOf });
  return {
    effective: async () => await (await host()).effective(),
    explain: async (key) => await (await host()).explain(key),
    set: async (key, value, layer) => await (await host()).set(key, value, layer).finally(forget),
    unset: async (key, layer) => await (await host()).unset(key, layer).finally(forget),
    problems: async () => {
      const config = await loaded();
      const options = { home: io.env["HOME"] ?? "/" };
      return [...(await problemsOf(config)), ...(await failedPermissionTests(config, io.known(), options))];
    },
    schema: async () => await (await host()).schema(),
    paths: async () => await (await host()).paths(),
    trust: async (action) => await (await host()).trust(action),
    writeStarter: async () => await (await host()).writeStarter(),
  };
}

function toolsHost({ io, cwd, signal }: HostOptions, problems: ToolsHost["problems"]): ToolsHost {
  const tools = io.inForce().flatMap(({ name, contributes }) => contributes.tools.map((tool) => ({ ...tool, plugin: name })));
  return {
    list: async () => tools,
    problems,
    async find(name) {
      const tool = tools.find((each) => each.name === name);
      if (tool) return tool;
      const names = tools.map((each) => each.name);
      throw new GantryError(
        "TOOL_UNKNOWN",
        `There is no tool ${name}.${didYouMean(name, names)} There are ${names.join(", ")}.`,
      );
    },
    async call(name, input) {
      const ended: (EventOf<"tool.result"> | EventOf<"tool.failed">)[] = [];
      const onEvent = (event: SessionEvent): void => {
        if (event.type === "tool.result" || event.type === "tool.failed") ended.push(event);
      };
      const front: FrontEnd = { onEvent, ...(await questions(io)) };
      const { runtime } = await start({ io, cwd, flags: noSessionFlags, front, wantCost: false, signal });
      try {
        const session = await runtime.openSession({ signal });
        const stop = (): void => void session.close("interrupted");
        signal.addEventListener("abort", stop, { once: true });
        const report = await session.callTool(name, input).finally(() => signal.removeEventListener("abort", stop));
        const event = ended.find(({ data }) => data.callId === report.callId);
        return {
          isError: report.outcome !== "ok",
          durationMs: report.durationMs,
          ...(report.code ? { code: report.code } : {}),
          ...shownResult(event),
        };
      } finally {
        await runtime.close();
      }
    },
  };
}

function shownResult(event: EventOf<"tool.result"> | EventOf<"tool.failed"> | undefined): {
  text: string;
  data?: Record<string, never>;
} {
  if (event?.type === "tool.failed") return { text: event.data.message };
  const text = (event?.data.content ?? []).map((part) =>
    part.type === "text" ? part.text : `[${part.mediaType}, ${part.data.length} base64 characters]`,
  );
  const data = event?.data.data;
  return { text: text.join("\n"), ...(data ? { data: data as Record<string, never> } : {}) };
}

/** Approvals of a command's own call are asked where somebody can be asked. */
async function questions(io: ShellIo): Promise<Pick<FrontEnd, "ask" | "askUser">> {
  if (!canAsk(io)) return {};
  const { createSessionView } = await import("./session-view.ts");
  const view = await createSessionView({ io, quiet: true, verbose: false, draw: false, interactive: true });
  return {
    ask: async (question, options) => (await view.asker()).approve(question, options),
    askUser: async (asked, options) => (await view.asker()).questions(asked, options),
  };
}
