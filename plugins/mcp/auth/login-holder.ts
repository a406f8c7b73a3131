/** The tokens of a user's login: kept on disk, where other processes change them too. */
import { Fault } from "../thread/fault.ts";
import { type AuthContext, needsLogin } from "./auth-context.ts";
import type { Challenge } from "./discovery.ts";
import { renewTokens } from "./renewal.ts";
import { joinScopes, scopesOf } from "./scopes.ts";
import { checkWidens, hasRunOut, shared, type TokenHolder } from "./token-holder.ts";
import type { KeptTokens, TokenRecord } from "./token-record.ts";

const maxScopes = 100;

export class LoginHolder implements TokenHolder {
  readonly #context: AuthContext;
  readonly #renewed: (rejected: string | undefined, challenge: Challenge) => Promise<string>;
  #held: KeptTokens | undefined;
  #isRead = false;
  #refused: Challenge | undefined;
  /** A token of a login that the server has not taken yet: if it refuses that, another login will not help. */
  #unproven: string | undefined;

  constructor(context: AuthContext) {
    this.#context = context;
    this.#renewed = shared(async (rejected, challenge) => {
      const next = await renewTokens(context, rejected, challenge);
      this.#hold(next);
      return next.access_token;
    });
  }

  async current(): Promise<string | undefined> {
    if (!this.#isRead) this.#hold((await this.#context.tokens.read()).tokens);
    const held = this.#held;
    if (held?.refresh_token === undefined || !hasRunOut(held)) return held?.access_token;
    return await this.#renewed(held.access_token, this.#refused ?? {});
  }

  async renew(rejected: string | undefined, challenge: Challenge): Promise<string> {
    this.#refused = challenge;
    if (rejected === undefined || rejected !== this.#unproven) return await this.#renewed(rejected, challenge);
    const { server } = this.#context;
    throw new Fault("MCP_HTTP_FAILED", `The server ${server} answers 401 to the token of a login that has just gone well`);
  }

  async widen(rejected: string | undefined, challenge: Challenge): Promise<string> {
    this.#refused = challenge;
    const { server, tokens } = this.#context;
    const needed = scopesOf(challenge.scope);
    const record = await tokens.update((now) => {
      if (now.tokens === undefined || now.tokens.access_token !== rejected) return now;
      checkWidens(server, needed, now.requested ?? []);
      // For the next login, which may be another process.
      return { ...now, wanted: joinScopes(now.wanted, needed).slice(0, maxScopes) };
    });
    const found = record.tokens?.access_token;
    if (found === undefined || found === rejected) {
      throw needsLogin(server, `it wants more scopes: ${needed.join(", ")}`.slice(0, 300));
    }
    this.#hold(record.tokens);
    return found;
  }

  accepted(token: string): void {
    if (token === this.#unproven) this.#unproven = undefined;
  }

  challenge(): Challenge | undefined {
    return this.#refused;
  }

  take({ tokens }: TokenRecord): void {
    this.#hold(tokens);
    this.#unproven = tokens?.access_token;
    this.#refused = undefined;
  }

  forget(): boolean {
    const had = this.#held !== undefined;
    this.#hold(undefined);
    return had;
  }

  #hold(next: KeptTokens | undefined): void {
    this.#held = next;
    this.#isRead = true;
    this.#context.secrets.add(next?.access_token, next?.refresh_token);
  }
}
