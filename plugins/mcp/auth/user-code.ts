/** The part of a login that a person does: the address is opened, or its result pasted; the code comes back, checked. */

import { Fault } from "../thread/fault.ts";
import type { Callback } from "./callback-server.ts";
import { sameIssuer } from "./discovery.ts";
import { type Redirected, readPasted, sameText } from "./pasted-code.ts";
import type { Secrets } from "./secrets.ts";

export interface Asks {
  /** Whether the code is pasted; the callback counts too then, whichever is first. */
  paste: boolean;
  askOpenUrl(url: string, options: { signal: AbortSignal }): Promise<{ opened: boolean }>;
  askPasteCode(url: string, options: { signal: AbortSignal }): Promise<{ text: string }>;
}

export interface WaitOptions extends Asks {
  url: string;
  state: string;
  /** The authorization server's own name of itself, where it publishes one, else its address. */
  issuer: string;
  /** Whether it says that each redirect carries that name. */
  namesItself: boolean;
  callback: Callback;
  secrets: Secrets;
  signal: AbortSignal;
}

type Answered = Redirected & { tell(isFine: boolean): void };

/** `tell` shows the browser how it went on. MCP_LOGIN_FAILED: refused, another state, out of time. */
export async function waitForCode(options: WaitOptions): Promise<{ code: string; tell(isFine: boolean): void }> {
  const { state, secrets, callback, signal } = options;
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  try {
    const answered = await Promise.race([callback.redirected, ask(options, until), aborted(until)]);
    secrets.add(answered.code, answered.state === state ? undefined : answered.state);
    try {
      return { code: checkedCode(answered, options), tell: answered.tell };
    } catch (error) {
      answered.tell(false);
      throw error;
    }
  } finally {
    over.abort();
  }
}

/** Settles with what was pasted; the browser's way settles by the callback alone. Rejects when the question does. */
async function ask({ paste, url, state, askOpenUrl, askPasteCode }: WaitOptions, signal: AbortSignal): Promise<Answered> {
  if (paste) {
    const { text } = await askPasteCode(url, { signal });
    const pasted = readPasted(text, state);
    // A bare code has no state: the person who pastes it is who asked for it.
    const isBare = pasted.state === undefined && pasted.error === undefined && !text.includes("code=");
    return { ...pasted, ...(isBare ? { state } : {}), tell: () => undefined };
  }
  await askOpenUrl(url, { signal });
  return new Promise<never>(() => undefined);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

function checkedCode({ code, state, issuer, error, description }: Redirected, options: WaitOptions): string {
  // First of all: whatever else it says is said by a stranger.
  if (state === undefined || !sameText(state, options.state)) {
    throw new Fault("MCP_LOGIN_FAILED", "the redirect does not carry the state of this login; nothing of it was used");
  }
  // RFC 9207: a code of another authorization server is not shown to this one.
  if (issuer !== undefined && !sameIssuer(issuer, options.issuer)) {
    throw new Fault(
      "MCP_LOGIN_FAILED",
      `the redirect comes from another authorization server, ${options.secrets.clean(issuer)}`,
    );
  }
  if (error !== undefined) {
    throw new Fault(
      "MCP_LOGIN_FAILED",
      `the authorization server says ${error}${description === undefined ? "" : `: ${description}`}`,
    );
  }
  if (issuer === undefined && options.namesItself) {
    const todo = options.paste ? "; paste the whole address, not the code alone" : "";
    throw new Fault("MCP_LOGIN_FAILED", `the redirect does not name its authorization server, which says that it does${todo}`);
  }
  if (code === undefined || code === "") throw new Fault("MCP_LOGIN_FAILED", "the redirect carries no code");
  return code;
}
