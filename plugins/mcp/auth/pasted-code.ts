/** What a person pastes after a login elsewhere: the code, or the whole address that the browser ended at. */
import { timingSafeEqual } from "node:crypto";
import { Fault } from "../thread/fault.ts";

/** What a redirect carries; each value as it came. */
export interface Redirected {
  code?: string | undefined;
  state?: string | undefined;
  issuer?: string | undefined;
  error?: string | undefined;
  description?: string | undefined;
}

const maxLength = 16 * 1024;

export function redirectedIn(parameters: URLSearchParams): Redirected {
  const value = (name: string) => parameters.get(name) ?? undefined;
  return {
    code: value("code"),
    state: value("state"),
    issuer: value("iss"),
    error: value("error"),
    description: value("error_description"),
  };
}

/** An address, its query alone, `code#state` as some servers show it, or a code alone: then there is no state to check. */
export function readPasted(text: string, state: string): Redirected {
  const pasted = text.trim();
  if (pasted === "") throw new Fault("MCP_LOGIN_FAILED", "nothing was pasted");
  if (pasted.length > maxLength)
    throw new Fault("MCP_LOGIN_FAILED", `${pasted.length} characters were pasted, which no code has`);
  if (/^https?:\/\//i.test(pasted) && URL.canParse(pasted)) return redirectedIn(new URL(pasted).searchParams);
  if (/^\??(\w+=[^&]*&)*(code|error)=/.test(pasted)) return redirectedIn(new URLSearchParams(pasted.replace(/^\?/, "")));
  if (/\s/.test(pasted)) throw new Fault("MCP_LOGIN_FAILED", "what was pasted is neither a code nor an address");
  const [code, after] = pasted.split("#", 2);
  return after !== undefined && sameText(after, state) ? { code, state: after } : { code: pasted };
}

export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
