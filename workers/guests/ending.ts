/** What a guest's exit code, signal and last words say, as a row of the error table and in words. */
import { constants } from "node:os";
import type { ErrorCode } from "../../core/contract/errors.ts";
import { maxFrameBytes } from "../../core/contract/frames.ts";
import type { GuestLimits } from "../../core/contract/guest.ts";
import { guestEndOf } from "../inside/guest-exit.ts";
import type { Usage } from "./process-usage.ts";

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr. */
  errors: string;
  limits: GuestLimits;
  /** Last seen. */
  usage: Usage;
  /** Inside bubblewrap, which tells a signal as 128 and its number. */
  isBoxed: boolean;
}

export function endOf(exit: Exit): { code: ErrorCode; problem: string } {
  const { code, errors, limits, usage } = exit;
  switch (guestEndOf(code)) {
    case "memory":
      return { code: "GUEST_MEMORY", problem: `it used more than its ${limits.rssMiB} MiB of memory${seen(usage)}` };
    case "heap":
      return { code: "GUEST_MEMORY", problem: `its heap of ${limits.heapMiB} MiB is full` };
    case "thread":
      return { code: "GUEST_CRASHED", problem: `its thread ended${said(errors)}` };
    case "frame":
      return { code: "GUEST_PROTOCOL", problem: `one of its frames was empty or longer than ${maxFrameBytes / 1_024} KiB` };
    case "start":
      return { code: "GUEST_START_FAILED", problem: `its realm could not be set up${said(errors)}` };
    case "stdin-ended":
      return { code: "GUEST_CRASHED", problem: "it lost its input" };
    default:
      return fromSignal(exit);
  }
}

function fromSignal({ code, signal, errors, limits, usage, isBoxed }: Exit): { code: ErrorCode; problem: string } {
  const name = signal ?? (isBoxed && code !== null && code > 128 ? signalName(code - 128) : undefined);
  const how = name === undefined ? `exit code ${code}` : name;
  if (/out of memory|Array buffer allocation failed|heap limit/i.test(errors)) {
    return {
      code: "GUEST_MEMORY",
      problem: `its memory is full: heap ${limits.heapMiB} MiB, all ${limits.rssMiB} MiB (${how})`,
    };
  }
  if (name === "SIGKILL") {
    return { code: "GUEST_CRASHED", problem: `somebody killed it with SIGKILL, perhaps for its memory${seen(usage)}` };
  }
  return { code: "GUEST_CRASHED", problem: `${how}${said(errors)}` };
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}

/** Nothing, when it ended before it was looked at. */
function seen({ rssMiB }: Usage): string {
  const whole = Math.round(rssMiB);
  return whole === 0 ? "" : ` (last seen: ${whole} MiB)`;
}

/** The first line that says something. */
function said(errors: string): string {
  const line = errors.split("\n").find((text) => /error|fatal|bwrap|not /i.test(text)) ?? errors.split("\n")[0] ?? "";
  return line.trim() === "" ? "" : `: ${line.trim().slice(0, 300)}`;
}
