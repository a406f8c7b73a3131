import { describe, expect, test } from "vitest";
import { checkPluginName, nearestName, toolPrefix } from "../../core/plugin-kit/plugin-name.ts";

describe("a plugin's name", () => {
  test.each(["notes", "gantry-plugin-notes", "a1", "x".repeat(64)])("%s is one", (name) => {
    expect(() => checkPluginName(name)).not.toThrow();
  });

  test.each([
    ["My Notes", "my-notes"],
    ["NoteKeeper", "note-keeper"],
    ["@team/notes", "notes"],
    ["notes_2", "notes-2"],
    ["2fast", "fast"],
    ["Café--Helper-", "cafe-helper"],
    ["../../etc/passwd", "etc-passwd"],
    ["y".repeat(70), "y".repeat(64)],
  ])("%s is refused, and %s is named", (wrong, near) => {
    expect(() => checkPluginName(wrong)).toThrow(`Did you mean ${near}?`);
    expect(() => checkPluginName(near)).not.toThrow();
  });

  test.each(["", "---", "日本語", "42"])("%j is refused, and there is nothing near", (wrong) => {
    expect(nearestName(wrong)).toBeUndefined();
    expect(() => checkPluginName(wrong)).toThrow(/at most 64\.$/);
  });

  test("gives the names of its tools their beginning", () => {
    expect(toolPrefix("till-helper-2")).toBe("TillHelper2");
  });
});
