/** What a person reads of a config that changed, and of what hooks say: one line each, without terminal codes. */
import type { SessionEvent } from "gantry/events";
import { expect, test } from "vitest";
import { createTerminalFront } from "../../core/shell/front-terminal.ts";
import { createStyle } from "../../core/shell/style.ts";
import type { Writer } from "../../core/shell/writer.ts";

function shown(type: SessionEvent["type"], data: object, { quiet = false } = {}): string {
  let text = "";
  const talk = {
    write: (part: string) => {
      text += part;
    },
    flush: async () => undefined,
  } as unknown as Writer;
  const front = createTerminalFront({
    ...{ talk, style: createStyle(false), columns: () => 80, quiet, verbose: false, status: false, isTerminal: false },
    answer: undefined,
    findTool: () => undefined,
  });
  front.onEvent({ v: 1, seq: 1, at: "2026-01-01T00:00:00.000Z", type, data } as SessionEvent);
  return text;
}

test("a new config is announced with its files and keys, one that is not taken with the reason", () => {
  const files = ["/p/gantry.config.json"];
  expect(shown("config.reload", { files, keys: ["limits.maxTurns", "model"], taken: true, reason: "model: later" })).toBe(
    "the config changed (/p/gantry.config.json): limits.maxTurns, model (model: later)\n",
  );
  expect(shown("config.reload", { files, keys: [], taken: false, reason: "not\u001b[2J today" })).toMatch(
    /^the config changed \(\/p\/gantry\.config\.json\) and the old one stays: not.* today\n$/,
  );
  expect(shown("config.reload", { files, keys: [], taken: false, reason: "no" }, { quiet: true })).toBe("");
});

test("a hook's note is shown with its name; other notes are for those who read the log", () => {
  expect(shown("note", { text: "two\nlines", from: "config:Stop#1" })).toMatch(/^config:Stop#1: two.*lines\n$/);
  expect(shown("note", { text: "a lock was taken over" })).toBe("");
});
