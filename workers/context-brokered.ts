/**
 * What a plugin may use of the world, made of one function that asks for an effect. Pure: the same code stands in a guest,
 * where a request is a frame, and in the core, where it goes to the broker. Whoever asks packs and unpacks bytes.
 */
import type { Json, JsonObject } from "../core/contract/messages.ts";
import type {
  FileEffects,
  HostedProgram,
  ModelEffects,
  NetEffects,
  NetResponse,
  ProcessEffects,
  RunRequest,
  SessionEffects,
  StorageEffects,
  ToolContext,
  UserEffects,
} from "../core/contract/tool-context.ts";

/** What is known of the call itself. `log` and `progress` return at once. */
export interface ContextFacts {
  callId: string;
  cwd: string;
  workspace: string;
  signal: AbortSignal;
  options: JsonObject;
  log(text: string): void;
  progress(text: string): void;
}

/** Asks for one effect by its method. Bytes are Uint8Array on both ways; rejects with a GantryError. */
export type AskEffect = (method: string, args: readonly unknown[]) => Promise<unknown>;

export function createContext(facts: ContextFacts, ask: AskEffect): ToolContext {
  const { callId, cwd, workspace, signal, options, log, progress } = facts;
  return Object.freeze({
    ...{ callId, cwd, workspace, signal, options, log, progress },
    fs: frozen(fileEffects(ask)),
    net: frozen(netEffects(ask)),
    process: frozen(processEffects(ask)),
    secrets: frozen({ read: (name: string) => answered<string>(ask("secret.read", [name])) }),
    model: frozen(modelEffects(ask)),
    user: frozen(userEffects(ask)),
    storage: frozen(storageEffects(ask)),
    session: frozen(sessionEffects(ask)),
  });
}

/** An object and its functions; made for each call, so without a walk through all they reach. */
export function frozen<Members extends object>(members: Members): Members {
  for (const member of Object.values(members)) Object.freeze(member);
  return Object.freeze(members);
}

/** The core answers each method with what the contract says of it. */
function answered<Reply>(reply: Promise<unknown>): Promise<Reply> {
  return reply as Promise<Reply>;
}

/** An optional last argument, left out when it is. */
function given<Value>(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}

/** JSON knows no undefined: what is not there crosses as null. */
async function orUndefined<Reply>(reply: Promise<unknown>): Promise<Reply | undefined> {
  return ((await reply) ?? undefined) as Reply | undefined;
}

function fileEffects(ask: AskEffect): FileEffects {
  return {
    read: (path, options) => answered(ask("fs.read", [path, ...given(options)])),
    readLines: (path, window) => answered(ask("fs.readLines", [path, window])),
    write: (path, content, options) => answered(ask("fs.write", [path, content, options])),
    list: (query) => answered(ask("fs.list", [query])),
    search: (query) => answered(ask("fs.search", [query])),
  };
}

function processEffects(ask: AskEffect): ProcessEffects {
  return {
    exec: (argv, options) => answered(ask("process.exec", [argv, ...given(options)])),
    host: async (argv) => hostedProgram(await answered<string>(ask("process.host", [argv])), ask),
    run: (request) => answered(ask("process.run", [crossable(request)])),
    start: (request) => answered(ask("process.start", [crossable(request)])),
    list: () => answered(ask("process.list", [])),
    output: (id, fromByte) => answered(ask("process.output", [id, fromByte])),
    stop: (id) => answered(ask("process.stop", [id])),
  };
}

/** Without a bound is without the field: JSON has no Infinity. */
function crossable(request: RunRequest): Partial<RunRequest> {
  const { timeoutMs, ...rest } = request;
  return timeoutMs === Number.POSITIVE_INFINITY ? rest : request;
}

function hostedProgram(handle: string, ask: AskEffect): HostedProgram {
  return frozen({
    write: async (data: string | Uint8Array) => {
      await ask("process.write", [handle, data]);
    },
    read: () => orUndefined<Uint8Array>(ask("process.read", [handle])),
    end: () => answered<Awaited<ReturnType<HostedProgram["end"]>>>(ask("process.end", [handle])),
  });
}

function modelEffects(ask: AskEffect): ModelEffects {
  return { ask: (prompt, limits) => answered(ask("model.ask", [prompt, ...given(limits)])) };
}

function userEffects(ask: AskEffect): UserEffects {
  return {
    ask: (questions) => answered(ask("user.ask", [questions])),
    notify: async (text) => {
      await ask("notify", [text]);
    },
  };
}

function storageEffects(ask: AskEffect): StorageEffects {
  return {
    get: (key) => orUndefined(ask("storage.get", [key])),
    set: async (key, value) => {
      await ask("storage.set", [key, value]);
    },
    delete: (key) => answered(ask("storage.delete", [key])),
    keys: (prefix) => answered(ask("storage.keys", given(prefix))),
  };
}

function sessionEffects(ask: AskEffect): SessionEffects {
  return {
    events: (options) => answered(ask("session.events", given(options))),
    lastRead: (path) => orUndefined(ask("session.lastRead", [path])),
  };
}

function netEffects(ask: AskEffect): NetEffects {
  return {
    async fetch(url, request) {
      const reply = await answered<Omit<ResponseHead, "read">>(ask("net.fetch", [url, ...given(request)]));
      return response({ ...reply, read: () => orUndefined(ask("net.read", [reply.handle])) });
    },
  };
}

interface ResponseHead {
  status: number;
  headers: Record<string, string>;
  url: string;
  handle: string;
  /** The next bytes of the body; undefined at its end. */
  read(): Promise<Uint8Array | undefined>;
}

function response({ status, headers, url, read }: ResponseHead): NetResponse {
  let isTaken = false;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    if (isTaken) throw new TypeError(`The body of ${url} was read already.`);
    isTaken = true;
    for (let chunk = await read(); chunk !== undefined; chunk = await read()) yield chunk;
  }
  const bytes = async (): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of chunks()) pieces.push(piece);
    return joined(pieces);
  };
  const text = async (): Promise<string> => new TextDecoder().decode(await bytes());
  return frozen({
    ...{ status, headers, url, bytes, text },
    json: async () => JSON.parse(await text()) as Json,
    stream: chunks,
  });
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
