import fc from "fast-check";
import { expect, test } from "vitest";
import { serverNameFault } from "../../config/mcp-names.ts";
import { mcpFullName, mcpPrefix, mcpServerOf, mcpToolName, mcpWord } from "../../core/contract/mcp-names.ts";
import { idleGlobs, isAllowed } from "../../plugins/mcp/thread/tool-globs.ts";

/** Where a name of a tool divides, by its text alone. */
const halves = (name: string): [server: string, tool: string] => {
  const at = name.indexOf("__", "mcp__".length);
  return [name.slice("mcp__".length, at), name.slice(at + 2)];
};
const letters = fc.constantFrom("a", "b", "Z", "0", "-", "_", "_", ".", " ");
const text = (maxLength: number) => fc.array(letters, { minLength: 1, maxLength }).map((all) => all.join(""));
const server = text(64).filter((name) => serverNameFault(name) === undefined);

test("a tool's name divides at one place only, whatever the server and the tool are called", () => {
  fc.assert(
    fc.property(server, text(70), fc.array(server, { maxLength: 5 }), (name, tool, others) => {
      const same = (other: string): boolean => mcpWord(other) === mcpWord(name) || mcpPrefix(other) === mcpPrefix(name);
      const servers = [name, ...others.filter((other) => !same(other))];
      const { name: short, shortened } = mcpToolName(name, tool);
      expect(`mcp__${halves(short)[0]}__`).toBe(mcpPrefix(name));
      expect(halves(mcpFullName({ server: name, tool }))).toEqual([mcpWord(name), mcpWord(tool)]);
      if (!shortened) expect(halves(short)[1]).toBe(mcpWord(tool));
      expect(short.length).toBeLessThanOrEqual(64);
      for (const each of [short, mcpFullName({ server: name, tool })]) expect(mcpServerOf(each, servers)).toBe(name);
    }),
    { numRuns: 500 },
  );
});

test("a server whose part of a name could take letters of the tool's is refused", () => {
  for (const name of ["bad_", "_bad", "docs.", ".docs", "a__b", "a._b"]) expect(serverNameFault(name)).toContain("underscore");
  expect(serverNameFault("docs.")).toBe(
    "its tools would be named mcp__docs___…, and where the server's part begins or ends with an underscore, server and tool cannot be told apart",
  );
  for (const name of ["a", "a_b", "a.b", "a b", "a-", "7"]) expect(serverNameFault(name)).toBeUndefined();
  // What is cut in the middle of two words ends in one underscore, too.
  const cut = mcpPrefix(`${"a".repeat(30)}_${"b".repeat(30)}`);
  expect(cut).toMatch(/^mcp__a{30}_[0-9a-f]{8}__$/);
});

test("globs of the config are compared with a tool's own name and with the name that the model sees", () => {
  const deny = { deny: ["delete_all"] };
  expect(["delete.all", "delete_all", "delete.one"].map((name) => isAllowed(name, deny))).toEqual([false, false, true]);
  const allow = { allow: ["get_*"], deny: ["get.secret*"] };
  expect(["get.one", "get_one", "get.secrets", "get_secrets"].map((name) => isAllowed(name, allow))).toEqual([
    ...[true, true],
    ...[false, true],
  ]);
  expect(idleGlobs(deny, ["delete.all"])).toEqual([]);
});
