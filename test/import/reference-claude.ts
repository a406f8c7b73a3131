/**
 * A small reading of Claude Code's permissions, written from its documentation and not from the importer: deny, then ask, then
 * allow, first match; then the mode.
 */
import { dirname, join, relative } from "node:path";

export type Verdict = "allow" | "ask" | "deny";
export const strictness: Readonly<Record<Verdict, number>> = { allow: 0, ask: 1, deny: 2 };

/** A shell line as its commands, in order; nobody has to parse it. */
export type Call = { tool: "Bash"; commands: string[]; by: string } | { tool: "Read" | "Write" | "Edit"; path: string };

export interface Settings {
  permissions: { allow: string[]; ask: string[]; deny: string[]; defaultMode?: string };
}

export interface Source {
  settings: Settings;
  /** Folder of `/path`. */
  base: string;
}

export interface World {
  sources: readonly Source[];
  cwd: string;
  home: string;
}

type Behavior = "allow" | "ask" | "deny";

export function verdictOf(call: Call, world: World): Verdict {
  if (call.tool === "Bash") return lineVerdict(call, world);
  return pathVerdict(call, world);
}

function rulesOf(world: World, behavior: Behavior, tools: readonly string[]): { inner: string | undefined; base: string }[] {
  return world.sources.flatMap(({ settings, base }) =>
    settings.permissions[behavior].flatMap((rule) => {
      const [, tool = "", inner] = /^(\w+)(?:\((.*)\))?$/s.exec(rule) ?? [];
      if (!tools.includes(tool)) return [];
      const isAny = inner === "" || (inner === "*" && (tool === "Bash" || behavior !== "allow"));
      return [{ inner: isAny ? undefined : inner, base }];
    }),
  );
}

function modeOf({ sources }: World): string {
  return sources.flatMap(({ settings }) => settings.permissions.defaultMode ?? []).at(-1) ?? "default";
}

// ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Run unasked there: they read, and do nothing else. */
const readers = ["ls", "cat", "head", "grep", "wc", "echo"];
const isReading = (command: string): boolean => command === "git status" || readers.includes(command.split(" ")[0] ?? "");

function lineVerdict({ commands, by }: Extract<Call, { tool: "Bash" }>, world: World): Verdict {
  const whole = commands.join(by);
  const speaks = (behavior: Behavior, text: string): boolean =>
    rulesOf(world, behavior, ["Bash"]).some(({ inner }) => inner === undefined || lineMatches(inner, text));
  const files = commands.flatMap((command) =>
    readers.includes(command.split(" ")[0] ?? "")
      ? command
          .split(" ")
          .slice(1)
          .filter((word) => /[./]/.test(word))
      : [],
  );
  const reads = files.map((file) => pathVerdict({ tool: "Read", path: join(world.cwd, file) }, world));
  if ([...commands, whole].some((text) => speaks("deny", text)) || reads.includes("deny")) return "deny";
  if ([...commands, whole].some((text) => speaks("ask", text)) || reads.includes("ask")) return "ask";
  const isAllowed = commands.every((text) => speaks("allow", text) || isReading(text));
  if (isAllowed) return "allow";
  return ({ bypassPermissions: "allow", dontAsk: "deny" }[modeOf(world)] as Verdict | undefined) ?? "ask";
}

function lineMatches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/:\*$/, " *")
    .split("*")
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join("[\\s\\S]*");
  if (new RegExp(`^${source}$`).test(text)) return true;
  return / \*$/.test(pattern.replace(/:\*$/, " *")) && new RegExp(`^${source.slice(0, -" [\\s\\S]*".length)}$`).test(text);
}

// ── Paths ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function pathVerdict({ tool, path }: { tool: "Read" | "Write" | "Edit"; path: string }, world: World): Verdict {
  const isRead = tool === "Read";
  const speaks = (behavior: Behavior): boolean => {
    const named = rulesOf(world, behavior, [tool]).some(({ inner }) => inner === undefined);
    const edits = rulesOf(world, behavior, ["Edit"]).some(
      ({ inner, base }) => inner === undefined || pathMatches(inner, base, path, behavior, world),
    );
    const reads = rulesOf(world, behavior, ["Read"]).some(
      ({ inner, base }) => inner !== undefined && pathMatches(inner, base, path, behavior, world),
    );
    if (isRead) return named || reads;
    return named || edits || (behavior === "deny" && reads);
  };
  if (speaks("deny")) return "deny";
  if (speaks("ask")) return "ask";
  if (speaks("allow")) return "allow";
  const isInside = !relative(world.cwd, path).startsWith("..");
  const mode = modeOf(world);
  if (isRead && isInside) return "allow";
  if (mode === "bypassPermissions" || (mode === "acceptEdits" && isInside && !isRead)) return "allow";
  return mode === "dontAsk" ? "deny" : "ask";
}

function pathMatches(pattern: string, base: string, path: string, behavior: Behavior, { cwd, home }: World): boolean {
  if (pattern.startsWith("//")) return below(pattern.slice(1), "/", path);
  if (pattern.startsWith("~/")) return below(pattern.slice(1), home, path);
  if (pattern.startsWith("/")) return below(pattern, base, path);
  if (pattern.startsWith("../")) return below(`/${pattern.slice(3)}`, dirname(cwd), path);
  if (pattern.startsWith("./")) return below(pattern.slice(1), cwd, path);
  const isFolder = /^[^/]+\/\*\*$/.test(pattern);
  if (isFolder && behavior !== "allow") return below(`/**/${pattern}`, cwd, path) || below(`/${pattern}`, cwd, path);
  return (
    below(pattern.replace(/\/$/, "").includes("/") ? `/${pattern}` : `/**/${pattern}`, cwd, path) ||
    below(`/${pattern}`, cwd, path)
  );
}

/** Gitignore below a folder: a pattern that matches a folder matches all in it. */
function below(pattern: string, folder: string, path: string): boolean {
  const inner = relative(folder, path);
  if (inner.startsWith("..") || inner === "") return false;
  const source = pattern
    .replace(/^\//, "")
    .replace(/\/$/, "")
    .split("/")
    .map((part) =>
      part === "**"
        ? "**"
        : part
            .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
            .replaceAll("*", "[^/]*")
            .replaceAll("?", "[^/]"),
    )
    .join("/")
    .replaceAll("**/", "(?:.*/)?")
    .replace(/\*\*$/, ".+");
  return new RegExp(`^${source}(?:/.*)?$`).test(inner);
}
