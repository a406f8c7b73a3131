/** The threads, processes and guests of one plugin under test: those of the product, with the bounds of its default config. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { defaults } from "../../../config/defaults.ts";
import type { BrokerHost } from "../../../workers/broker.ts";
import { execProgram, hostProgram } from "../../../workers/exec-program.ts";
import { describeBundle } from "../../../workers/guests/describe.ts";
import { createGuests } from "../../../workers/guests/guests.ts";
import { createPool } from "../../../workers/pool.ts";
import { createProcesses } from "../../../workers/processes.ts";
import { createProgramRuns } from "../../../workers/program-run.ts";
import { startReaper } from "../../../workers/reaper.ts";
import type { SessionShells } from "../../contract/execution.ts";
import type { DescribeBundle, GuestLimits, GuestNews, Guests } from "../../contract/guest.ts";
import type { RunProgram } from "../../contract/program-run.ts";
import { distFolder } from "../../dist-folder.ts";
import type { Place } from "./place.ts";
import type { StartPluginOptions } from "./plugin-under-test.ts";

export interface Bench {
  limits: GuestLimits;
  shells: SessionShells;
  /** For the bundler. */
  run: RunProgram;
  describe: DescribeBundle;
  /** Once. `source` is what the guest is given. */
  open(source: string, onNews: (news: GuestNews) => void): Guests;
  close(): Promise<void>;
}

export function openBench(place: Place, { limits, secrets = {} }: Pick<StartPluginOptions, "limits" | "secrets">): Bench {
  const searchPath = process.env["PATH"] ?? "/usr/bin:/bin";
  const env = { PATH: searchPath, HOME: place.home, LANG: "C.UTF-8" };
  const mark = randomBytes(8).toString("hex");
  const reaper = startReaper(mark, searchPath);
  const processes = createProcesses({ env });
  const programs = createProgramRuns({ path: searchPath, mark: `${mark}-programs` });
  const pool = createPool({
    ...{ threads: 2, grants: new Map(), home: place.home, filename: path.join(distFolder, "tool-thread.cjs") },
    spawnFile: processes.spawnFile,
  });
  const host: BrokerHost = {
    fileEffect: pool.fileEffect,
    exec: (argv, request) => execProgram(argv, request, { env, reaper }),
    host: (argv, request) => hostProgram(argv, request, { env, reaper }),
    secret: (name) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined),
    storageFile: () => place.storageFile,
    home: place.home,
  };
  const { require, ...quotas } = defaults.isolation;
  const bounds = { ...quotas, ...limits };
  const supply = { folder: path.join(distFolder, "guest"), limits: bounds, require };
  let guests: Guests | undefined;
  return {
    limits: bounds,
    shells: processes.shells({ outputDir: place.outputDir }),
    run: programs.run,
    describe: describeBundle({ ...supply, groups: reaper }),
    open(source, onNews) {
      guests = createGuests({ ...supply, host, processes: reaper, sourceOf: async () => source, onNews });
      return guests;
    },
    async close() {
      await guests?.close();
      await pool.close();
      await processes.close();
      programs.close();
      reaper.dismiss();
    },
  };
}
