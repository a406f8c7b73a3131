import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type PluginUnderTest, startPlugin } from "gantry/testing";

const folder = `${import.meta.dirname}/..`;
let plugin: PluginUnderTest;
before(async () => {
  plugin = await startPlugin({ folder, files: { "poem.txt": "one two\nthree\n" } });
});
after(() => plugin.close());

test("the tool counts", async () => {
  const { text, isError } = await plugin.callTool("StarterPluginCount", { path: "poem.txt" });
  assert.deepEqual([text, isError], ["poem.txt: 2 lines, 3 words", false]);
});

test("the command counts, and says so in JSON too", async () => {
  assert.equal((await plugin.runCommand(["starter-plugin", "count", "poem.txt"])).stdout, "2 lines, 3 words\n");
  const { json } = await plugin.runCommand(["starter-plugin", "count", "poem.txt", "--json"]);
  assert.deepEqual(json?.data, { lines: 2, words: 3 });
});

test("the judge asks before a marked text is written, and only then", async () => {
  const write = (content: string) => plugin.fireHook("tool.approve", { tool: "Write", input: { file_path: "a.txt", content } });
  assert.equal((await write("x = 1 // DO NOT COMMIT")).verdict, "ask");
  assert.equal((await write("x = 1")).verdict, "allow");
});

test("without the permission to read, the tool says what it lacks", async () => {
  const bare = await startPlugin({ folder, grants: {}, files: { "poem.txt": "one" } });
  try {
    const { code } = await bare.callTool("StarterPluginCount", { path: "poem.txt" });
    assert.equal(code, "PERMISSION_DENIED");
    assert.deepEqual(
      bare.denials.map(({ kind }) => kind),
      ["fs.read"],
    );
  } finally {
    await bare.close();
  }
});
