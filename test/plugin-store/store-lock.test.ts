import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { storeFolder } from "../../core/plugin-store/layout.ts";
import { aloneInStore } from "../../core/plugin-store/store-lock.ts";
import { storeOf } from "./store-of.ts";

const nonce = (digit: string): string => `store.lock.${digit.repeat(16)}`;

test("the lock file that another taker has made and not yet written stays; one left by a killed taker goes", async () => {
  const { dataHome } = await storeOf();
  const folder = storeFolder(dataHome);
  await mkdir(folder, { recursive: true });
  const dead = JSON.stringify({ pid: 2 ** 30, host: "x", at: new Date().toISOString(), nonce: "c".repeat(16) });
  for (const [name, text] of [
    [nonce("a"), ""],
    [nonce("b"), ""],
    [nonce("c"), dead],
  ] as const)
    await writeFile(path.join(folder, name), text);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(path.join(folder, nonce("b")), longAgo, longAgo);
  await aloneInStore(dataHome, () => Promise.resolve());
  expect((await readdir(folder)).filter((name) => name.startsWith("store.lock"))).toEqual([nonce("a")]);
});
