/** Attacks by paths and names: out of the workspace, out of the grant, through links, and during a swap of folder and link. */
import type { Attack } from "./attack.ts";

/** What place.ts lays out for these, in the workspace: `out/`, `sub/`, links out of it, a pipe, secrets files, `race` that is swapped. */
const reading = { "fs.read": ["./**"], "fs.list": ["./**"], "fs.search": ["./**"] } as const;

const one = (name: string, tries: string, call: string, more: Partial<Attack> = {}): Attack => ({
  ...{ name, class: "paths", tries, holds: "nothing outside the grant is read, written or named", call, grants: reading },
  ...more,
});

const attempts = `
const text = (bytes) => new TextDecoder().decode(bytes);
const readAny = async (ctx, paths) => {
  const codes = [];
  for (const path of paths) {
    try { const { bytes } = await ctx.fs.read(path, { maxBytes: 4096 }); return "GOT " + path + ": " + text(bytes).slice(0, 60); } catch (error) { codes.push(error.code ?? String(error)); }
    try { const { lines } = await ctx.fs.readLines(path, { offset: 1, limit: 5, maxBytes: 1000 }); return "GOT " + path + ": " + lines; } catch (error) { codes.push(error.code ?? String(error)); }
  }
  return codes.every((code) => typeof code === "string" && /^[A-Z_]+$/.test(code)) ? "nothing" : "GOT no code: " + codes;
};
const listAny = async (ctx, queries) => {
  for (const query of queries) {
    let found = [];
    try { found = (await ctx.fs.list({ limit: 500, ...query })).paths; } catch (error) { if (!error.code) return "GOT no code: " + error; }
    const leaked = found.filter((path) => path.startsWith("..") || path.startsWith("/") || /only-outside|passwd/.test(path));
    if (leaked.length > 0) return "GOT " + JSON.stringify(query) + ": " + leaked.slice(0, 5);
  }
  return "nothing";
};
const searchAny = async (ctx, queries) => {
  for (const query of queries) {
    let found = [];
    try { found = (await ctx.fs.search({ pattern: "canary|root:", ignoreCase: true, multiline: false, before: 0, after: 0, mode: "content", lineNumbers: false, limit: 100, offset: 0, ...query })).lines; } catch (error) { if (!error.code) return "GOT no code: " + error; }
    if (found.length > 0) return "GOT " + JSON.stringify(query) + ": " + found.slice(0, 5);
  }
  return "nothing";
};
const writeAny = async (ctx, paths) => {
  for (const path of paths) try { await ctx.fs.write(path, "overwritten", { expect: null }); return "GOT " + path; } catch (error) { if (!error.code) return "GOT no code: " + error; }
  return "nothing";
};
`;
const reads = (name: string, tries: string, paths: string, more: Partial<Attack> = {}): Attack =>
  one(name, tries, `return await readAny(ctx, ${paths});`, { top: attempts, ends: "answers", ...more });
const lists = (name: string, tries: string, queries: string): Attack =>
  one(name, tries, `return await listAny(ctx, ${queries});`, { top: attempts, ends: "answers" });
const searches = (name: string, tries: string, queries: string): Attack =>
  one(name, tries, `return await searchAny(ctx, ${queries});`, { top: attempts, ends: "answers" });
const writes = (name: string, tries: string, paths: string, more: Partial<Attack> = {}): Attack =>
  one(name, tries, `return await writeAny(ctx, ${paths});`, {
    top: attempts,
    ends: "answers",
    grants: { "fs.write": ["./out/**"] },
    ...more,
  });

export const paths: readonly Attack[] = [
  reads(
    "dots",
    "reads by .. in every place",
    `["../outside/secret.txt", "sub/../../outside/secret.txt", "./../outside/./secret.txt", "sub/..//..//outside/secret.txt", "sub/%2e%2e/%2e%2e/outside/secret.txt", "..\\\\outside\\\\secret.txt"]`,
  ),
  reads(
    "absolute",
    "reads by absolute paths and other spellings of them",
    `[input.canary, "/" + input.canary, "//" + input.canary, "/." + input.canary, "file://" + input.canary, "/etc/passwd", "/etc/../etc/passwd", input.workspace + "/../outside/secret.txt"]`,
  ),
  reads(
    "home",
    "reads by a home folder",
    `["~/../outside/secret.txt", "~root/.bashrc", "~/.ssh/id_rsa", "~/secret.txt", "$HOME/secret.txt", "\${HOME}/secret.txt"]`,
  ),
  reads(
    "link to a file",
    "reads through links to files outside",
    `["link.txt", "sub/link.txt", "link-to-link.txt", "./sub/../link.txt"]`,
  ),
  reads(
    "link to a folder",
    "reads through links to folders outside",
    `["link/secret.txt", "link/../outside/secret.txt", "sub/link/secret.txt", "link/./secret.txt", "link//secret.txt", "link-to-root/etc/passwd"]`,
  ),
  reads("link in a circle", "reads links in a circle and links to nothing", `["circle", "circle/a", "dangling"]`),
  reads(
    "NUL",
    "ends a path by NUL",
    `["notes.txt\\0/../../outside/secret.txt", "\\0", input.canary + "\\0.txt", "link\\0/secret.txt"]`,
  ),
  reads(
    "unicode",
    "writes dots and slashes in other characters",
    `["\\uff0e\\uff0e/outside/secret.txt", "\\u2024\\u2024/outside/secret.txt", "..\\u2215outside\\u2215secret.txt", "\\u202e../outside/secret.txt", "..\\u0301/outside/secret.txt", "\\ud800../outside/secret.txt"]`,
  ),
  reads(
    "proc",
    "reads this machine through /proc",
    `["/proc/self/environ", "/proc/self/cmdline", "/proc/self/root" + input.canary, "/proc/self/cwd/../outside/secret.txt", "/proc/1/environ", "/proc/thread-self/environ", "/proc/self/fd/0", "/proc/self/maps"]`,
  ),
  reads("devices", "reads devices", `["/dev/stdin", "/dev/fd/0", "/dev/zero", "/dev/random", "/dev/tty", "zero"]`),
  reads("pipe", "reads a named pipe, which nobody writes to", `["pipe", "sub/../pipe"]`),
  reads(
    "secrets files",
    "reads secrets files inside of the workspace",
    `[".env", "sub/.env", "./sub/../.env", "sub//.env", "env-link", ".env.local"]`,
  ),
  reads(
    "out of a narrow grant",
    "reads beside the folder that was granted",
    `["notes.txt", "sub/../notes.txt", "sub-beside/inner.txt", "sub", ".", "./"]`,
    { grants: { "fs.read": ["./sub/**"] } },
  ),
  reads(
    "words of globs",
    "reads by a path that is a pattern",
    `["*", "sub/*/../../../outside/secret.txt", "{sub,../outside}/secret.txt", "[.][.]/outside/secret.txt", "**/secret.txt"]`,
    { grants: { "fs.read": ["./sub/*", "./*.md"] } },
  ),
  one(
    "race of reads",
    "reads a folder's file while the folder is swapped for a link to another",
    `let got = "nothing"; for (let i = 0; i < 400 && got === "nothing"; i++) { try { const { bytes } = await ctx.fs.read("race/secret.txt"); if (text(bytes).includes("canary")) got = "GOT the canary after " + i; } catch (error) { if (!error.code) got = "GOT no code: " + error; } } return got;`,
    { top: attempts, ends: "answers" },
  ),
  one(
    "race of lines",
    "reads lines while the folder is swapped for a link",
    `let got = "nothing"; for (let i = 0; i < 300 && got === "nothing"; i++) { try { const { lines } = await ctx.fs.readLines("race/secret.txt", { offset: 1, limit: 2, maxBytes: 100 }); if (String(lines).includes("canary")) got = "GOT the canary after " + i; } catch {} } return got;`,
    { top: attempts, ends: "answers" },
  ),
  one(
    "race of searches",
    "lists and searches a folder while it is swapped for a link",
    `let got = "nothing"; for (let i = 0; i < 40 && got === "nothing"; i++) { got = await searchAny(ctx, [{ path: "race" }]); if (got === "nothing") got = await listAny(ctx, [{ pattern: "**/only-outside-secret*", path: "race" }]); } return got;`,
    { top: attempts, ends: "answers" },
  ),
  one(
    "race of writes",
    "writes into a folder while it is swapped for a link",
    `for (let i = 0; i < 300; i++) { try { await ctx.fs.write("race/new-" + i + ".txt", "overwritten", { expect: null }); } catch (error) { if (!error.code) return "GOT no code: " + error; } } return "nothing";`,
    { grants: { "fs.write": ["./**"] }, ends: "answers" },
  ),
  lists(
    "list outside",
    "lists by patterns and folders outside",
    `[{ pattern: "../**" }, { pattern: "**", path: ".." }, { pattern: "/etc/*" }, { pattern: "*", path: "/etc" }, { pattern: "{..,.}/**" }, { pattern: "sub/../../outside/*" }, { pattern: "*", path: "~" }, { pattern: "[.][.]/*" }, { pattern: "\\\\.\\\\./*" }]`,
  ),
  lists(
    "list through links",
    "lists through links",
    `[{ pattern: "link/**" }, { pattern: "**", path: "link" }, { pattern: "**/*", path: "sub/link" }, { pattern: "**/only-outside-secret.txt" }, { pattern: "link-to-root/etc/*" }]`,
  ),
  searches(
    "search outside",
    "searches outside by folder and glob",
    `[{ path: ".." }, { path: "/etc" }, { path: "../outside" }, { glob: "../**" }, { path: "link" }, { path: "link/secret.txt" }, { path: "link.txt" }, { path: "." }, { path: ".", glob: "**/.env" }, { path: ".env" }]`,
  ),
  searches(
    "flags in a search",
    "puts flags of the search program where texts go",
    `[{ pattern: "--files" }, { pattern: "-f/etc/passwd" }, { pattern: "--pre=cat" }, { path: "--files" }, { path: "-f" + input.canary }, { glob: "--follow" }, { type: "--no-ignore" }, { pattern: "-e", path: "--follow" }, { pattern: "--search-zip", glob: "-L" }, { pattern: "--hostname-bin=/bin/sh" }]`,
  ),
  writes(
    "write outside",
    "writes outside the grant",
    `["../outside/new.txt", "/tmp/attack-new.txt", "out/../new.txt", "out/../../outside/new.txt", "notes.txt", input.canary, "/proc/self/comm", "~/new.txt", "out/\\0", "out", "out/.."]`,
  ),
  writes(
    "write through links",
    "writes through links inside the granted folder",
    `["out/link.txt", "out/link/new.txt", "out/link/secret.txt", "out/dangling", "out/circle"]`,
  ),
  one(
    "replace a link",
    "replaces what a link leads to, with the hash of what is there",
    `const hash = "${"0".repeat(64)}"; for (const path of ["out/link.txt", "out/link/secret.txt", "out/dangling"]) for (const expect of [null, hash]) { try { await ctx.fs.write(path, "overwritten", { expect }); return "GOT " + path; } catch {} } return "nothing";`,
    { grants: { "fs.write": ["./out/**"] }, ends: "answers" },
  ),
  writes("write to a device", "writes to pipes and devices", `["out/pipe", "out/null", "out/folder"]`),
  writes("write by read", "writes with a grant that only reads", `["out/new.txt", "notes.txt"]`, { grants: reading }),
];
