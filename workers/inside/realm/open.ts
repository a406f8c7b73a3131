/** The dispatcher of the core's frames, and what the realm says of its own accord: hello, beats, and errors that no call met. */

import { GantryError } from "../../../core/contract/errors.ts";
import type { CoreFrame, FrameError } from "../../../core/contract/frames.ts";
import { frameProtocol } from "../../../core/contract/frames.ts";
import type { Json } from "../../../core/contract/messages.ts";
import type { RealmTask } from "../guest-realm.ts";
import { type Acks, createAcks } from "./acks.ts";
import { type CallBody, createCalls } from "./calls.ts";
import { messageOf } from "./error-text.ts";
import { frameErrorOf } from "./frame-error.ts";
import { createCompartment } from "./globals.ts";
import { hardened } from "./lockdown.ts";
import { createLog, type Log } from "./log.ts";
import { type LoadedPlugin, loadPlugin } from "./plugin.ts";
import { createRequests } from "./requests.ts";
import { createWire, type Wire } from "./wire.ts";

const beatMs = 1000;

/** With the parts of the source put together. */
interface LoadBody {
  options: Json;
  source: string;
}

/** Never ends. */
export function openRealm({ port, timers, logBytesPerMinute }: RealmTask): Promise<never> {
  // Instances of it reach the plugin.
  hardened(GantryError);
  const wire: Wire = createWire(port, {
    onCall: (id) => acks.came(id),
    onFrame: (frame) => receive(frame),
  });
  const acks = createAcks((id) => wire.send(["ack", id]));
  const { now } = performance;
  const log = createLog(wire, { charsPerMinute: logBytesPerMinute, nowMs: () => now.call(performance) });
  reportLostErrors(log);
  let beats = 0;
  setInterval(() => wire.send(["ping", ++beats]), beatMs);
  wire.send(["hello", { protocol: frameProtocol, node: process.version, tier: "realm+process" }]);
  // Behind the hello, so that it is made while that is on its way, or while a spare waits for its plugin.
  const compartment = createCompartment({ timers, log });
  // The first text takes longer than the next.
  compartment.evaluate("0");
  const receive = createDispatcher({ wire, log, acks, compartment });
  return new Promise(() => undefined);
}

interface DispatcherParts {
  wire: Wire;
  log: Log;
  acks: Acks;
  compartment: Compartment;
}

function createDispatcher({ wire, log, acks, compartment }: DispatcherParts) {
  const requests = createRequests(wire);
  const calls = createCalls({ wire, requests, log, acks });
  let plugin: LoadedPlugin | undefined;
  let isLoading = false;

  const load = async (id: number, body: LoadBody): Promise<void> => {
    try {
      if (isLoading) throw new GantryError("INTERNAL", "This guest has its plugin already.");
      isLoading = true;
      plugin = await loadPlugin(body, compartment);
      wire.sendValue(["result", id], plugin.contributions as unknown as Json);
    } catch (error) {
      wire.send(["error", id, frameErrorOf(error, "PLUGIN_INVALID")]);
    }
  };

  const call = (id: number, body: CallBody): void => {
    if (plugin) void calls.start(id, body, plugin);
    else {
      acks.ended(id);
      wire.send(["error", id, { code: "INTERNAL", message: "This guest has no plugin yet." }]);
    }
  };

  return (frame: CoreFrame): void => {
    switch (frame[0]) {
      case "load":
        void load(frame[1], frame[2] as LoadBody);
        break;
      case "call":
        call(frame[1], frame[2] as CallBody);
        break;
      case "cancel":
        calls.cancel(frame[1], frame[2]);
        break;
      case "reply":
        requests.reply(frame[1], frame[2], frame[3] as Json | FrameError);
        break;
      case "credit":
        calls.grant(frame[1], frame[2]);
        break;
    }
  };
}

/** What a plugin leaves unmet ends nothing: it is a line in its log. */
function reportLostErrors(log: Log): void {
  process.on("uncaughtException", (error: unknown) => log("error", `An error that nobody caught: ${messageOf(error)}`));
  process.on("unhandledRejection", (error: unknown) => log("error", `A rejection that nobody met: ${messageOf(error)}`));
}
