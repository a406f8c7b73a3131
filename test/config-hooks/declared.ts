/** Declared hooks as the config room hands them over. */
import type { DeclaredHook } from "../../core/contract/host.ts";
import type { ToolManifest } from "../../core/contract/manifest.ts";
import type { Json, JsonObject } from "../../core/contract/messages.ts";

const bare = { description: "", inputSchema: { type: "object" } };

export const tools: ToolManifest[] = [
  { name: "Bash", effect: "runs", subject: { kind: "command", field: "command" }, ...bare },
  { name: "Read", effect: "reads", subject: { kind: "path", field: "file_path" }, ...bare },
  { name: "Write", effect: "writes", subject: { kind: "path", field: "file_path" }, ...bare },
  { name: "Edit", effect: "writes", subject: { kind: "path", field: "file_path" }, ...bare },
];

export function declare(
  event: string,
  handler: Json,
  more: { matcher?: Json; layer?: DeclaredHook["layer"]; source?: string; base?: string } = {},
): DeclaredHook {
  return { event, handler, layer: "project", source: "/p/gantry.config.jsonc:7", base: "/p", ...more };
}

export function command(fields: JsonObject = {}): JsonObject {
  return { type: "command", command: "true", ...fields };
}
