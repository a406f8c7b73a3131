/** Grants in plain words with their reach, for consent, doctor and inspect; and what several of them mean together. */
import type { GrantWords } from "../../contract/host.ts";
import type { Json } from "../../contract/messages.ts";
import { type Grants, type PermissionKind, permissionKinds, permissionTable } from "../../contract/permissions.ts";
import { commandWords, isWideCommand } from "./command-scope.ts";
import { quoteWord } from "./grant-flags.ts";
import { hostWords, isWideHost } from "./host-scope.ts";
import { isWidePath, pathWords } from "./path-scope.ts";
import { parseTapScope, type TapScope } from "./tap-scope.ts";
import { isWideTap, seenBy, tapWords } from "./tap-words.ts";

/** One entry a kind; one an entry for hook.tap and process.host. In the order of the permission table. */
export function wordsOf(grants: Grants): { words: GrantWords[]; together: string[] } {
  return { words: permissionKinds.flatMap((kind) => wordsOfKind(kind, grants)), together: togetherWords(grants) };
}

function wordsOfKind(kind: PermissionKind, grants: Grants): GrantWords[] {
  if (grants[kind] === undefined) return [];
  if (kind === "hook.tap")
    return tapsOf(grants).map(([text, tap]) => ({ kind, scope: [text], words: tapWords(tap), isWide: isWideTap(tap) }));
  if (kind === "process.host")
    return (grants[kind] ?? []).map((argv) => ({
      ...{ kind, scope: [[...argv]], isWide: true },
      words: `runs ${JSON.stringify(argv.map(quoteWord).join(" "))} outside isolation, with your authority`,
    }));
  const scope = structuredClone(grants[kind]) as Json;
  return [
    { kind, scope, words: `may ${permissionTable[kind].allows}${reachWords(kind, grants)}`, isWide: isWide(kind, grants) },
  ];
}

function tapsOf(grants: Grants): [string, TapScope][] {
  return (grants["hook.tap"] ?? []).flatMap((text): [string, TapScope][] => {
    const tap = parseTapScope(text);
    return typeof tap === "string" ? [] : [[text, tap]];
  });
}

function reachWords(kind: PermissionKind, grants: Grants): string {
  switch (kind) {
    case "fs.read":
    case "fs.write":
    case "fs.list":
    case "fs.search":
      return ` ${list(wideFirst(grants[kind], isWidePath).map(pathWords))}`;
    case "net.fetch":
      return `: ${list(wideFirst(grants[kind], isWideHost).map(hostWords))}`;
    case "process.run":
      return `: ${list(wideFirst(grants[kind], isWideCommand).map(commandWords))}`;
    case "secret.read":
      return `: ${list(grants[kind] ?? [])}`;
    case "model.ask":
      return `, up to ${(grants[kind]?.tokensPerSession ?? 0).toLocaleString("en-US")} tokens a session`;
    case "session.read":
      return grants[kind] === "all" ? ": every stored session" : ": the one it works in, the whole conversation";
    case "storage":
      return `, up to ${grants[kind]}`;
    default:
      return "";
  }
}

/** What is worth a second look is not to be looked for at the end of sixty others. */
function wideFirst(scopes: readonly string[] = [], isWide: (scope: string) => boolean): string[] {
  return [...scopes.filter(isWide), ...scopes.filter((scope) => !isWide(scope))];
}

function isWide(kind: PermissionKind, grants: Grants): boolean {
  switch (kind) {
    case "fs.read":
    case "fs.write":
    case "fs.list":
    case "fs.search":
      return (grants[kind] ?? []).some(isWidePath);
    case "net.fetch":
      return (grants[kind] ?? []).some(isWideHost);
    case "process.run":
    case "secret.read":
      return true;
    case "session.read":
      return grants[kind] === "all";
    default:
      return false;
  }
}

/** What it can learn, times where it can take it. */
function togetherWords(grants: Grants): string[] {
  const learned = learnedWith(grants);
  const out: string[] = [];
  const hosts = wideFirst(grants["net.fetch"], isWideHost);
  if (learned.length > 0 && hosts.length > 0) out.push(`may send ${list(learned)} to ${list(hosts.map(hostWords))}`);
  const runs = grants["process.run"] ?? [];
  if (learned.length > 0 && runs.length > 0)
    out.push(`may hand ${list(learned)} to the programs it runs, which can send it anywhere`);
  const writes = wideFirst(grants["fs.write"], isWidePath).map(pathWords);
  if (writes.length > 0 && hosts.length > 0) out.push(`may write what it fetches to files ${list(writes)}`);
  if (writes.length > 0 && runs.length > 0) out.push(`may run programs on the files it writes ${list(writes)}`);
  if (grants["process.host"] !== undefined)
    out.push("hands what it learns to a program outside isolation, which nothing confines");
  return out;
}

function learnedWith(grants: Grants): string[] {
  const read = wideFirst([...(grants["fs.read"] ?? []), ...(grants["fs.search"] ?? [])], isWidePath).map(pathWords);
  const secrets = grants["secret.read"] ?? [];
  const seen = tapsOf(grants).flatMap(([, tap]) => seenBy(tap) ?? []);
  const reads = grants["session.read"];
  const sessions = reads === undefined ? [] : [reads === "all" ? "every stored session" : "the conversation of its session"];
  return [
    ...(read.length > 0 ? [`anything it reads ${list([...new Set(read)])}`] : []),
    ...(secrets.length > 0 ? [`the secrets ${list(secrets)}`] : []),
    ...new Set([...sessions, ...seen]),
  ];
}

function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
