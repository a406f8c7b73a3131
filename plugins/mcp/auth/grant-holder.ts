/** The token of a grant without a user: in memory alone, for a new one is had at any time. */
import type { AuthContext } from "./auth-context.ts";
import type { Challenge } from "./discovery.ts";
import { fetchGrant } from "./grants.ts";
import { joinScopes, scopesOf } from "./scopes.ts";
import { checkWidens, hasRunOut, shared, type TokenHolder } from "./token-holder.ts";
import type { KeptTokens } from "./token-record.ts";

export class GrantHolder implements TokenHolder {
  readonly #context: AuthContext;
  readonly #granted: (rejected: string | undefined, challenge: Challenge) => Promise<string>;
  #held: KeptTokens | undefined;
  #requested: string[] = [];
  #refused: Challenge | undefined;

  constructor(context: AuthContext) {
    this.#context = context;
    this.#granted = shared(async (rejected, challenge) => {
      if (this.#held !== undefined && this.#held.access_token !== rejected) return this.#held.access_token;
      const { tokens, requested } = await fetchGrant(
        context,
        challenge,
        joinScopes(this.#requested, scopesOf(challenge.scope)),
      );
      this.#held = tokens;
      this.#requested = requested;
      return tokens.access_token;
    });
  }

  async current(): Promise<string | undefined> {
    const held = this.#held;
    if (held === undefined || !hasRunOut(held)) return held?.access_token;
    return await this.#granted(held.access_token, this.#refused ?? {});
  }

  async renew(rejected: string | undefined, challenge: Challenge): Promise<string> {
    this.#refused = challenge;
    return await this.#granted(rejected, challenge);
  }

  async widen(rejected: string | undefined, challenge: Challenge): Promise<string> {
    const isCurrent = this.#held === undefined || this.#held.access_token === rejected;
    if (isCurrent) checkWidens(this.#context.server, scopesOf(challenge.scope), this.#requested);
    this.#refused = challenge;
    return await this.#granted(rejected, challenge);
  }

  accepted(): void {}

  challenge(): Challenge | undefined {
    return this.#refused;
  }

  /** Logins are the user's. */
  take(): void {}

  forget(): boolean {
    const had = this.#held !== undefined;
    this.#held = undefined;
    this.#requested = [];
    return had;
  }
}
