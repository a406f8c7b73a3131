import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clipLine, createTextSanitizer, sanitizeLine, sanitizeStyled, sanitizeText } from "../../core/shell/sanitize.ts";
import { createStyle } from "../../core/shell/style.ts";

const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe("what reaches a terminal", () => {
  test("colours, cursor moves, titles, links and device strings are gone; the text stays", () => {
    expect(
      sanitizeText(
        "\u001b[31mred\u001b[0m \u001b]0;title\u0007a \u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\ \u001bP1$q\u001b\\b \u009b2Jc",
      ),
    ).toBe("red a link b c");
  });

  test("a carriage return cannot write over a line", () => {
    expect(sanitizeText("Allow Bash? no\rAllow Bash? yes\r\n")).toBe("Allow Bash? no\nAllow Bash? yes\n");
  });

  test("a text of one line stays on one line", () => {
    expect(sanitizeLine("rm a\n└ y: once\tb\u202e")).toBe("rm a\\n└ y: once\\tb");
    expect(clipLine("0123456789", 5)).toBe("0123…");
  });

  test("no text whatever leaves a control character behind", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        (text) => !dangerous.test(sanitizeText(text)) && !/[\n\t]/.test(sanitizeLine(text)),
      ),
    );
  });

  test("a megabyte of starts of sequences is cleaned in one pass", () => {
    for (const start of ["\u009d", "\u001b]", "\u001b[", "\u001b", "\u0090x"])
      expect(sanitizeText(start.repeat(500_000))).not.toMatch(dangerous);
  });

  test("a text in pieces is cleaned like the whole, wherever it is cut", () => {
    const piece = fc.constantFrom("\u001b", "[", "3", "1m", "]0;", "\u0007", "\\", "a", "\r", "\n", "b c", "\u009b");
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const sanitizer = createTextSanitizer();
        const shown = pieces.map((text) => sanitizer.push(text)).join("") + sanitizer.end();
        expect(dangerous.test(shown)).toBe(false);
      }),
    );
    const sanitizer = createTextSanitizer();
    expect(
      ["a\u001b", "[3", "1mb\u001b]0;ti", "tle\u0007c"].map((text) => sanitizer.push(text)).join("") + sanitizer.end(),
    ).toBe("abc");
  });
});

test("our own colours are kept where a text was put together here, and nothing else that steers a terminal", () => {
  const style = createStyle(true);
  for (const paint of [style.bold, style.dim, style.italic, style.underline, style.strike, style.red, style.cyan])
    expect(sanitizeStyled(paint("a"))).toBe(paint("a"));
  expect(sanitizeStyled("a\u001b[8mhidden\u001b[2Jb\u001b]0;title\u0007c\rd\u202e")).toBe("ahiddenbc\nd");
  expect(sanitizeStyled("\u001b\u001b[31m[2Jx")).toBe("\u001b[31m[2Jx");
});
