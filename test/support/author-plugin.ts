/** A plugin as its author writes it, of every part one: what it asks for, its version and one of its words can be chosen. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Grants } from "../../core/contract/permissions.ts";

export interface AuthorPlugin {
  version?: string;
  /** Said by its tool and its command. */
  word?: string;
  /** A package that exports `word`; in place of the word. */
  wordFrom?: string;
  permissions?: Grants;
  /** JavaScript at the top of the module. */
  top?: string;
  /** A zod schema. */
  options?: string;
  /** More elements of its taps, each after a comma. */
  taps?: string;
  manifest?: Record<string, unknown>;
}

export const wardenGrants: Grants = { "fs.read": ["./**"], "hook.tap": ["tool.approve:Write"] };
export const wardenFlags = ["--grant", "fs.read=./**", "--grant", "hook.tap=tool.approve:Write"];

/** Tool WardenCount, command `warden say`, and a judge that keeps files whose name holds `kept`. */
export function wardenFiles(plugin: AuthorPlugin = {}): Record<string, string> {
  const {
    version = "1.0.0",
    word = "one",
    wordFrom,
    permissions = wardenGrants,
    top = "",
    manifest,
    options = "z.looseObject({})",
    taps = "",
  } = plugin;
  const words = wordFrom === undefined ? `const word = ${JSON.stringify(word)};` : `import { word } from "${wordFrom}";`;
  return {
    "package.json": JSON.stringify({
      ...{ name: "warden", version, description: "Guards.", type: "module", main: "index.ts", ...manifest },
    }),
    "index.ts": `import { defineCommand, definePlugin, defineTap, defineTool } from "gantry/plugin";
import * as z from "zod";
${words}
${top}
const count = defineTool({
  name: "WardenCount",
  description: "Counts the bytes of a file.",
  input: () => z.strictObject({ path: z.string() }),
  effect: "reads",
  async execute({ path }, ctx) {
    return word + " " + (await ctx.fs.read(path)).bytes.length;
  },
});
const say = defineCommand({
  id: "warden say",
  summary: "Say a word.",
  args: [{ name: "what", summary: "What.", required: true }],
  flags: [{ name: "code", type: "string", summary: "Exit code." }],
  async run({ args, flags }, ctx) {
    ctx.print("first\\n");
    const exit = flags["code"] === undefined ? {} : { exit: Number(flags["code"]) };
    return { data: { word, what: args["what"] ?? "" }, text: word + " " + (args["what"] ?? ""), ...exit };
  },
});
const keep = defineTap({
  on: "tool.approve",
  kind: "judge",
  name: "keeper",
  tools: ["Write"],
  run: ({ input }) =>
    String(input["file_path"]).includes("kept") ? { verdict: "deny", reason: "the warden keeps it" } : undefined,
});
export default definePlugin({
  name: "warden",
  description: "Guards.",
  options: () => ${options},
  permissions: ${JSON.stringify(permissions)},
  tools: [count],
  commands: [say],
  taps: [keep${taps}],
});
`,
  };
}

/** Every file below, by its path, with its content. */
export async function everyFile(
  folder: string,
  isLeftOut: (file: string) => boolean = () => false,
): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name));
  const kept = files.filter((file) => !isLeftOut(path.relative(folder, file))).sort();
  return Object.fromEntries(
    await Promise.all(kept.map(async (file) => [path.relative(folder, file), await readFile(file, "latin1")] as const)),
  );
}
