/** A login or logout that the core asks for: it has the request's time and cancel, and needs no connection. */
import type { Json } from "../../../core/contract/messages.ts";
import { Fault } from "./fault.ts";
import { faultOf } from "./fault-of.ts";
import type { Remote } from "./remote.ts";
import type { CoreRequest } from "./requests.ts";

export async function authorize(remote: Remote | undefined, request: CoreRequest, server: string): Promise<Json> {
  const { id, method, params, timeoutMs, signal } = request;
  if (method !== "login" && method !== "logout") throw new Error(`${method} is no login`);
  if (remote === undefined) {
    throw new Fault("MCP_LOGIN_FAILED", `The server ${server} has no ${method}: only servers with an address have one.`);
  }
  try {
    return await remote.authorize({ id, method, params, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
  } catch (error) {
    throw faultOf(error, { server, method });
  }
}
