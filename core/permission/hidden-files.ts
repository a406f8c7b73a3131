/** What no text that goes to the model unasked may come from: the secrets table and what deny rules for Read name. */
import { realPathOf } from "./files/confined-path.ts";
import { secretPaths } from "./files/secret-files.ts";
import { compilePatterns, type PathTest } from "./patterns/path-pattern.ts";
import { groupsOf } from "./patterns/path-specifier.ts";
import type { Rule } from "./rules/rules.ts";

/** For real, absolute paths. `workspace` is real. */
export async function hiddenFiles(options: {
  rules: readonly Rule[];
  workspace: string;
  additionalDirs: readonly string[];
  home: string;
}): Promise<PathTest> {
  const { rules, workspace } = options;
  const [home = options.home, ...added] = await Promise.all(
    [options.home, ...options.additionalDirs].map((folder) => realPathOf(folder)),
  );
  const bases = { home, workspace, roots: [...new Set([workspace, ...added])] };
  const denied = rules.flatMap(({ behavior, tool, match, base }) =>
    behavior === "deny" && tool === "Read" && match.kind === "path" ? groupsOf(match.specifier, base, bases) : [],
  );
  const groups = [secretPaths([...new Set([options.home, home])]), ...denied];
  const tests = await Promise.all(groups.map((group) => compilePatterns(group, { strict: true })));
  return (path) => tests.some((test) => test(path));
}
