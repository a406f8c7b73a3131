import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { lockFile } from "../../workers/effects/lock-file.ts";
import { type BrokerBench, refusal, startBroker } from "../support/broker.ts";

let bench: BrokerBench;
let file: string;
beforeAll(async () => {
  bench = await startBroker();
  file = bench.host.storageFile("notes");
});
afterAll(() => bench.close());
beforeEach(async () => {
  await rm(dirname(file), { recursive: true, force: true });
  bench.grant({ storage: "64KiB" });
});

test("what is set is got, by this process and from the file", async () => {
  await bench.ask("storage.set", "b", { deep: [1, null, "é"] });
  await bench.ask("storage.set", "a", 1);
  await bench.ask("storage.set", "__proto__", "odd");
  await bench.ask("storage.set", "b", { deep: [2] });
  expect(await bench.ask("storage.get", "b")).toEqual({ deep: [2] });
  expect(await bench.ask("storage.get", "__proto__")).toBe("odd");
  expect(await bench.ask("storage.get", "toString")).toBe(null);
  expect(await bench.ask("storage.keys")).toEqual(["__proto__", "a", "b"]);
  expect(await bench.ask("storage.keys", "b")).toEqual(["b"]);
  expect(await bench.ask("storage.delete", "a")).toBe(true);
  expect(await bench.ask("storage.delete", "a")).toBe(false);
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({
    version: 1,
    entries: [
      ["b", { deep: [2] }],
      ["__proto__", "odd"],
    ],
  });
  expect(await readdir(dirname(file))).toEqual(["notes.json"]);
});

test("what would not fit is STORAGE_FULL, and the file stays as it is", async () => {
  bench.grant({ storage: "100" });
  await bench.ask("storage.set", "a", "x");
  const { code, message } = await refusal(bench.ask("storage.set", "b", "y".repeat(100)));
  expect({ code, message }).toEqual({ code: "STORAGE_FULL", message: 'notes may keep 100 bytes; with "b" it would be 145' });
  expect(await bench.ask("storage.get", "a")).toBe("x");
  await bench.ask("storage.set", "a", "z");
  expect(await bench.ask("storage.get", "b")).toBe(null);
});

test.each(["", "k".repeat(257)])("the key %j is REQUEST_INVALID", async (key) => {
  expect((await refusal(bench.ask("storage.set", key, 1))).code).toBe("REQUEST_INVALID");
});

test("changes at once are all kept", async () => {
  const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
  await Promise.all(keys.map((key) => bench.ask("storage.set", key, key)));
  expect(await bench.ask("storage.keys")).toEqual([...keys].sort());
});

test.each(["", '{"version":1,"entries":[["a"', "[]", '{"version":2,"entries":[]}', "\0\0"])(
  "a file of %j is kept aside, told once, and the plugin begins anew",
  async (text) => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    const { code, message } = await refusal(bench.ask("storage.get", "a"));
    expect(code).toBe("STORAGE_BROKEN");
    const [kept = ""] = (await readdir(dirname(file))).filter((name) => name.includes(".broken-"));
    expect(message).toContain(kept);
    expect(await readFile(join(dirname(file), kept), "utf8")).toBe(text);
    await bench.ask("storage.set", "a", 1);
    expect(await bench.ask("storage.get", "a")).toBe(1);
  },
);

test("a file that cannot be written is STORAGE_BROKEN, and nothing is left beside it", async () => {
  await mkdir(file, { recursive: true });
  expect((await refusal(bench.ask("storage.set", "a", 1))).code).toBe("STORAGE_BROKEN");
  expect((await readdir(dirname(file))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("two processes lose no change of each other", async () => {
  const child = join(import.meta.dirname, "../support/storage-child.ts");
  const children = ["x", "y"].map((name) => fork(child, [file, name, "25"]));
  const codes = await Promise.all(children.map(async (one) => (await once(one, "exit"))[0]));
  expect(codes).toEqual([0, 0]);
  expect(await bench.ask("storage.keys")).toHaveLength(50);
});

test("a kill at any moment leaves a file that reads, and a lock that the next one clears", async () => {
  for (let round = 0; round < 5; round++) {
    const one = fork(join(import.meta.dirname, "../support/storage-child.ts"), [file, `round-${round}`, "1000"]);
    await once(one, "message");
    one.kill("SIGKILL");
    await once(one, "exit");
    await bench.ask("storage.set", "mine", round);
    expect(await bench.ask("storage.get", "mine")).toBe(round);
  }
  expect((await readdir(dirname(file))).filter((name) => name.includes(".broken-"))).toEqual([]);
});

test("a lock that a living process keeps is STORAGE_BUSY within the bound", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-lock-"));
  const options = { signal: new AbortController().signal, what: "it", waitMs: 30 };
  const unlock = await lockFile(join(folder, "a.lock"), options);
  expect((await refusal(lockFile(join(folder, "a.lock"), options))).code).toBe("STORAGE_BUSY");
  await unlock();
  await (await lockFile(join(folder, "a.lock"), options))();
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

test("a grant of no bytes, or of what is no size, keeps nothing", async () => {
  for (const scope of ["0", "1 MB", "lots"]) {
    bench.grant({ storage: scope });
    expect((await refusal(bench.ask("storage.set", "a", 1))).code).toBe("PERMISSION_DENIED");
  }
});
