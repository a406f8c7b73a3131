/** What is kept of logins, one record for each server: bound to its name and URL, changed by one process at a time. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { takeLock } from "./file-lock.ts";
import { type Keychain, openKeychain } from "./keychain.ts";
import { codeOfSystem } from "./system-errors.ts";
import { type PlaceOptions, placeOf, withFallback } from "./token-place.ts";
import { boundUrl, emptyRecord, type TokenRecord } from "./token-record.ts";

export interface TokenStore {
  of(server: string, url: URL, onProblem: (problem: string) => void): ServerTokens;
}

export interface ServerTokens {
  /** The record of now; an empty one when there is none that can be used. */
  read(): Promise<TokenRecord>;
  /** Throws MCP_LOGIN_FAILED where neither keychain nor file takes it. */
  write(record: TokenRecord): Promise<void>;
  /** Reads, changes and writes while nobody refreshes: a refresh token that another process has just got is not undone. */
  update(change: (now: TokenRecord) => TokenRecord): Promise<TokenRecord>;
  /** What was refreshed and cannot be written: the old refresh token is used up. Known to this process until it ends. */
  hold(record: TokenRecord): void;
  /** Whether there was a record. */
  remove(): Promise<boolean>;
  /** One at a time among all processes that share the folder: `refresh` waits for others, `login` does not (undefined). */
  lock(what: "refresh" | "login", signal: AbortSignal): Promise<(() => Promise<void>) | undefined>;
}

/** Longer than a refresh (30 s of network at most for each of its requests) and than a login may take. */
const staleMs = { refresh: 150_000, login: 400_000 };
const waitMs = { refresh: 60_000, login: 0 };

/** @param o `openKeychain` is for tests: the user's own keychain is not theirs. */
export function createTokenStore(o: { folder: string; useKeychain: boolean; openKeychain?: () => Keychain }): TokenStore {
  const keychain = o.useKeychain ? withFallback((o.openKeychain ?? openKeychain)()) : undefined;
  return {
    of: (server, url, onProblem) => {
      const name = createHash("sha256")
        .update(`${server}\n${boundUrl(url)}`)
        .digest("hex");
      const account = name.slice(0, 32);
      return tokensOf({ account, path: join(o.folder, `${account}.json`), server, url, onProblem, keychain });
    },
  };
}

function tokensOf(options: PlaceOptions): ServerTokens {
  const { path, server, url, onProblem } = options;
  const place = placeOf(options);
  let held: TokenRecord | undefined;
  /** Of the newest record seen: what is written next is newer, also when the clock was set back. */
  let newest = 0;
  const dated = (record: TokenRecord): TokenRecord => {
    newest = Math.max(Date.now(), newest + 1);
    return { ...record, at: newest };
  };
  const tokens: ServerTokens = {
    read: async () => {
      const kept = await place.read();
      const record = held !== undefined && held.at > (kept?.at ?? 0) ? held : kept;
      newest = Math.max(newest, record?.at ?? 0);
      return record ?? emptyRecord(server, url);
    },
    write: async (record) => {
      await place.write(dated(record));
      held = undefined;
    },
    update: (change) => updateIn(tokens, change),
    hold: (record) => {
      held = dated(record);
      onProblem(`its refreshed login cannot be kept in ${path}: it lasts as long as this run`);
    },
    remove: () => {
      held = undefined;
      return place.remove();
    },
    lock: (what, signal) => lockOf(options, what, signal),
  };
  return tokens;
}

async function updateIn(tokens: ServerTokens, change: (now: TokenRecord) => TokenRecord): Promise<TokenRecord> {
  const unlock = await tokens.lock("refresh", AbortSignal.timeout(waitMs.refresh + 1_000));
  try {
    const now = await tokens.read();
    const next = change(now);
    if (next !== now) await tokens.write(next);
    return next;
  } finally {
    await unlock?.();
  }
}

async function lockOf({ path, onProblem }: PlaceOptions, what: "refresh" | "login", signal: AbortSignal) {
  try {
    return await takeLock(`${path}.${what}.lock`, { staleMs: staleMs[what], waitMs: waitMs[what], signal });
  } catch (error) {
    signal.throwIfAborted();
    // Without a folder there are no files of others either that could be disturbed.
    onProblem(`logins are not locked against other processes: ${path} cannot be written (${codeOfSystem(error)})`);
    return async () => undefined;
  }
}
