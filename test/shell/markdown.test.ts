import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderMarkdown } from "../../core/shell/markdown.ts";
import { createBlockCutter } from "../../core/shell/markdown-blocks.ts";
import { createStyle } from "../../core/shell/style.ts";
import { textWidth } from "../../core/shell/wrap.ts";

const plain = (markdown: string, columns = 60): string =>
  renderMarkdown(markdown, { style: createStyle(false), columns }).join("\n");

describe("Markdown on a terminal", () => {
  test("lists, nested lists, tasks and emphasis inside them", () => {
    expect(plain("- **one** `two`\n  - three\n- [x] four\n\n3. five\n4. six")).toBe(
      "• one two\n  • three\n☑ four\n\n3. five\n4. six",
    );
  });

  test("code keeps its spaces and its stars", () => {
    expect(plain("```js\nif (a) {\n  b **c**;\n}\n```")).toBe("  if (a) {\n    b **c**;\n  }");
  });

  test("a table fits or becomes lines", () => {
    const table = "| a | bb |\n|---|---|\n| 1 | 2 |";
    expect(plain(table)).toBe("a │ bb\n──┼───\n1 │ 2");
    expect(plain("| name | text |\n|---|---|\n| x | a long text that does not fit |", 20)).toContain("name: x\n");
  });

  test("links show where they go, and entities what they mean", () => {
    expect(plain("[docs](https://x.example) &lt;b&gt; https://y.example")).toBe(
      "docs (https://x.example) <b> https://y.example",
    );
  });

  test("lines are broken at the width of the terminal", () => {
    for (const line of plain("word ".repeat(40), 30).split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(30);
  });

  test("colour is only colour: without its codes the text is the same", () => {
    const markdown = "# T\n\nsome **bold** and *it*\n\n> quote\n\n- a\n- b";
    const colored = renderMarkdown(markdown, { style: createStyle(true), columns: 60 }).join("\n");
    expect(colored).toContain("\u001b[1m");
    expect(colored.replace(/\u001b\[\d+m/g, "")).toBe(plain(markdown));
  });
});

describe("blocks of a stream", () => {
  const cut = (text: string, size: number): string[] => {
    const cutter = createBlockCutter();
    const blocks: string[] = [];
    for (let at = 0; at < text.length; at += size) blocks.push(...cutter.push(text.slice(at, at + size)));
    return [...blocks, ...cutter.end()];
  };

  test("a block comes out when the next begins; fences and loose lists stay whole", () => {
    const text = "para\n\n- a\n\n- b\n\n  more\n\n```\nx\n\ny\n```\nafter\n\nlast";
    expect(cut(text, 5)).toEqual(["para", "- a\n\n- b\n\n  more", "```\nx\n\ny\n```", "after", "last"]);
  });

  test("where the stream is cut changes nothing, and no word is lost", () => {
    const line = fc.constantFrom("", "text", "- item", "```", "  indented", "# head", "1. one", "~~~");
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (lines, size) => {
        const text = lines.join("\n");
        const blocks = cut(text, size);
        expect(blocks).toEqual(cut(text, text.length + 1));
        expect(blocks.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
      }),
    );
  });
});
