import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { storeFolder } from "../../core/plugin-store/layout.ts";
import { aloneInStore } from "../../core/plugin-store/store-lock.ts";
import { storeOf } from "./store-of.ts";

test("takers whose new lock files are swept away, as a killed one's are, try again until the store is theirs", async () => {
  const { dataHome } = await storeOf();
  const folder = storeFolder(dataHome);
  await mkdir(folder, { recursive: true });
  let isOver = false;
  const sweep = async (): Promise<number> => {
    let swept = 0;
    while (!isOver) {
      const parts = (await readdir(folder)).filter((name) => /^store\.lock\.[0-9a-f]{16}$/.test(name));
      for (const name of parts) await rm(path.join(folder, name), { force: true });
      swept += parts.length;
    }
    return swept;
  };
  const sweeping = sweep();
  const order: number[] = [];
  const takers = Array.from({ length: 40 }, (_, taker) => aloneInStore(dataHome, async () => void order.push(taker)));
  await Promise.all(takers).finally(() => {
    isOver = true;
  });
  expect(await sweeping).toBeGreaterThan(0);
  expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, taker) => taker));
});
