/**
 * Calls of the core: acknowledged when they outlive their first turn, run with a context of their own, ended with one result or error. A call's context
 * is dead when its end is sent.
 */
import { GantryError } from "../../../core/contract/errors.ts";
import type { CallFrameContext, CallTarget } from "../../../core/contract/frames.ts";
import type { Json } from "../../../core/contract/messages.ts";
import { createContext } from "../../context-brokered.ts";
import { createAbort } from "./abort.ts";
import type { Acks } from "./acks.ts";
import { createItemStream, type ItemStream } from "./credit.ts";
import { frameErrorOf } from "./frame-error.ts";
import { hardened } from "./lockdown.ts";
import type { Log } from "./log.ts";
import { performCall } from "./perform.ts";
import { plainCopy } from "./plain-copy.ts";
import type { LoadedPlugin } from "./plugin.ts";
import { createProgress } from "./progress.ts";
import type { Requests } from "./requests.ts";
import type { Wire } from "./wire.ts";

interface Running {
  abort(reason: Error): void;
  items: ItemStream;
}

export interface CallBody {
  target: CallTarget;
  input: Json;
  context: CallFrameContext;
}

export interface Calls {
  start(id: number, body: CallBody, plugin: LoadedPlugin): Promise<void>;
  cancel(id: number, reason: string): void;
  grant(id: number, credits: number): void;
}

export interface CallsOptions {
  wire: Wire;
  requests: Requests;
  log: Log;
  acks: Acks;
}

export function createCalls({ wire, requests, log, acks }: CallsOptions): Calls {
  const running = new Map<number, Running>();
  return {
    async start(id, { target, input, context }, plugin) {
      const { signal, abort } = createAbort();
      const items = createItemStream((itemJson) => wire.sendText(`["chunk",${id},${itemJson}]`));
      const asked = requests.open(id);
      const progress = createProgress((text) => wire.send(["progress", id, text]));
      running.set(id, { abort, items });
      const facts = {
        ...{ callId: context.callId, cwd: context.cwd, workspace: context.workspace, signal, options: plugin.options },
        log: (text: string) => log("info", String(text)),
        progress: progress.show,
      };
      const over = (): void => {
        running.delete(id);
        acks.ended(id);
        progress.end();
        asked.end();
      };
      try {
        const ctx = createContext(facts, asked.ask);
        const given = await performCall({ plugin, target, input, context, ctx, items });
        const result = plainCopy(given, { allowBytes: false });
        over();
        wire.sendValue(["result", id], result);
      } catch (error) {
        over();
        wire.send(["error", id, frameErrorOf(error)]);
      } finally {
        items.stop(new GantryError("CALL_ENDED", "The call has ended."));
      }
    },
    cancel(id, reason) {
      const error = hardened(new GantryError("TOOL_INTERRUPTED", reason));
      running.get(id)?.items.stop(error);
      running.get(id)?.abort(error);
    },
    grant: (id, credits) => running.get(id)?.items.grant(credits),
  };
}
