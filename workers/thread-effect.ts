/** The core's side of one file effect of a guest in a thread: post it, spawn ripgrep for it, and end it like a call (thread-call.ts). */
import { MessageChannel } from "node:worker_threads";
import type { Piscina } from "piscina";
import { GantryError } from "../core/contract/errors.ts";
import type { Json } from "../core/contract/messages.ts";
import { crossed, crossing, type FromThread, type ToThread } from "./call-messages.ts";
import type { SpawnFile } from "./effects/effect.ts";
import type { FileEffect, FileEffectReply, FileEffectTask } from "./file-effects.ts";
import { withRawBytes } from "./raw-bytes.ts";
import { createEnding, crossingReach, type EndedCounts } from "./thread-call.ts";

export interface ThreadEffect {
  piscina: Piscina;
  effect: FileEffect;
  spawnFile: SpawnFile;
  timeoutMs: number;
  signal: AbortSignal;
  graceMs: number;
  counts: EndedCounts;
}

export async function effectInThread({ piscina, effect, spawnFile, ...rest }: ThreadEffect): Promise<Json> {
  const { port1: port, port2 } = new MessageChannel();
  const { timeoutMs, signal, ...bounds } = rest;
  const ending = createEnding({ tool: effect.asked.kind, execution: { timeoutMs, signal }, ...bounds }, port);
  const bytes = Promise.withResolvers<Uint8Array>();
  bytes.promise.catch(() => undefined);
  port.on("close", () => bytes.reject(new GantryError("TOOL_CRASHED", `${effect.asked.kind} ended before its bytes came.`)));
  port.on("message", (message: FromThread) => {
    if (message.type === "bytes") return bytes.resolve(message.bytes);
    if (message.type !== "request" || message.body.kind !== "spawn.file") return;
    const { file, args, options } = message.body;
    const id = message.id;
    const answer = (reply: ToThread): void => port.postMessage(reply);
    spawnFile(file, args, { ...options, signal: ending.effects }).then(
      (value) => answer({ type: "reply", id, ok: true, value }),
      (error: unknown) => answer({ type: "reply", id, ok: false, error: crossing(error) }),
    );
  });
  try {
    const task: FileEffectTask = { ...effect, reach: crossingReach(effect.reach), port: port2 };
    const options = { transferList: [port2], signal: ending.kill, name: "effect" };
    const reply: FileEffectReply = await piscina.run(task, options).catch((error: unknown) => {
      throw ending.explain(error);
    });
    if (!reply.ok) throw ending.explainReply(crossed(reply.error));
    return reply.bytesCome ? withRawBytes(reply.value, await bytes.promise) : reply.value;
  } finally {
    ending.settle();
    port.close();
  }
}
