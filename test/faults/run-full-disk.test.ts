/** A disk that takes no more of the session log: the run ends with its reason, and what it had shown is in the log. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { bench, jsonLines } from "../support/cli.ts";

test.skipIf(process.platform === "win32")(
  "a run whose log cannot grow ends with LOG_WRITE_FAILED, exit 1; it goes on later",
  async () => {
    const read = { call: { name: "Read", input: { file_path: "a.txt" } } };
    const steps = [...Array.from({ length: 12 }, () => read), { say: "Never said." }];
    const made = await bench(steps, { "a.txt": `${"nine chars".repeat(40)}\n`.repeat(20) });
    // The kernel refuses to let any file grow past 32 KiB (dash counts blocks of 512 bytes, bash of 1024).
    const { exit, stdout, stderr } = await made.gantry(["run", "read", "--output", "stream-json"], {
      shell: "ulimit -f 64; exec",
    });
    expect([exit, stderr]).toEqual([1, expect.stringContaining("LOG_WRITE_FAILED")]);
    const shown = jsonLines(stdout).filter(({ seq }) => seq !== undefined);
    expect(shown.length).toBeGreaterThan(5);
    const [log = ""] = await made.logs();
    const kept = (await readFile(log, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { seq: number; prev: string });
    expect(kept.slice(0, shown.length).map(({ prev, ...event }) => [typeof prev, event])).toEqual(
      shown.map((event) => ["string", event]),
    );

    made.model.plays({ steps: [{ say: "There is room again." }] });
    expect(await made.run("go on", ["--continue"])).toMatchObject({ exit: 0, json: { text: "There is room again." } });
    expect((await made.gantry(["sessions", "verify"])).exit).toBe(0);
  },
);
