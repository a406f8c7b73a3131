/** Methods of programs: by arguments, by a shell line, and outside isolation. Performed by the core's table of processes. */

import { GantryError } from "../../core/contract/errors.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { BackgroundRun, RunRequest } from "../../core/contract/plugin.ts";
import type { CoreEnv, HostedChild } from "../effects/effect.ts";
import type { ProcessRequest } from "../effects/process-run.ts";
import { encoded, textOrBytes } from "../packed-bytes.ts";
import { argumentsOf, bytes, type Check, either, list, oneOf, optional, shape, text, texts, whole } from "./argument-shapes.ts";
import { runsOf } from "./counts.ts";
import { asJson, type Held, handle, type Method, type MethodEnv, method, onHandle } from "./method.ts";

const longest = 600_000;
const word = text(65_536);
const argv = list(word, { least: 1, most: 1_000 });
const execOptions = shape({
  cwd: optional(text(4_096)),
  stdin: optional(text(8 * 1024 * 1024)),
  env: optional(texts({ most: 64, maxChars: 32_768 })),
  timeoutMs: optional(whole(1, longest)),
  maxOutputBytes: optional(whole(0, 8 * 1024 * 1024)),
});

const exec = method({
  kind: "process.run",
  most: 8,
  read(args) {
    const [words, options = {}] = argumentsOf("process.exec", args, [argv, optional(execOptions)]);
    return { argv: words, options };
  },
  effect: () => import("../effects/process-exec.ts"),
  async perform(request, { place, call, host, signal }) {
    const { perform } = await import("../effects/process-exec.ts");
    const { cwd, home } = place;
    return asJson(await perform(request, { cwd, home, reach: call.services.reach, signal, exec: host.exec }));
  },
});

const hostProgram = method({
  kind: "process.host",
  most: 8,
  read: (args) => ({ argv: argumentsOf("process.host", args, [argv])[0] }),
  effect: () => import("../effects/process-host.ts"),
  async perform(request, env) {
    const { perform } = await import("../effects/process-host.ts");
    const { signal, place, host } = env;
    const child = await perform(request, { cwd: place.cwd, signal, host: host.host });
    const held: HeldProgram = { kind: "process.host", close: child.kill, child, isBusy: false };
    return env.hold(held);
  },
});

interface HeldProgram extends Held {
  child: HostedChild;
  isBusy: boolean;
}

const readProgram = method({
  kind: "process.host",
  most: 16,
  read: (args) => ({ name: argumentsOf("process.read", args, [handle])[0] }),
  effect: onHandle("read what its program wrote"),
  handleOf: ({ name }) => name,
  async perform({ name }, env) {
    const held = env.held(name) as HeldProgram;
    if (held.isBusy) throw new GantryError("REQUEST_INVALID", "process.read: the program is being read already.");
    held.isBusy = true;
    try {
      const piece = await held.child.read();
      return piece === undefined ? null : { ...encoded(piece) };
    } finally {
      held.isBusy = false;
    }
  },
});

const writeProgram = method({
  kind: "process.host",
  most: 16,
  read(args) {
    const most = 1024 * 1024;
    const [name, data] = argumentsOf("process.write", args, [handle, either(text(most), bytes(most))]);
    return { name, data };
  },
  effect: onHandle("write to its program"),
  handleOf: ({ name }) => name,
  async perform({ name, data }, env) {
    await (env.held(name) as HeldProgram).child.write(textOrBytes(data));
    return null;
  },
});

const endProgram = method({
  kind: "process.host",
  most: 16,
  read: (args) => ({ name: argumentsOf("process.end", args, [handle])[0] }),
  effect: onHandle("end its program"),
  handleOf: ({ name }) => name,
  async perform({ name }, env) {
    const { child } = env.held(name) as HeldProgram;
    const ended = await child.end();
    env.drop(name);
    return { ...ended };
  },
});

// ── Shell lines ──────────────────────────────────────────────────────────────────────────────────────────────────────

const runRequest = shape({
  command: text(120_000),
  timeoutMs: optional(whole(1, 2 ** 31 - 1)),
  maxOutputBytes: whole(0, 8 * 1024 * 1024),
  maxOutputLines: whole(0, 1_000_000),
});

function lineMethod(op: "run" | "start"): Method {
  return shellMethod((args) => {
    const [{ timeoutMs, ...rest }] = argumentsOf(`process.${op}`, args, [runRequest]);
    // Only a background run goes on without a bound.
    const run: RunRequest = { ...rest, timeoutMs: timeoutMs ?? (op === "start" ? Number.POSITIVE_INFINITY : longest) };
    return { op, run };
  });
}

const id: Check<string> = text(64);

const fromByte: Check<number | "unread"> = either(oneOf("unread"), whole(0, Number.MAX_SAFE_INTEGER));

function shellMethod(read: (args: readonly Json[]) => ProcessRequest): Method {
  return method<"process.run", ProcessRequest>({
    kind: "process.run",
    most: 8,
    read,
    effect: () => import("../effects/process-run.ts"),
    async perform(request, env) {
      const { perform } = await import("../effects/process-run.ts");
      const own = runsOf(env.host, env.plugin, env.call.context.sessionId ?? "");
      if ("id" in request && !own.has(request.id)) throw notOwn(request.id, env.plugin);
      const core = coreEnv(env);
      if (request.op === "start") return asJson(await startOwn(own, env.plugin, (op) => perform(op, core), request));
      const reply = await perform(request, core);
      if (request.op === "list") return asJson((reply as BackgroundRun[]).filter(({ id: run }) => own.has(run)));
      return reply === undefined ? null : asJson(reply as object);
    },
  });
}

const mostOwn = 4;
const starting = new WeakMap<Set<string>, number>();

/** A plugin takes a part of the session's runs and never all: the model and the user need some too. */
async function startOwn(
  own: Set<string>,
  plugin: string,
  perform: (request: ProcessRequest) => Promise<unknown>,
  request: ProcessRequest,
): Promise<BackgroundRun> {
  const count = (more: number): number => {
    const now = (starting.get(own) ?? 0) + more;
    starting.set(own, now);
    return now;
  };
  count(1);
  try {
    const runs = (await perform({ op: "list" })) as BackgroundRun[];
    const alive = runs.filter(({ id: run, state }) => state === "running" && own.has(run)).length;
    if (alive + count(0) > mostOwn) {
      throw new GantryError(
        "RUN_LIMIT",
        `${mostOwn} background runs of ${plugin} are alive, the most a plugin may have in a session.`,
      );
    }
    const run = (await perform(request)) as BackgroundRun;
    own.add(run.id);
    return run;
  } finally {
    count(-1);
  }
}

/** The session's other runs are the model's, the user's, other plugins'. */
function notOwn(run: string, plugin: string): GantryError {
  return new GantryError("RUN_UNKNOWN", `${plugin} has started no background run that is named ${run}.`);
}

/** USER_UNAVAILABLE is not it: where there is no session there are no shells. */
function coreEnv({ call, signal }: MethodEnv<"process.run">): CoreEnv {
  const { core, reach, onProgress } = call.services;
  if (core === undefined)
    throw new GantryError("RUN_FAILED", "Shell lines run within a session, and there is none here; use process.exec.");
  return {
    ...{ cwd: call.context.cwd, reach, coreEffects: core, signal },
    onProgress: (line) => onProgress?.(line),
    // A plugin's own lines do not move the session.
    onMoved: () => undefined,
  };
}

export const programMethods: readonly (readonly [string, Method])[] = [
  ["process.exec", exec],
  ["process.host", hostProgram],
  ["process.read", readProgram],
  ["process.write", writeProgram],
  ["process.end", endProgram],
  ["process.run", lineMethod("run")],
  ["process.start", lineMethod("start")],
  [
    "process.list",
    shellMethod((args) => {
      argumentsOf("process.list", args, []);
      return { op: "list" };
    }),
  ],
  [
    "process.output",
    shellMethod((args) => {
      const [run, from] = argumentsOf("process.output", args, [id, fromByte]);
      return { op: "output", id: run, fromByte: from };
    }),
  ],
  ["process.stop", shellMethod((args) => ({ op: "stop", id: argumentsOf("process.stop", args, [id])[0] }))],
];
