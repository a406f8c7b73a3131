/** Every scenario that ships, played through the built command. Over 5 s: some eighty scenarios, each of one process or more. */
import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { playScenarios } from "./play-scenarios.ts";

const shipped = new URL("../../plugins/parity/data/scenarios/", import.meta.url);

test("all shipped scenarios pass, but the reference's compaction, which is not in this build", {
  timeout: 300_000,
}, async () => {
  const played = await playScenarios([]);
  expect(played.filter(({ verdict }) => verdict === "FAIL" || verdict === "INVALID")).toEqual([]);
  expect(played.filter(({ verdict }) => verdict === "MISSING").map(({ name, missing }) => ({ name, missing }))).toEqual([
    { name: "auto_compact_triggered", missing: ["slash-commands//compact"] },
  ]);
  const files = (await readdir(shipped)).map((file) => file.replace(/\.scenario\.yaml$/, ""));
  expect(played.map(({ name }) => name).sort()).toEqual(files.sort());
  const ofReference = played.filter(({ reference }) => reference !== undefined);
  expect(Object.fromEntries(ofReference.map(({ reference, name }) => [reference, name]))).toEqual({
    1: "streaming_text",
    2: "read_file_roundtrip",
    3: "grep_chunk_assembly",
    4: "write_file_allowed",
    5: "write_file_denied",
    6: "multi_tool_turn_roundtrip",
    7: "bash_stdout_roundtrip",
    8: "bash_permission_prompt_approved",
    9: "bash_permission_prompt_denied",
    10: "plugin_tool_roundtrip",
    11: "auto_compact_triggered",
    12: "token_cost_reporting",
  });
  expect(ofReference).toHaveLength(12);
});
