/** What is not plain text: pictures reach the model as pictures, other bytes are said to be bytes, big output is cut. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { bench, resultTexts } from "../support/cli.ts";

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("an image that is read reaches the request as an image block", async () => {
  const { run, model } = await bench([{ call: { name: "Read", input: { file_path: "dot.png" } } }, { say: "A dot." }], {
    "dot.png": Buffer.from(pixel, "base64"),
  });
  expect((await run("look")).json.toolCalls).toMatchObject([{ outcome: "ok" }]);
  const content = model.requests[1]?.body.messages.at(-1)?.content;
  expect(content).toMatchObject([
    {
      type: "tool_result",
      content: expect.arrayContaining([
        expect.objectContaining({ type: "image", source: { type: "base64", media_type: "image/png", data: pixel } }),
      ]),
    },
  ]);
});

test("a picture is still in the request of a resumed session", async () => {
  const { run, model } = await bench(
    [{ call: { name: "Read", input: { file_path: "dot.png" } } }, { say: "A dot." }, { say: "Still a dot." }],
    { "dot.png": Buffer.from(pixel, "base64") },
  );
  await run("look");
  await run("what was it", ["--continue"]);
  expect(model.requests[2]?.text).toContain(pixel);
});

test("a binary file is said to be binary, with its size, and none of its bytes are sent", async () => {
  const bytes = Buffer.from([0, 1, 2, 3, 255, 254, 0, 7]);
  const { run, model } = await bench([{ call: { name: "Read", input: { file_path: "a.bin" } } }, { say: "Binary." }], {
    "a.bin": bytes,
  });
  expect((await run("look")).exit).toBe(0);
  expect(resultTexts(model)[0]).toMatch(/binary/);
  expect(resultTexts(model)[0]).toContain("8 bytes");
  expect(model.requests[1]?.text).not.toContain("\\u0001\\u0002\\u0003");
});

test("huge output is cut for the model; the whole is in a side file of this user that Read opens", async () => {
  const { run, model, logs } = await bench([{ call: { name: "Bash", input: { command: "seq 1 30000" } } }, { say: "Long." }]);
  await run("count", ["--approve", "always"]);
  const [told = ""] = resultTexts(model);
  expect(Buffer.byteLength(told)).toBeLessThan(66_000);
  const [, file = ""] = /(\/\S+\.output\/[^\s;,\]]+?)[.;,]?(?:\s|$|\])/.exec(told) ?? [];
  expect(file.startsWith((await logs())[0]?.replace(/\.jsonl$/, ".output") ?? "no log")).toBe(true);
  expect([(await stat(file)).mode & 0o777, (await stat(path.dirname(file))).mode & 0o777]).toEqual([0o600, 0o700]);

  model.plays({
    steps: [{ call: { name: "Read", input: { file_path: file, offset: 29_999, limit: 5 } } }, { say: "The end." }],
  });
  const { json, exit } = await run("read its end", ["--continue"]);
  expect([exit, json.toolCalls[0]?.outcome]).toEqual([0, "ok"]);
  expect(resultTexts(model)[0]).toMatch(/29999\t29999\n\s*30000\t30000/);
});

test("a big file is read in parts, each with the way to the next", async () => {
  const text = Array.from({ length: 5_000 }, (_, index) => `line ${index + 1}\n`).join("");
  const { run, model } = await bench([{ call: { name: "Read", input: { file_path: "big.txt" } } }, { say: "Big." }], {
    "big.txt": text,
  });
  await run("read");
  expect(resultTexts(model)[0]).toContain("line 2000");
  expect(resultTexts(model)[0]).not.toContain("line 4000");
  expect(resultTexts(model)[0]).toMatch(/offset/);
});
