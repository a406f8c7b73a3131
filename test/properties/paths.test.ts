import { symlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import fc from "fast-check";
import ignore from "ignore";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf } from "../../core/contract/errors.ts";
import type { Reach } from "../../core/contract/execution.ts";
import { confine, isInside, realPathOf } from "../../core/permission/files/confined-path.ts";
import { secretPaths } from "../../core/permission/files/secret-files.ts";
import { compilePatterns, escapeGlob } from "../../core/permission/patterns/path-pattern.ts";
import { type Folders, makeFolders, put } from "../permission/start.ts";

let folders: Folders & { remove(): Promise<void> };
let reach: Reach;

beforeAll(async () => {
  folders = await makeFolders();
  const { workspace, outside } = folders;
  await put(join(workspace, "a/b/c.txt"));
  await put(join(workspace, "é.txt"));
  await put(join(workspace, ".env"));
  await put(join(outside, "secret.txt"));
  // A neighbour whose name begins like the workspace's.
  await put(`${workspace}-other/x.txt`);
  await symlink(outside, join(workspace, "out"));
  await symlink("../outside/new-file", join(workspace, "dangling"));
  await symlink(".env", join(workspace, "innocent"));
  await symlink("..", join(workspace, "up"));
  await symlink("a/b", join(workspace, "inner"));
  await symlink("/", join(workspace, "a/root"));
  reach = { workspace, roots: [workspace], approved: [], hidden: [secretPaths([folders.home])] };
});
afterAll(() => folders.remove());

const name = fc.constantFrom(
  ...["a", "b", "c.txt", "out", "up", "inner", "root", "dangling", "innocent", ".env", "..", ".", "", "é.txt", "e\u0301.txt"],
  ...["work", "work-other", "outside", "secret.txt", "x.txt", "%2e%2e", "..\u200b", "~", "new"],
);
const spelling = fc
  .tuple(
    fc.constantFrom("", "./", "/", "//", "~/", "WORKSPACE/", "WORKSPACE//"),
    fc.array(name, { maxLength: 8 }),
    fc.constantFrom("", "/", "/."),
  )
  .map(([start, names, end]) => start + names.join("/") + end);

test("no spelling of a path escapes its root or shows a secrets file", async () => {
  await fc.assert(
    fc.asyncProperty(spelling, fc.constantFrom("read", "write", "search"), async (text, intent) => {
      const path = text.replace("WORKSPACE", folders.workspace);
      try {
        const { real, requested } = await confine(path, { cwd: folders.workspace, home: folders.home, reach, intent });
        expect(requested).toBe(path);
        // What the system itself makes of it, for as much of it as exists.
        expect(real).toBe(await existingRealPath(real));
        return isInside(folders.workspace, real) && !real.endsWith("/.env");
      } catch (error) {
        return codeOf(error) === "PATH_OUTSIDE" || codeOf(error) === "PATH_DENIED";
      }
    }),
    { numRuns: 1500 },
  );
});

/** The same by other means: folder by folder from the root. */
async function existingRealPath(path: string): Promise<string> {
  return dirname(path) === path ? path : realPathOf(join(await existingRealPath(dirname(path)), basename(path)));
}

test.each([
  ["out/secret.txt", "PATH_OUTSIDE"],
  ["dangling", "PATH_OUTSIDE"],
  ["up/outside/secret.txt", "PATH_OUTSIDE"],
  ["a/root/etc/passwd", "PATH_OUTSIDE"],
  ["../work-other/x.txt", "PATH_OUTSIDE"],
  ["a\0", "PATH_OUTSIDE"],
  ["innocent", "PATH_DENIED"],
  ["inner/../.env", undefined],
  ["a/../.ENV", "PATH_DENIED"],
] as const)("confine %j gives %s", async (path, code) => {
  const confined = confine(path, { cwd: folders.workspace, home: folders.home, reach, intent: "read" });
  const found = await confined.then(() => "allowed", codeOf);
  expect(found).toBe(code ?? "PATH_DENIED");
});

test("an approved path is reached, and nothing beside it; below an approved folder a search reaches what is not hidden", async () => {
  const file = join(folders.outside, "secret.txt");
  const at = (path: string, approved: string[], intent: "read" | "search") =>
    confine(path, { cwd: folders.workspace, home: folders.home, reach: { ...reach, approved }, intent }).then(
      ({ real }) => real,
      codeOf,
    );
  expect(await at("out/secret.txt", [file], "read")).toBe(file);
  expect(await at(join(folders.outside, "other.txt"), [file], "read")).toBe("PATH_OUTSIDE");
  expect(await at(file, [folders.outside], "search")).toBe(file);
  expect(await at(file, [folders.outside], "read")).toBe("PATH_OUTSIDE");
  expect(await at(join(folders.outside, ".env"), [folders.outside], "search")).toBe("PATH_DENIED");
  expect(await at(".env", [join(folders.workspace, ".env")], "read")).toBe(join(folders.workspace, ".env"));
});

test("isInside means below, by whole names", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "ab", "..a")), fc.array(fc.constantFrom("a", "b", "ab")), (root, rest) => {
      const base = resolve("/", ...root);
      return isInside(base, resolve(base, ...rest)) && !isInside(`${base === "/" ? "" : base}x`, resolve(base, ...rest));
    }),
  );
});

const plainPattern = fc
  .tuple(
    fc.constantFrom("", "/", "**/"),
    fc.array(fc.constantFrom("a", "b*", "c?", "?", "*.k", ".e", "a b", "x+y", "\\*", "**"), { minLength: 1, maxLength: 3 }),
    fc.constantFrom("", "/**"),
  )
  .map(([start, names, end]) => start + names.join("/") + end);
const somePath = fc.array(fc.constantFrom("a", "b", "bc", "x.k", ".e", "a b", "x+y", "*", "d"), { minLength: 1, maxLength: 4 });

test("a pattern means what the ignore package says, whichever way it is compiled", async () => {
  await fc.assert(
    fc.asyncProperty(plainPattern, somePath, async (pattern, names) => {
      const path = names.join("/");
      const test = await compilePatterns({ base: "/base", patterns: [pattern] }, { strict: false });
      const matcher = ignore({ ignorecase: false }).add({ pattern });
      // `x/**` takes x along here: whoever may read all below a folder may name the folder.
      const folder = /[a-z.+ ]\/\*\*$/.test(pattern) ? pattern.slice(0, -3) : pattern;
      const anchored = folder === pattern || folder.includes("/") ? folder : `/${folder}`;
      const withFolder = ignore({ ignorecase: false }).add({ pattern: anchored });
      return test(`/base/${path}`) === (matcher.ignores(path) || matcher.ignores(`${path}/`) || withFolder.ignores(path));
    }),
    { numRuns: 1000 },
  );
});

test("the secrets table gives the same answer by its one expression and by the ignore package", async () => {
  const group = secretPaths(["/home/u"]);
  const test = await compilePatterns(group, { strict: true });
  const matcher = ignore({ ignorecase: true }).add(group.patterns.map((pattern) => ({ pattern })));
  const part = fc.constantFrom(
    ...[
      "home",
      "u",
      ".env",
      ".env.local",
      ".env.example",
      "id_rsa",
      "id_rsa.pub",
      "id_ed25519_sk",
      "x.pem",
      "X.PEM",
      "a",
      ".ssh",
      ".aws",
    ],
    ...[
      "credentials",
      ".config",
      "gcloud",
      ".docker",
      "config.json",
      "etc",
      "shadow",
      "proc",
      "1",
      "environ",
      ".npmrc",
      "config",
      ".kube",
    ],
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (names) => {
      const path = names.join("/");
      return test(`/${path}`) === (matcher.ignores(path) || matcher.ignores(`${path}/`));
    }),
    { numRuns: 3000 },
  );
});

test("an escaped path as a pattern matches itself and no other name", async () => {
  const text = fc
    .string({ unit: fc.constantFrom(..."ab *?[]\\!#. é"), minLength: 1, maxLength: 8 })
    .filter((word) => !/^\.+$/.test(word));
  await fc.assert(
    fc.asyncProperty(text, text, async (one, other) => {
      const test = await compilePatterns({ base: "/", patterns: [`/base/${escapeGlob(one)}`] }, { strict: false });
      return test(`/base/${one}`) && test(`/base/${other}`) === (one === other);
    }),
    { numRuns: 500 },
  );
});
