/** Scenarios of `@modelcontextprotocol/conformance`: the suite's own program, its verdict and the checks that it says failed. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface Verdict {
  passed: boolean;
  /** The suite's own lines on checks that failed or warned, on exit codes and time-outs. */
  failed: string[];
}

const suite = join(
  dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json")),
  "dist/index.js",
);
const deadlineMs = 50_000;

/** @param command What the suite starts, with the server's URL as its last argument. */
export async function runClientScenario(scenario: string, command: string): Promise<Verdict> {
  const { code, text } = await runSuite(["client", "--command", command, "--scenario", scenario]);
  const from = Math.max(0, text.search(/^(Test Results:|Client exited|Client timed out)/m));
  const told = text.slice(from).split("\n");
  return { passed: code === 0, failed: code === 0 ? [] : told.filter((line) => line.trim() !== "").slice(0, 60) };
}

/** Names of the client scenarios that this version of the suite has. */
export async function clientScenarios(): Promise<string[]> {
  const { text } = await runSuite(["list"]);
  const [, after = ""] = text.split("Client scenarios");
  return [...after.matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name ?? "");
}

function runSuite(args: string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [suite, ...args],
      { timeout: deadlineMs, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        resolve({ code, text: `${stdout}\n${stderr}` });
      },
    );
  });
}

/** Runs `work` for each, at most `most` at a time, in their order; each result by its name, as soon as it is there. */
export function inTurns<T>(
  names: readonly string[],
  most: number,
  work: (name: string) => Promise<T>,
): Map<string, Promise<T>> {
  const results = new Map(names.map((name) => [name, Promise.withResolvers<T>()]));
  const waiting = [...results];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, { resolve, reject }] = next;
      await work(name).then(resolve, reject);
    }
  };
  for (let started = 0; started < most; started++) void worker();
  return new Map([...results].map(([name, { promise }]) => [name, promise]));
}
