/** A lock that its owner left by dying is taken at once; any other is waited for. */
import { spawnSync } from "node:child_process";
import { existsSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { alone } from "../../config/files.ts";
import { createPlace } from "./place.ts";

vi.mock("node:timers/promises", () => ({
  setTimeout: () => Promise.reject(new Error("it waits")),
}));

const ended = spawnSync("true").pid;

test("the lock of a process that is no more is taken at once", async () => {
  const file = join(createPlace().home, "config.json");
  writeFileSync(`${file}.lock`, `${hostname()}\n${ended}\n`);
  await expect(alone(file, async () => "done")).resolves.toBe("done");
  expect(existsSync(`${file}.lock`)).toBe(false);
});

test.each([
  ["a process that lives", `${hostname()}\n${process.pid}\n`],
  ["a process of another machine", `elsewhere.${hostname()}\n${ended}\n`],
  ["one who has not said yet who it is", ""],
  ["one who says no number", `${hostname()}\n-1\n`],
])("the lock of %s is waited for, until it is old", async (_name, text) => {
  const file = join(createPlace().home, "config.json");
  writeFileSync(`${file}.lock`, text);
  await expect(alone(file, async () => "done")).rejects.toThrow("it waits");
  utimesSync(`${file}.lock`, 1, 1);
  await expect(alone(file, async () => "done")).resolves.toBe("done");
});
