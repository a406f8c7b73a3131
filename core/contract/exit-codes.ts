/** THE exit code table: what the product ends with. A plugin's own command may use 10 to 99 for answers of its own. */

interface ExitRow {
  /** In a list of few words, for help; absent: the row beside it says it. */
  short?: string;
  meaning: string;
}

const rows = {
  0: {
    short: "done",
    meaning:
      "done. A call that was denied by a rule, by plan or dontAsk mode, by a judge or by `--approve never` is an answer, not a failure",
  },
  1: { short: "failed", meaning: "the run failed" },
  2: { short: "usage or config", meaning: "usage or config is wrong; no task was started" },
  3: {
    short: "an approval was missing",
    meaning: "a call, or the project's trust, needed a yes and nobody was there to give it, whatever the model said afterwards",
  },
  4: { short: "a limit", meaning: "a limit was reached: turns, cost, time, or one failing call repeated five times" },
  5: { short: "credentials", meaning: "the provider refused the credentials, or there are none" },
  6: { short: "provider", meaning: "the provider could not be reached, limited the rate, or kept failing" },
  7: {
    short: "what is required cannot be used",
    meaning: "something that is marked as required does not work: the sandbox, a plugin or an MCP server",
  },
  129: { meaning: "stopped by SIGHUP; the session is kept" },
  130: { short: "interrupted", meaning: "stopped by SIGINT; the session is kept" },
  143: { meaning: "stopped by SIGTERM; the session is kept" },
} as const satisfies Record<number, ExitRow>;

export type ExitCode = keyof typeof rows;

export const exitTable: Readonly<Record<ExitCode, ExitRow>> = rows;

/** Ascending. */
export const exitCodes = Object.keys(rows).map(Number) as ExitCode[];

/** `0 done, 1 failed, …` */
export function exitCodeWords(): string {
  return exitCodes
    .flatMap((code) => (exitTable[code].short === undefined ? [] : [`${code} ${exitTable[code].short}`]))
    .join(", ");
}
