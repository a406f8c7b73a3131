/** Where guests come from: one spare that has said hello and belongs to nobody, else a new process. Decides the boundary. */
import { realpath } from "node:fs/promises";
import { GantryError } from "../../core/contract/errors.ts";
import type { GuestFacts, GuestLimits } from "../../core/contract/guest.ts";
import { type Guest, startGuest } from "../guest.ts";
import type { Groups } from "./launch.ts";
import { type Boundary, triedBoundary, untriedBoundary } from "./os-boundary.ts";

export interface SupplyOptions {
  /** dist/guest, absolute. */
  folder: string;
  limits: GuestLimits;
  /** `os`: none is started where the operating system's boundary does not work. */
  require: "none" | "os";
  groups: Groups;
  /** False: guests are started without the boundary, as where it is not there. For tests and measurements. */
  useBoundary?: boolean;
}

export interface Supply {
  /** GUEST_START_FAILED, ISOLATION_UNAVAILABLE, PLUGIN_STOPPED. */
  take(): Promise<Guest>;
  /** One that was taken and given to no plugin. */
  putBack(guest: Guest): void;
  /** Makes the spare ready; a failure is met by the next `take`. */
  warm(): void;
  /** What a guest has around it, as far as that is known. */
  readonly tier: GuestFacts["tier"];
  close(): Promise<void>;
}

export function createSupply(options: SupplyOptions): Supply {
  const { folder, limits, groups } = options;
  let spare: Promise<Guest> | undefined;
  let tier: GuestFacts["tier"] = "realm+process";
  let isClosed = false;
  const all = new Set<Guest>();

  async function start(): Promise<Guest> {
    const real = await realpath(folder);
    if (isClosed) throw stopped();
    const guest = await startBounded((boundary) => startGuest({ folder: real, limits, boundary, groups }), options);
    tier = guest.tier;
    all.add(guest);
    void guest.ended.then(() => all.delete(guest));
    if (isClosed) await guest.stop(stopped());
    guest.hold(false);
    return guest;
  }

  function keep(started: Promise<Guest>): void {
    spare = started;
    const forget = (): void => {
      if (spare === started) spare = undefined;
    };
    started.then((guest) => guest.ended.then(forget), forget);
  }

  return {
    async take() {
      if (isClosed) throw stopped();
      const ready = spare;
      spare = undefined;
      // One that died while it waited, or could not be started then, is no answer now.
      const guest = await ready?.catch(() => undefined);
      return guest === undefined || guest.isEnding ? await start() : guest;
    },
    putBack(guest) {
      if (!isClosed && spare === undefined && !guest.isEnding) keep(Promise.resolve(guest));
      else void guest.stop(stopped());
    },
    warm() {
      if (isClosed || spare !== undefined) return;
      keep(start());
    },
    get tier() {
      return tier;
    },
    async close() {
      isClosed = true;
      await spare?.catch(() => undefined);
      await Promise.all([...all].map((guest) => guest.stop(stopped())));
    },
  };
}

function stopped(): GantryError {
  return new GantryError("PLUGIN_STOPPED", "Gantry is closing; no guest is started.");
}

type Start = (boundary: Boundary | undefined) => Promise<Guest>;

/** The first guest starts beside the trial of what is around it: it has nothing of a plugin yet, and is ended when that fails. */
async function startBounded(begin: Start, { require, useBoundary = true }: SupplyOptions): Promise<Guest> {
  const { boundary, why } = useBoundary ? await untriedBoundary() : { boundary: undefined, why: "it was left out" };
  if (boundary === undefined) return await startUnbounded(begin, { require, why });
  const [guest, { finding }] = await Promise.all([settled(begin(boundary)), triedBoundary()]);
  if (finding.works && guest.status === "rejected") throw guest.reason;
  if (finding.works && guest.status === "fulfilled") return guest.value;
  if (guest.status === "fulfilled") await guest.value.stop(stopped());
  return await startUnbounded(begin, { require, why: finding.why });
}

async function startUnbounded(begin: Start, { require, why }: { require: "none" | "os"; why: string }): Promise<Guest> {
  if (require === "none") return await begin(undefined);
  throw new GantryError(
    "ISOLATION_UNAVAILABLE",
    `isolation.require is "os", and no boundary of the operating system works on this machine: ${why}`,
  );
}

async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}
