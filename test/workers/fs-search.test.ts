import { describe, expect, test } from "vitest";
import type { SearchQuery } from "../../core/contract/plugin.ts";
import files from "../../plugins/files/index.ts";
import * as fsSearch from "../../workers/effects/fs-search.ts";
import { searchInJavascript } from "../../workers/effects/fs-search-javascript.ts";
import { fillSearchTree as fill } from "../support/search-tree.ts";
import { createBench } from "../support/tool-bench.ts";

describe("both engines", () => {
  test("give the same rows for the same queries", async () => {
    const [fast, slow] = await Promise.all([
      createBench({ plugin: files }),
      createBench({ plugin: files, withoutRipgrep: true }),
    ]);
    await Promise.all([fill(fast), fill(slow)]);
    const base: SearchQuery = {
      ...{ pattern: "foo", ignoreCase: false, multiline: false, before: 0, after: 0 },
      ...{ mode: "content", lineNumbers: true, limit: 1000, offset: 0 },
    };
    const queries: Partial<SearchQuery>[] = [
      {},
      { mode: "files_with_matches" },
      { mode: "count" },
      { ignoreCase: true },
      { before: 2 },
      { after: 1, before: 1 },
      { glob: "*.ts" },
      { glob: "b/*" },
      { type: "py" },
      { pattern: "^\\w+ = \\d$" },
      { pattern: "o{2}|bar" },
      { pattern: "(?i)FOO" },
      { pattern: "foo(?!\\()" },
      { pattern: "^$" },
      { pattern: "\\{[^}]*\\}", multiline: true },
      { pattern: "\\{[^}]*\\}", multiline: true, mode: "count" },
      { pattern: "ü|本" },
      { pattern: "no such thing" },
      { path: "b" },
      { path: "a.ts", before: 3 },
      { limit: 2, offset: 1 },
    ];
    for (const query of queries) {
      const [a, b] = await Promise.all([
        fsSearch.perform({ ...base, ...query }, fast.env),
        fsSearch.perform({ ...base, ...query }, slow.env),
      ]);
      expect([query, { ...b, engine: "ripgrep" }]).toEqual([query, a]);
      expect(b.engine).toBe("javascript");
    }
    await Promise.all([fast.close(), slow.close()]);
  });
});

describe("a catastrophic pattern", () => {
  test("is refused by ripgrep's engine", async () => {
    const bench = await createBench({ plugin: files });
    await bench.put("a.txt", `${"a".repeat(5000)}b\n`);
    expect(await bench.call("Grep", { pattern: "(a+)+(?=c)$" })).toMatchObject({
      code: "PATTERN_INVALID",
      text: expect.stringContaining("backtracking"),
    });
    await bench.close();
  });

  test("in JavaScript holds nothing: its thread ends with the deadline or a cancel, and this one goes on meanwhile", async () => {
    const stop = new AbortController();
    const bench = await createBench({ plugin: files, withoutRipgrep: true, signal: stop.signal });
    await bench.put("a.txt", `${"a".repeat(60)}b\n`);
    const query: SearchQuery = {
      ...{ pattern: "^(a+)+$", ignoreCase: false, multiline: false, before: 0, after: 0 },
      ...{ mode: "content", lineNumbers: true, limit: 10, offset: 0 },
    };
    const start = { fd: -1, real: bench.folder, file: "a.txt", prefix: "" };
    const late = searchInJavascript({ query, start, env: bench.env, deadline: () => 300 });
    await expect(late).rejects.toMatchObject({ code: "SEARCH_TIMEOUT" });
    const cancelled = fsSearch.perform(query, bench.env);
    const ended = expect(cancelled).rejects.toThrow("enough");
    setImmediate(() => stop.abort(new Error("enough")));
    await ended;
    await bench.close();
  });
});
