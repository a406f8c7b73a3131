import { expect, test } from "vitest";
import { capOutput } from "../../core/turn/output-cap.ts";
import { bench, resultTexts } from "../support/cli.ts";

async function cap(
  text: string,
  limits: { maxBytes: number; maxLines: number },
  removed = 0,
): Promise<{ shown: string; kept: string[] }> {
  const kept: string[] = [];
  const keep = async (whole: string): Promise<{ file: string; removed: number }> => {
    kept.push(whole);
    return { file: "/outputs/1.txt", removed };
  };
  const [block] = await capOutput([{ type: "text", text }], limits, keep);
  return { shown: block?.type === "text" ? block.text : "", kept };
}

test("a result within the limits is handed on and nothing is kept", async () => {
  expect(await cap("one\ntwo\n", { maxBytes: 100, maxLines: 2 })).toEqual({ shown: "one\ntwo\n", kept: [] });
});

test("a result of too many lines is cut to whole lines, and the whole is kept", async () => {
  const text = "one\ntwo\nthree\nfour\n";
  const { shown, kept } = await cap(text, { maxBytes: 1_000, maxLines: 2 });
  expect(shown).toBe(
    "one\ntwo\n… cut: 2 of 4 lines shown (19 bytes in all). The whole output is in /outputs/1.txt; Read it with offset and limit.",
  );
  expect(kept).toEqual([text]);
});

test("it is said when older outputs were removed for it", async () => {
  const { shown } = await cap("one\ntwo\n", { maxBytes: 100, maxLines: 1 }, 2);
  expect(shown).toMatch(/limit\. 2 older output files of this session were removed to make room\.$/);
});

test("a single long line is cut between characters", async () => {
  const { shown } = await cap("é".repeat(100), { maxBytes: 11, maxLines: 10 });
  expect(shown.split("\n")[0]).toBe("é".repeat(5));
});

test.each([
  [{ toolOutputBytes: 1024 }, 1024],
  [{ toolOutputLines: 3 }, 3 * "line\n".length],
])("the config's %j is what the model is shown of a result", async (limits, most) => {
  const calls = [{ call: { name: "Read", input: { file_path: "a.txt" } } }, { say: "Done." }];
  const place = await bench(calls, { "a.txt": "line\n".repeat(1_000), "gantry.config.json": JSON.stringify({ limits }) });
  await place.run("go");
  const [shown = "", note] = (resultTexts(place.model)[0] ?? "").split("… cut");
  expect(shown.replace(/^ *\d+\t/gm, "").length).toBeLessThanOrEqual(most);
  expect(note).toContain("The whole output is in");
});
