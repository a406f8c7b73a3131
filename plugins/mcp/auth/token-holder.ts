/** Who holds the access token of a server while it runs, and what the two holders share. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Fault } from "../thread/fault.ts";
import type { Challenge } from "./discovery.ts";
import type { KeptTokens, TokenRecord } from "./token-record.ts";

export interface TokenHolder {
  /** The token to send, renewed first where it has run out; undefined where there is none. */
  current(): Promise<string | undefined>;
  /** After a 401 of `rejected`. Calls at the same time share one renewal. */
  renew(rejected: string | undefined, challenge: Challenge): Promise<string>;
  /** After a 403 that wants more scopes than `rejected` has. Throws where a wider token was had already, or takes the user. */
  widen(rejected: string | undefined, challenge: Challenge): Promise<string>;
  /** The server took the token. */
  accepted(token: string): void;
  /** Of the last refusal. */
  challenge(): Challenge | undefined;
  /** The record of a login that has just ended. */
  take(record: TokenRecord): void;
  /** Whether anything was held. */
  forget(): boolean;
}

/** Shorter than this a token is not sent any more: the request may take as long. */
const spareMs = 10_000;

export function hasRunOut({ expiresAt }: KeptTokens): boolean {
  return expiresAt !== undefined && expiresAt < Date.now() + spareMs;
}

/** The limit of step-ups: what was asked for and is demanded again would be refused again. */
export function checkWidens(server: string, needed: readonly string[], requested: readonly string[]): void {
  if (needed.some((scope) => !requested.includes(scope))) return;
  const which = needed.length === 0 ? "and names none" : `after a login that asked for ${needed.join(", ")}`.slice(0, 300);
  throw new Fault("MCP_HTTP_FAILED", `The server ${server} refuses with insufficient_scope ${which}`);
}

/**
 * Calls while one runs get its result. It runs in the context of its making, not of the request that came first: the bounded
 * fetch ends what belongs to a request when that is given up, and a refresh whose answer is lost has used its token up.
 */
export function shared<A extends unknown[], T>(work: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  const outside = AsyncLocalStorage.snapshot();
  let running: Promise<T> | undefined;
  return (...args) => {
    running ??= outside(() => work(...args)).finally(() => {
      running = undefined;
    });
    return running;
  };
}
