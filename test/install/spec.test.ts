import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ParsedSpec, parseSpec } from "../../core/install/spec.ts";

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "gantry-spec-"));
  await mkdir(path.join(cwd, "notes"));
  await mkdir(path.join(cwd, "plain"));
  await writeFile(path.join(cwd, "notes", "package.json"), "{}");
  await writeFile(path.join(cwd, "notes.tgz"), "");
  await writeFile(path.join(cwd, "notes.txt"), "");
  await mkdir(path.join(cwd, "bare.git", "objects"), { recursive: true });
  await writeFile(path.join(cwd, "bare.git", "HEAD"), "");
  await mkdir(path.join(cwd, "work", ".git"), { recursive: true });
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const parsed = (spec: string): Promise<ParsedSpec> => parseSpec(spec, { cwd, home: cwd });

test("each form is what it looks like", async () => {
  const at = (name: string): string => path.join(cwd, name);
  const forms: Record<string, ParsedSpec> = {
    "./notes": { kind: "folder", folder: at("notes") },
    "./plain/": { kind: "folder", folder: at("plain") },
    "~/notes": { kind: "folder", folder: at("notes") },
    notes: { kind: "folder", folder: at("notes") },
    ".": { kind: "folder", folder: cwd },
    "./work": { kind: "folder", folder: at("work") },
    "notes.tgz": { kind: "tarball", from: at("notes.tgz") },
    "https://example.com/a/notes-1.0.0.tgz?x=1": { kind: "tarball", from: "https://example.com/a/notes-1.0.0.tgz?x=1" },
    "http://127.0.0.1:8080/notes.tar.gz": { kind: "tarball", from: "http://127.0.0.1:8080/notes.tar.gz" },
    "git+https://example.com/me/notes.git#v1": {
      kind: "git",
      url: "https://example.com/me/notes.git",
      ref: "v1",
      local: false,
    },
    "git+ssh://git@example.com/me/notes.git#feature/x": {
      kind: "git",
      url: "ssh://git@example.com/me/notes.git",
      ref: "feature/x",
      local: false,
    },
    "git@example.com:me/notes.git#main": { kind: "git", url: "git@example.com:me/notes.git", ref: "main", local: false },
    "https://example.com/me/notes.git": { kind: "git", url: "https://example.com/me/notes.git", local: false },
    "git+file:///srv/notes.git#v1": { kind: "git", url: "file:///srv/notes.git", ref: "v1", local: true },
    "./bare.git#v1": { kind: "git", url: at("bare.git"), ref: "v1", local: true },
    "bare.git": { kind: "git", url: at("bare.git"), local: true },
    "./work#v1": { kind: "git", url: at("work"), ref: "v1", local: true },
    "gantry-plugin-notes": { kind: "npm", name: "gantry-plugin-notes", range: "latest" },
    "gantry-plugin-notes@1.2.0": { kind: "npm", name: "gantry-plugin-notes", range: "1.2.0" },
    "@me/notes@^1 || ^2": { kind: "npm", name: "@me/notes", range: "^1 || ^2" },
    plain: { kind: "npm", name: "plain", range: "latest" },
  };
  for (const [spec, wanted] of Object.entries(forms)) expect([spec, await parsed(spec)]).toEqual([spec, wanted]);
});

test.each([
  ["", "It is empty"],
  ["--registry=http://evil", "begins with a dash"],
  ["./nots", "Did you mean notes?"],
  ["./notes.txt", "no tarball by its name"],
  ["me/notes", "git+https://github.com/me/notes.git#REF; a folder as ./me/notes"],
  ["Notes-Plugin", "Did you mean notes-plugin?"],
  ["notes-x@../y", "is no version"],
  ["notes-x@npm:other", "is no version"],
  ["http://example.com/notes.tgz", "use https://"],
  ["https://example.com/notes", "git+https://example.com/notes#REF"],
  ["https://me:secret@example.com/notes.tgz", "holds a password"],
  ["git+https://example.com/x.git#--upload-pack=evil", "is no branch, tag or commit"],
  ["git+https://example.com/x.git#a..b", "is no branch, tag or commit"],
  ["git+ext::sh -c evil", "cannot be fetched"],
  ["httpz://example.com/x.tgz", "Did you mean https:?"],
  ["file:///srv/notes.tgz", "A file is given by its path: /srv/notes.tgz"],
  ["a\u0000b", "It holds control characters"],
])("%j is refused, with what would be right", async (spec, wanted) => {
  const error: unknown = await parsed(spec).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "PLUGIN_SPEC_INVALID", message: expect.stringContaining(wanted) });
  expect((error as Error).message).toContain("a git repository: git+https://");
});
