import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type PluginUnderTest, startPlugin } from "gantry/testing";

let plugin: PluginUnderTest;
before(async () => {
  plugin = await startPlugin({ folder: `${import.meta.dirname}/..` });
});
after(() => plugin.close());

const add = async (text: string, tags: string[] = []): Promise<string> => {
  const { data, isError } = await plugin.callTool("NoteAdd", { text, tags });
  assert.equal(isError, false);
  return String(data?.["id"]);
};

test("a note that a tool keeps is found by its words and tags, newest first", async () => {
  await add("Prices are in cents.", ["money"]);
  await add("Rounding is half to even, the tax office wants it so.", ["money", "decision"]);
  const found = await plugin.callTool("NoteSearch", { words: "TAX rounding" });
  assert.match(found.text, /half to even/);
  const byTag = await plugin.callTool("NoteSearch", { tag: "money" });
  assert.ok(byTag.text.indexOf("half to even") < byTag.text.indexOf("in cents"));
  assert.equal((await plugin.callTool("NoteSearch", { words: "no such words" })).text, "No note fits.");
});

test("a command lists, shows and removes them; one that is not there is exit code 10", async () => {
  const id = await add("Deploys are on Tuesdays.\nAsk Ines first.", ["ops"]);
  const listed = await plugin.runCommand(["notes", "list", "--tag", "ops"]);
  assert.match(listed.stdout, new RegExp(`^${id}  \\d{4}-\\d\\d-\\d\\d  Deploys are on Tuesdays. … #ops\\n$`));
  const shown = await plugin.runCommand(["notes", "show", id, "--json"]);
  assert.equal(shown.json?.data["text"], "Deploys are on Tuesdays.\nAsk Ines first.");
  assert.match((await plugin.runCommand(["notes", "remove", id, "--dry-run"])).stdout, /^Would remove/);
  assert.match((await plugin.runCommand(["notes", "remove", id])).stdout, /^Removed/);
  assert.equal((await plugin.runCommand(["notes", "show", id])).exit, 10);
});

test("the tools remove a note once", async () => {
  const id = await add("Not true any more.");
  assert.equal((await plugin.callTool("NoteRemove", { id })).text, "Removed: Not true any more.");
  assert.equal((await plugin.callTool("NoteRemove", { id })).isError, true);
});

test("an input that does not fit its schema is refused before the tool runs", async () => {
  const answer = await plugin.callTool("NoteAdd", { text: "x", tags: ["two words"] });
  assert.equal(answer.code, "TOOL_INPUT_INVALID");
  assert.equal((await plugin.callTool("NoteAdd", { text: "  " })).code, "TOOL_INPUT_INVALID");
});

test("a full store is said, and keeps what it has", async () => {
  const small = await startPlugin({ folder: `${import.meta.dirname}/..`, grants: { storage: "1KiB" } });
  try {
    await small.callTool("NoteAdd", { text: "kept" });
    const answer = await small.callTool("NoteAdd", { text: "x".repeat(2000) });
    assert.equal(answer.code, "STORAGE_FULL");
    assert.match((await small.callTool("NoteSearch", {})).text, /kept/);
  } finally {
    await small.close();
  }
});

test("without the permission it keeps nothing, and says so", async () => {
  const bare = await startPlugin({ folder: `${import.meta.dirname}/..`, grants: {} });
  try {
    assert.equal((await bare.callTool("NoteAdd", { text: "x" })).code, "PERMISSION_DENIED");
    assert.deepEqual(
      bare.denials.map(({ kind }) => kind),
      ["storage"],
    );
  } finally {
    await bare.close();
  }
});
