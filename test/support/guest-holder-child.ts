/** Child of the kill tests: a core with one guest that runs this tool's body. argv: boundary or none, body. Prints the guest's processes. */

import { processTree } from "../../workers/guests/process-usage.ts";
import { createGuestTable } from "../../workers/guests/table.ts";
import { startReaper } from "../../workers/reaper.ts";
import { callOf, guestFolder, limits, pluginWith, sourceWith } from "./guest-table.ts";

const [boundary = "none", body = ""] = process.argv.slice(2);
const reaper = startReaper(`holder-${process.pid}`, process.env["PATH"] ?? "/usr/bin:/bin");
const started: number[] = [];
const guests = createGuestTable({
  ...{ folder: guestFolder, limits, require: boundary === "boundary" ? "os" : "none", useBoundary: boundary === "boundary" },
  groups: {
    add(group) {
      started.push(group);
      reaper.add(group);
      process.stdout.write(`started ${group}\n`);
    },
    remove: reaper.remove,
  },
  sourceOf: async ({ name }) => sourceWith(name, { T: body }),
  createBroker: async () => ({ perform: async () => null, endCall: () => undefined, close: () => undefined }),
  onNews: () => undefined,
});
guests.add(pluginWith("p", ["T"]));
const services = {
  ...callOf({ part: "tool", name: "T" }).services,
  async onProgress() {
    const trees = await Promise.all(started.map(processTree));
    process.stdout.write(`running ${trees.flat().join(" ")}\n`);
  },
};
await guests.call("p", callOf({ part: "tool", name: "T" }, { services, timeoutMs: "own" }));
