/** Settings that whoever looks after the machine gives to Claude Code: above all others there, and in Gantry the user's own. */
import path from "node:path";
import { isObject, own } from "../fields.ts";
import type { Finding, Place, SourceState } from "../findings.ts";
import { listFiles } from "../folder.ts";
import type { SourceFile } from "../source-file.ts";

export function managedFolder({ system }: Place): string {
  if (system === undefined && process.platform === "darwin") return "/Library/Application Support/ClaudeCode";
  return path.join(system ?? "/etc", "claude-code");
}

/** The file, and those of the folder beside it, in their order; a folder that cannot be read whole is broken. */
export async function managedFiles(place: Place): Promise<{ paths: string[]; broken: SourceState[] }> {
  const folder = managedFolder(place);
  const extra = path.join(folder, "managed-settings.d");
  const { files, problem } = await listFiles(extra, { ending: /^[^.].*\.json$/ });
  const broken: SourceState[] = problem === undefined ? [] : [{ path: extra, state: "broken", problem }];
  return { paths: [path.join(folder, "managed-settings.json"), ...files.map((name) => path.join(extra, name))], broken };
}

/** What a managed file sets counts instead of what the others set; and their yeses may be no yeses. */
export function underManaged(managed: readonly Finding[], others: readonly Finding[], files: readonly SourceFile[]): Finding[] {
  const setters = new Map<string, string>();
  for (const { becomes = [], source } of managed)
    for (const { key, how } of becomes) if (how === "set") setters.set(key, source);
  const rulesOnly = placeOf(files, "allowManagedPermissionRulesOnly");
  return others.map((finding) => {
    const { becomes = [] } = finding;
    const setter = becomes.map(({ key, how }) => (how === "set" ? setters.get(key) : undefined)).find(Boolean);
    const isYes = becomes.some(({ key }) => key === "permissions.allow");
    const by = setter ?? (isYes ? rulesOnly : undefined);
    if (by === undefined) return finding;
    const { becomes: _, otherwise: __, ...rest } = finding;
    return { ...rest, result: "not-mapped", why: `${by} counts instead.` };
  });
}

function placeOf(files: readonly SourceFile[], key: string): string | undefined {
  for (const file of files)
    if (file.state === "read" && isObject(file.data) && own(file.data, key) === true)
      return `${file.path}:${file.lineOf([key])}`;
  return undefined;
}
