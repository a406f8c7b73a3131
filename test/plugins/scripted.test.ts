import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProviderDefinition } from "gantry/plugin";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import plugin from "../../plugins/scripted/index.ts";
import { answerIn, collect, failureOf, type ProviderSubject, providerContract } from "./provider-contract.ts";

const provider = plugin.providers?.[0] as ProviderDefinition;
let folder = "";
let scripts = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gantry-scripted-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(steps: unknown[], text = JSON.stringify({ steps })): Promise<ProviderSubject> {
  const model = `script-${++scripts}.json`;
  await writeFile(join(folder, model), text);
  return { provider, model, options: { env: {}, settings: {}, cwd: folder, owner: {} }, close: async () => {} };
}

providerContract("scripted", (steps) => start(steps));

describe("scripted", () => {
  test("a file is named relative to the working folder, or absolutely", async () => {
    const subject = await start([{ say: "one" }, { say: "two" }]);
    expect(answerIn(await collect(subject)).content).toEqual([{ type: "text", text: "one" }]);
    const absolute = { ...subject, model: join(folder, subject.model) };
    expect(answerIn(await collect(absolute)).content).toEqual([{ type: "text", text: "two" }]);
  });

  test("two runtimes play the same file each from its first entry", async () => {
    const subject = await start([{ say: "one" }, { say: "two" }]);
    await collect(subject);
    const other = { ...subject, options: { ...subject.options, owner: {} } };
    expect(answerIn(await collect(other)).content).toEqual([{ type: "text", text: "one" }]);
  });

  test("a failed expectation and an exhausted script say what came", async () => {
    const subject = await start([{ expect: { input: { contains: "goodbye" } } }, { say: "x" }]);
    expect(await failureOf(collect(subject))).toMatchObject({
      code: "SCRIPT_EXPECTATION_FAILED",
      message: `${join(folder, subject.model)}: entry 1: the input should contain "goodbye", but is "hello"`,
    });
    const short = await start([{ say: "only" }]);
    await collect(short);
    expect(await failureOf(collect(short))).toMatchObject({ code: "SCRIPT_EXHAUSTED" });
  });

  test("a missing file is SCRIPT_INVALID with its path, and a broken one with all its lines", async () => {
    const missing = { ...(await start([])), model: "nowhere.json" };
    expect(await failureOf(collect(missing))).toMatchObject({
      code: "SCRIPT_INVALID",
      message: expect.stringContaining("nowhere.json"),
    });
    const broken = await start(
      [],
      '{\n "steps": [\n  {"sya": "x"},\n  {"delayMs": -1},\n  {"say": "a", "textBytes": 3}\n ]\n}',
    );
    const { message } = await failureOf(collect(broken));
    const file = join(folder, broken.model);
    expect(message.split("\n").map((line) => line.replace(file, "FILE").replace(/: .*/, ""))).toEqual([
      "FILE:3",
      "FILE:4",
      "FILE:5",
    ]);
    expect(message).toContain("Did you mean say?");
  });

  test("loading the plugin loads no player", async () => {
    expect(plugin.name).toBe("scripted");
    expect(provider.contextWindow("any.json", {})).toBe(200_000);
  });
});
