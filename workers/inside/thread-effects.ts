/**
 * One file effect of a guest, in a thread: the same code as for a built-in, with the guest's grant asked again about every
 * real path. Loaded with the first such effect.
 */
import type { MessagePort } from "node:worker_threads";
import type { HiddenPaths, Reach } from "../../core/contract/execution.ts";
import type { Json } from "../../core/contract/messages.ts";
import { isInside, realPathOf } from "../../core/permission/files/confined-path.ts";
import { coversPath, pathPrefix } from "../../core/permission/grants.ts";
import { crossing, type FromThread } from "../call-messages.ts";
import { createCorePort } from "../core-port.ts";
import type { EffectEnv, RealGrant, ScopePlace, SpawnedFile } from "../effects/effect.ts";
import type { ReadRequest } from "../effects/fs-read.ts";
import type { FileEffectReply, FileEffectTask } from "../file-effects.ts";
import { encoded, textOrBytes } from "../packed-bytes.ts";

type Performed = Omit<Extract<FileEffectReply, { ok: true }>, "ok">;

const mostEncoded = 64 * 1024;

/** Never throws: an error is a reply. */
export async function performFileEffect(task: FileEffectTask, hidden: HiddenPaths[]): Promise<FileEffectReply> {
  const core = createCorePort(task.port);
  try {
    const place = { workspace: task.reach.workspace, cwd: task.cwd, home: await realHome(task.home) };
    const env: EffectEnv = {
      ...place,
      reach: widened({ ...task.reach, hidden }, task.scopes, place),
      signal: core.signal,
      granted: grantOf(task, place, await Promise.all(task.closed.map((folder) => realPathOf(folder)))),
      spawnFile: async (file, args, options) =>
        (await core.request({ kind: "spawn.file", file, args, options })) as SpawnedFile,
    };
    return { ok: true, ...(await perform(task, env)) };
  } catch (error) {
    return { ok: false, error: crossing(error) };
  } finally {
    core.close();
  }
}

async function perform({ asked, port }: FileEffectTask, env: EffectEnv): Promise<Performed> {
  switch (asked.kind) {
    case "fs.read":
      return performRead(asked.request, env, port);
    case "fs.write": {
      const { perform } = await import("../effects/fs-write.ts");
      const { content, ...rest } = asked.request;
      return { value: asJson(await perform({ ...rest, content: textOrBytes(content) }, env)) };
    }
    case "fs.list": {
      const { perform } = await import("../effects/fs-list.ts");
      return { value: asJson(await perform(asked.request, env)) };
    }
    case "fs.search": {
      const { perform } = await import("../effects/fs-search.ts");
      return { value: asJson(await perform(asked.request, env)) };
    }
  }
}

/** Few bytes are encoded here, so that the core only has to hand the text on; many are moved, for a text of them is copied. */
async function performRead(request: ReadRequest, env: EffectEnv, port: MessagePort): Promise<Performed> {
  const { perform } = await import("../effects/fs-read.ts");
  if ("window" in request) {
    const { head, ...rest } = await perform(request, env);
    return { value: asJson({ ...rest, ...(head !== undefined && { head: encoded(head) }) }) };
  }
  const { bytes, ...rest } = await perform(request, env);
  if (bytes.length <= mostEncoded) return { value: asJson({ ...rest, bytes: encoded(bytes) }) };
  const message: FromThread = { type: "bytes", bytes };
  port.postMessage(message, [bytes.buffer as ArrayBuffer]);
  return { value: asJson(rest), bytesCome: true };
}

/** Results of file effects are plain data by their types. */
function asJson(value: object): Json {
  return value as unknown as Json;
}

/** What an absolute scope speaks of is within reach, workspace or not: the user granted it by name. */
function widened(reach: Reach, scopes: readonly string[], place: ScopePlace): Reach {
  const outside = scopes.filter((scope) => !scope.startsWith("./"));
  const prefixes = outside.map((scope) => pathPrefix(scope, place)).filter((prefix) => prefix !== undefined);
  return { ...reach, roots: [...new Set([...reach.roots, ...prefixes])] };
}

/** Gantry's files in a project, in any case of their letters: what no guest writes, for its own authority may hang on them. */
const ownInProject = /\/(?:\.gantry(?:\/|$)|gantry\.config\.[^/]*$|\.gantryrc(?:\.[^/]*)?$)/i;

function grantOf({ plugin, asked: { kind }, scopes }: FileEffectTask, place: ScopePlace, closed: string[]): RealGrant {
  const isOwn = (real: string): boolean => kind === "fs.write" && ownInProject.test(real);
  const isOpen = (real: string): boolean => !isOwn(real) && !closed.some((folder) => isInside(folder, real));
  const covers = (real: string): boolean => isOpen(real) && coversPath(scopes, real, place.workspace, place.home);
  return {
    plugin,
    kind,
    covers,
    coversFolder: (real) => covers(real) || scopes.some((scope) => pathPrefix(scope, place) === real),
  };
}

/** A home that is a link leads to where the user's files are; one that is not there covers nothing. */
async function realHome(home: string): Promise<string> {
  return realPathOf(home).catch(() => home);
}
