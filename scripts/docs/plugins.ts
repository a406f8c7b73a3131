/** The reference part of docs/plugins.md: permissions, the manifest, what a context offers, the bounds of a guest. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import type { ConfigKey } from "../../config/schema.ts";
import { maxFrameBytes, maxValueChars, streamCredit } from "../../core/contract/frames.ts";
import { isHostKind, type PermissionKind, permissionKinds, permissionTable } from "../../core/contract/permissions.ts";

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

/** How a scope of each form is written in `permissions` and after `--grant KIND=`. */
const scopes: Readonly<Record<(typeof permissionTable)[PermissionKind]["scope"], string>> = {
  paths: '`["./notes/**"]`; `/**` anywhere, `~/x/**` below the home',
  commands:
    '`["git log:*"]` an argv that begins with exactly these words (`env git log` does not); `shell:npm test:*` a shell line; `*` any of both',
  hosts: '`["api.example.com"]`; `*.example.com`, `localhost:8080`, `GET api.example.com`; `*` any public host',
  names: '`["NOTES_TOKEN"]`',
  taps: '`["turn.end", "tool.approve:Bash,Write"]`; a judge of calls names its tools, or `*`',
  argvs: '`[["npx", "some-server"]]`, word by word',
  bytes: '`"64KiB"`, `"1MiB"`',
  tokens: '`{ "tokensPerSession": 20000 }`',
  sessions: '`"own"` or `"all"`',
  yes: "`true`",
};

export async function pluginReference(root: string, keys: readonly ConfigKey[], table: Table): Promise<string> {
  const contexts = await membersOf(join(root, "core/contract/tool-context.ts"));
  const manifest = await membersOf(join(root, "core/contract/manifest.ts"));
  return [
    "### Permissions",
    table(["kind", "how its scope is written", "a tool that uses it is at least", "lets a plugin"], permissionRows()),
    "### The context",
    table(["member", "meaning"], contextRows(contexts)),
    "### The manifest, gantry.json",
    table(["field", "type", "meaning"], manifestRows(manifest)),
    "### Bounds of a guest",
    table(["bound", "default", "meaning"], boundRows(keys)),
  ].join("\n\n");
}

function permissionRows(): string[][] {
  return permissionKinds
    .filter((kind) => !isHostKind(kind))
    .map((kind) => {
      const { scope, atLeast, allows } = permissionTable[kind];
      return [code(kind), scopes[scope], kind === "hook.tap" ? "" : code(atLeast), allows];
    });
}

const parts: Readonly<Record<string, string>> = {
  FileEffects: "ctx.fs.",
  NetEffects: "ctx.net.",
  ProcessEffects: "ctx.process.",
  ModelEffects: "ctx.model.",
  UserEffects: "ctx.user.",
  StorageEffects: "ctx.storage.",
  SessionEffects: "ctx.session.",
};

function contextRows(interfaces: readonly Interface[]): string[][] {
  const own = (name: string): Interface["members"] => interfaces.find((one) => one.name === name)?.members ?? [];
  const plain = own("PluginContext").filter(({ type }) => !Object.hasOwn(parts, type));
  const rows = [...plain, ...own("ToolContext").map((member) => ({ ...member, meaning: `Tools only. ${member.meaning}` }))].map(
    ({ text, meaning }) => [code(`ctx.${text}`), meaning],
  );
  const effects = Object.entries(parts).flatMap(([name, prefix]) =>
    own(name).map(({ text, meaning }) => [code(`${prefix}${text}`), meaning]),
  );
  return [...rows, ...effects];
}

function manifestRows(interfaces: readonly Interface[]): string[][] {
  const prefixes = { PluginManifest: "", ToolManifest: "contributes.tools[].", CommandManifest: "contributes.commands[]." };
  return [...Object.entries(prefixes), ["TapManifest", "contributes.taps[]."] as const].flatMap(([name, prefix]) => {
    const found = interfaces.find((one) => one.name === name)?.members ?? [];
    return found.map(({ name: field, type, meaning }) => [code(`${prefix}${field}`), code(type), meaning]);
  });
}

function boundRows(keys: readonly ConfigKey[]): string[][] {
  const own = keys
    .filter(({ key }) => key.startsWith("isolation."))
    .map(({ key, default: value, description }) => [code(key), code(JSON.stringify(value)), description]);
  return [
    ...own,
    ["one frame", `${maxFrameBytes} bytes`, "Longer values cross in parts."],
    ["one value", `${maxValueChars} characters`, "An argument, an input, a result: all its parts together, as JSON."],
    ["a stream", `${streamCredit} items`, "That were sent and not yet taken."],
  ];
}

interface Interface {
  name: string;
  members: { name: string; text: string; type: string; meaning: string }[];
}

/** Interfaces as the source has them: each member in one line, with what its comment says. */
async function membersOf(file: string): Promise<Interface[]> {
  const source = ts.createSourceFile(file, await readFile(file, "utf8"), ts.ScriptTarget.Latest, true);
  return source.statements.filter(ts.isInterfaceDeclaration).map((node) => ({
    name: node.name.text,
    members: node.members
      .filter((member) => ts.isPropertySignature(member) || ts.isMethodSignature(member))
      .map((member) => ({
        name: `${member.name.getText()}${member.questionToken ? "?" : ""}`,
        text: oneLine(member.getText())
          .replace(/^readonly /, "")
          .replace(/;$/, ""),
        type: oneLine(member.type?.getText() ?? ""),
        meaning: commentOf(member),
      })),
  }));
}

function oneLine(text: string): string {
  return text
    .replace(/\/\*\*.*?\*\//gs, "")
    .replace(/\s+/g, " ")
    .trim();
}

function commentOf(node: ts.Node): string {
  const texts = ts.getJSDocCommentsAndTags(node).map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "");
  return texts.join(" ").replace(/\s+/g, " ");
}

function code(text: string): string {
  return `\`${text}\``;
}
