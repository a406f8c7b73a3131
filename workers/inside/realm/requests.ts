/**
 * Effects that calls ask of the core. At most 64 of all calls are under way, more wait their turn; a call that has ended asks
 * for nothing more, and what it still waited for fails with CALL_ENDED.
 */
import { GantryError } from "../../../core/contract/errors.ts";
import type { FrameError } from "../../../core/contract/frames.ts";
import { isObject, type Json } from "../../../core/contract/messages.ts";
import { bytesFromBase64 } from "./bytes.ts";
import { thrownOf } from "./frame-error.ts";
import { plainCopy } from "./plain-copy.ts";
import type { Wire } from "./wire.ts";

const maxUnderWay = 64;
const maxWaiting = 10_000;
/** The methods whose replies hold bytes; in those of others the same words are data. */
const bringBytes = new Set(["fs.read", "fs.readLines", "net.read", "process.read"]);

interface Asked {
  callId: number;
  method: string;
  args: Json;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Of one call. */
export interface CallRequests {
  ask(method: string, args: readonly unknown[]): Promise<unknown>;
  /** The call asks nothing more. */
  end(): void;
}

export interface Requests {
  open(callId: number): CallRequests;
  reply(id: number, ok: boolean, value: Json | FrameError): void;
}

export function createRequests(wire: Wire): Requests {
  const underWay = new Map<number, Asked>();
  let waiting: Asked[] = [];
  let lastId = 0;

  const send = (asked: Asked): void => {
    const id = ++lastId;
    try {
      wire.sendValue(["request", id, asked.callId, asked.method], asked.args);
      underWay.set(id, asked);
    } catch (error) {
      asked.reject(error as Error);
    }
  };
  const sendNext = (): void => {
    while (underWay.size < maxUnderWay) {
      const asked = waiting.shift();
      if (!asked) return;
      send(asked);
    }
  };
  const start = (asked: Asked): void => {
    if (underWay.size < maxUnderWay) send(asked);
    else if (waiting.length < maxWaiting) waiting.push(asked);
    else throw new RangeError(`${maxWaiting} requests wait already; await some of them first.`);
  };

  return {
    open(callId) {
      let isLive = true;
      return {
        ask: (method, args) =>
          new Promise((resolve, reject) => {
            if (!isLive) throw ended(method);
            start({ callId, method, args: plainCopy(args, { allowBytes: true }), resolve, reject });
          }),
        end() {
          isLive = false;
          // Those under way keep their place in the window until the core has answered.
          for (const asked of underWay.values()) if (asked.callId === callId) asked.reject(ended(asked.method));
          for (const asked of waiting) if (asked.callId === callId) asked.reject(ended(asked.method));
          waiting = waiting.filter((asked) => asked.callId !== callId);
        },
      };
    },
    reply(id, ok, value) {
      const asked = underWay.get(id);
      if (!asked) return;
      underWay.delete(id);
      if (!ok) asked.reject(thrownOf(value as FrameError));
      else asked.resolve(bringBytes.has(asked.method) ? withBytes(value as Json) : value);
      sendNext();
    },
  };
}

function ended(method: string): GantryError {
  return new GantryError("CALL_ENDED", `${method} was asked for by a call that has ended.`);
}

/** A reply is bytes, or an object with some among its fields. */
function withBytes(reply: Json): unknown {
  if (!isObject(reply)) return reply;
  if (typeof reply.$bytes === "string") return bytesFromBase64(reply.$bytes);
  return Object.fromEntries(Object.entries(reply).map(([key, field]) => [key, withFieldBytes(field)]));
}

function withFieldBytes(field: Json): unknown {
  return isObject(field) && typeof field.$bytes === "string" ? bytesFromBase64(field.$bytes) : field;
}
