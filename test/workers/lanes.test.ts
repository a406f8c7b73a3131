/** The line in front of the threads. */
import { expect, onTestFinished, test, vi } from "vitest";
import { createLanes } from "../../workers/lanes.ts";

const never = new AbortController().signal;

test("one lane serves calls in the order they came", async () => {
  const lanes = createLanes({ max: 1, maxWaiting: 9, ready: () => 0 });
  const order: string[] = [];
  const leaveFirst = await lanes.enter(never);
  const second = lanes.enter(never).then((leave) => [order.push("second"), leave()]);
  const third = lanes.enter(never).then((leave) => [order.push("third"), leave()]);
  expect(lanes).toMatchObject({ running: 1, waiting: 2 });
  leaveFirst();
  await Promise.all([second, third]);
  expect(order).toEqual(["second", "third"]);
  expect(lanes).toMatchObject({ running: 0, waiting: 0 });
});

test("another lane opens when the line does not move, and never more than the most", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const lanes = createLanes({ max: 2, maxWaiting: 9, ready: () => 0 });
  await lanes.enter(never);
  const second = lanes.enter(never);
  expect(lanes).toMatchObject({ running: 1, waiting: 1 });
  vi.advanceTimersByTime(100);
  await second;
  void lanes.enter(never);
  vi.advanceTimersByTime(60_000);
  await Promise.resolve();
  expect(lanes).toMatchObject({ running: 2, waiting: 1 });
});

test("lanes that have a thread already are open", async () => {
  const lanes = createLanes({ max: 4, maxWaiting: 9, ready: () => 3 });
  for (let lane = 0; lane < 3; lane++) await lanes.enter(never);
  expect(lanes).toMatchObject({ running: 3, waiting: 0 });
});

test("a cancelled call leaves the line, and the ones behind it keep their place", async () => {
  const lanes = createLanes({ max: 1, maxWaiting: 9, ready: () => 0 });
  const leave = await lanes.enter(never);
  const control = new AbortController();
  const cancelled = lanes.enter(control.signal);
  const behind = lanes.enter(never);
  control.abort(new Error("enough"));
  await expect(cancelled).rejects.toThrow("enough");
  leave();
  (await behind)();
  expect(lanes).toMatchObject({ running: 0, waiting: 0 });
});

test("a line that is full refuses with QUEUE_FULL", async () => {
  const lanes = createLanes({ max: 1, maxWaiting: 1, ready: () => 0 });
  await lanes.enter(never);
  void lanes.enter(never);
  await expect(lanes.enter(never)).rejects.toMatchObject({ code: "QUEUE_FULL" });
});
