/** Methods of files. They are performed in a thread, where the grant is asked again about every real path. */
import type { Json } from "../../core/contract/messages.ts";
import type { ReadRequest } from "../effects/fs-read.ts";
import type { FileRequest } from "../file-effects.ts";
import { argumentsOf, bytes, type Check, either, flag, oneOf, optional, shape, text, whole } from "./argument-shapes.ts";
import { type Method, type MethodEnv, method } from "./method.ts";

const path = text(4_096);
const fileBytes = 10 * 1024 * 1024;
const fileTimeoutMs = 30_000;
/** What a reply counts for until it is there (in-flight.ts): few are larger, and the threads that read are few. */
const expectedBytes = 4 * 1024 * 1024;
const expectedRows = 1024 * 1024;

async function inThread(asked: FileRequest, env: MethodEnv<FileRequest["kind"]>): Promise<Json> {
  const { plugin, scope: scopes, call, host, signal } = env;
  const { cwd } = call.context;
  const effect = {
    plugin,
    asked,
    scopes,
    cwd,
    home: host.home,
    reach: call.services.reach,
    closed: asked.kind === "fs.write" ? (host.ownFolders ?? []) : [],
  };
  return host.fileEffect(effect, { signal, timeoutMs: fileTimeoutMs });
}

function replyBytes(request: ReadRequest): number {
  const { maxBytes = expectedBytes } = "window" in request ? request.window : request;
  return Math.min(maxBytes, expectedBytes);
}

const readWhole = method({
  kind: "fs.read",
  most: 4,
  read(args) {
    const [at, options] = argumentsOf("fs.read", args, [path, optional(shape({ maxBytes: optional(whole(0, fileBytes)) }))]);
    return { path: at, ...options };
  },
  replyBytes,
  effect: () => import("../effects/fs-read.ts"),
  perform: (request, env) => inThread({ kind: "fs.read", request }, env),
});

const lineWindow = shape({ offset: whole(1, 1e9), limit: whole(0, 1e6), maxBytes: whole(0, fileBytes) });

const readLines = method({
  kind: "fs.read",
  most: 4,
  read(args) {
    const [at, window] = argumentsOf("fs.readLines", args, [path, lineWindow]);
    return { path: at, window };
  },
  replyBytes,
  effect: () => import("../effects/fs-read.ts"),
  perform: (request, env) => inThread({ kind: "fs.read", request }, env),
});

const written = either(text(fileBytes), bytes(fileBytes));
/** Null means something here: the file must not exist. */
const expected: Check<string | null> = (value, at) => (value === null ? null : text(128)(value, at));

type WriteRequest = Extract<FileRequest, { kind: "fs.write" }>["request"];

const write = method<"fs.write", WriteRequest>({
  kind: "fs.write",
  most: 8,
  read(args) {
    const [at, content, { expect }] = argumentsOf("fs.write", args, [path, written, shape({ expect: expected })]);
    return { path: at, content, expect };
  },
  effect: async () => {
    const { covers, describe } = await import("../effects/fs-write.ts");
    return {
      covers: (scopes, { path: at }, place) => covers(scopes, { path: at, content: "", expect: null }, place),
      describe: ({ path: at }) => describe({ path: at, content: "", expect: null }),
    };
  },
  perform: (request, env) => inThread({ kind: "fs.write", request }, env),
});

const listQuery = shape({ pattern: text(4_096), path: optional(path), limit: whole(0, 100_000) });

const listFiles = method({
  kind: "fs.list",
  most: 4,
  read: (args) => argumentsOf("fs.list", args, [listQuery])[0],
  replyBytes: () => expectedRows,
  effect: () => import("../effects/fs-list.ts"),
  perform: (request, env) => inThread({ kind: "fs.list", request }, env),
});

const searchQuery = shape({
  pattern: text(10_000),
  path: optional(path),
  glob: optional(text(4_096)),
  type: optional(text(64)),
  ignoreCase: flag,
  multiline: flag,
  before: whole(0, 1_000),
  after: whole(0, 1_000),
  mode: oneOf("content", "files_with_matches", "count"),
  lineNumbers: flag,
  limit: whole(0, 100_000),
  offset: whole(0, 1e9),
});

const search = method({
  kind: "fs.search",
  most: 4,
  read: (args) => argumentsOf("fs.search", args, [searchQuery])[0],
  replyBytes: () => expectedRows,
  effect: () => import("../effects/fs-search.ts"),
  perform: (request, env) => inThread({ kind: "fs.search", request }, env),
});

export const fileMethods: readonly (readonly [string, Method])[] = [
  ["fs.read", readWhole],
  ["fs.readLines", readLines],
  ["fs.write", write],
  ["fs.list", listFiles],
  ["fs.search", search],
];
