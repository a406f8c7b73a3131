/**
 * Where kill-at-syscall.cjs is to strike in a run whose calls are known. A dead process leaves what it had written, synced or
 * not: only before a call that changes something, in the middle of a write and after the last call is a moment of its own.
 */
export interface KillPoint {
  /** Number of the call, from 1. */
  at: number;
  when: "before" | "half" | "after";
  call: string;
}

/** `calls` as KILL_TALLY or KILL_REPORT name them, in their order. */
export function killPoints(calls: readonly string[]): KillPoint[] {
  return calls.flatMap((call, index) => {
    const before = changes(call, calls[index + 1]) ? (["before"] as const) : [];
    const half = isWrite(call) ? (["half"] as const) : [];
    const after = index === calls.length - 1 ? (["after"] as const) : [];
    return [...before, ...half, ...after].map((when) => ({ at: index + 1, when, call }));
  });
}

/** Where the process may do something else before it opens the next file: after each close that an open follows. */
export function killPointsBetweenFiles(calls: readonly string[]): KillPoint[] {
  return calls.flatMap((call, index) =>
    isClose(call) && isOpen(calls[index + 1] ?? "") ? [{ at: index + 1, when: "after" as const, call }] : [],
  );
}

const isWrite = (call: string): boolean => /^(?:handle\.)?write(?:Sync|v)? /.test(call);
const isOpen = (call: string): boolean => /^(?:promises\.)?open(?:Sync)? /.test(call);
const isClose = (call: string): boolean => /^(?:handle\.)?close(?:Sync)? /.test(call);
const isSync = (call: string): boolean => /^(?:handle\.)?(?:f?data)?f?sync(?:Sync)? /.test(call);

/** An open that no write follows is a look, or a folder's, which is to be synced. */
function changes(call: string, next = ""): boolean {
  if (isOpen(call)) return isWrite(next);
  return !isClose(call) && !isSync(call);
}
