/** Plain text out of terminal output. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromCharacter, plainText, plainTextOf, wholeCharacters } from "../../workers/terminal-text.ts";

test.each([
  ["a colour", "\x1b[1;31mred\x1b[0m", "red"],
  ["a title, ended by BEL or ST", "\x1b]0;t\x07a\x1b]2;u\x1b\\b", "ab"],
  ["a link", "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", "text"],
  ["a device string", "\x1bPq#0;1\x1b\\x", "x"],
  ["an 8-bit sequence", "\x9b31mx\x9d0;t\x9cy", "xy"],
  ["a string that was cut off", "a\x1b]0;never ended", "a"],
  ["a sequence that was cut off", "a\x1b[31", "a"],
  ["a charset and a keypad escape", "\x1b(Ba\x1b=b\x1bMc", "abc"],
  ["a progress bar", "1%\r50%\r100%\ndone", "100%\ndone"],
  ["a line of Windows", "a\r\nb\r\r\n", "a\nb\n"],
  ["a bell, a backspace, a NUL", "a\x07b\x08c\0d", "abcd"],
  ["tabs and plain text", "a\tb\nc", "a\tb\nc"],
])("%s", (_what, raw, plain) => {
  expect(plainText(raw)).toBe(plain);
});

test("no control character but tab and line end is left of any text", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("\x1b", "[", "]", "P", "\x9b", "\x9d", "\\", "\x07", "\r", "\n", "\t", "m", "3", ";", "é", "\0"),
      }),
      (raw) => /^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$/.test(plainText(raw)),
    ),
  );
});

test("text without codes comes through unchanged, wherever it is cut into windows", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "ä", "€", "😀", "\n") }), fc.nat(), (text, at) => {
      const bytes = new TextEncoder().encode(text);
      const head = wholeCharacters(bytes.subarray(0, at % (bytes.length + 1)));
      const tail = bytes.subarray(head.length);
      expect(fromCharacter(tail)).toEqual(tail);
      expect(plainTextOf(head) + plainTextOf(tail)).toBe(text);
    }),
  );
});

test.each([
  ["a line that ends with a carriage return", `${"a".repeat(2_000_000)}\r`, "a".repeat(2_000_000)],
  ["carriage returns alone", `${"\r".repeat(2_000_000)}x`, "x"],
])("%s costs no more than any other text", (_what, raw, plain) => {
  expect(plainText(raw) === plain).toBe(true);
});
