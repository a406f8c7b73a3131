/**
 * One request to one host: its name is resolved once, every address it has is judged, and the connection can only go to
 * these addresses. Proxies of the environment are not used: a proxy resolves names itself, and nothing would be pinned.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { LookupFunction } from "node:net";
import { GantryError } from "../../core/contract/errors.ts";
import { untilAborted } from "../../core/contract/until-aborted.ts";
import { coversHost, type HostRequest, hostRequest, isAddress, namesAddress } from "../../core/permission/host-scopes.ts";
import { isLoopback, whyNotPublic } from "./address-rules.ts";

export interface Address {
  address: string;
  family: number;
}

/** Where the network begins: what a test puts in place of the system's resolver and of its list of authorities. */
export interface NetEdge {
  resolve?(host: string): Promise<readonly Address[]>;
  ca?: string;
}

export interface NetEnv {
  plugin: string;
  /** The plugin's scopes now; asked for each hop. */
  scopes(): readonly string[];
  /** Of the call: the exchange ends with it. */
  signal: AbortSignal;
  edge?: NetEdge | undefined;
}

export interface Hop {
  method: string;
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | undefined;
}

/** Of answers 1xx before the one that counts. */
const mostInterim = 20;
const mostAddresses = 32;

/** The answer's head. NET_DENIED before anything is sent; else what the connection throws. */
export async function sendHop(hop: Hop, env: NetEnv, bound: AbortSignal): Promise<IncomingMessage> {
  const asked = judge(hop, env);
  const addresses = await untilAborted(addressesOf(asked.host, env), bound);
  judgeAddresses(asked, addresses, env);
  const { request } = asked.scheme === "https" ? await import("node:https") : await import("node:http");
  const { method, url, headers, body } = hop;
  url.hostname = asked.host;
  bound.throwIfAborted();
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-length": body.length }) },
      // One connection for one request: no later one is sent over a connection that was proven for another.
      agent: false,
      lookup: pinned(addresses),
      rejectUnauthorized: true,
      ...(env.edge?.ca !== undefined && { ca: env.edge.ca }),
      signal: bound,
    });
    sent.once("response", resolve);
    // Stays: a connection may fail once more after its answer began.
    sent.on("error", reject);
    refuseOthers(sent, reject);
    sent.end(body);
  });
}

function judge({ method, url }: Hop, env: NetEnv): HostRequest {
  const asked = hostRequest(method, url);
  if (asked === undefined) {
    const why = url.username !== "" || url.password !== "" ? "a URL must not name a user" : "only http and https are fetched";
    throw new GantryError("NET_DENIED", `${env.plugin} may not fetch ${shown(url)}: ${why}.`);
  }
  const scopes = env.scopes();
  if (coversHost(scopes, asked)) return asked;
  const held = scopes.length > 0 ? `net.fetch for ${scopes.join(", ")}` : "no net.fetch";
  throw new GantryError("NET_DENIED", `${env.plugin} may not ${asked.method} ${shown(url)}; it holds ${held}.`, {
    detail: { plugin: env.plugin, kind: "net.fetch", host: asked.host, port: asked.port },
  });
}

/** A URL without what may be secret in it. */
export function shown(url: URL): string {
  return `${url.protocol}//${url.host}`;
}

async function addressesOf(host: string, { edge }: NetEnv): Promise<readonly Address[]> {
  if (isAddress(host)) {
    const address = host.startsWith("[") ? host.slice(1, -1) : host;
    return [{ address, family: address.includes(":") ? 6 : 4 }];
  }
  if (edge?.resolve) return edge.resolve(host);
  const { lookup } = await import("node:dns/promises");
  return lookup(host, { all: true });
}

/** Every address must be allowed, not one of them: which one is connected to is the network's to choose. */
function judgeAddresses(asked: HostRequest, addresses: readonly Address[], env: NetEnv): void {
  if (addresses.length === 0 || addresses.length > mostAddresses) {
    throw new GantryError("NET_FAILED", `${asked.host} has ${addresses.length} addresses; 1 to ${mostAddresses} are expected`);
  }
  for (const { address } of addresses) {
    const why = whyNotPublic(address);
    if (why === undefined || namesAddress(env.scopes(), asked, { address, isLoopback: isLoopback(address) })) continue;
    const spelled = address.includes(":") ? `[${address}]` : address;
    throw new GantryError(
      "NET_DENIED",
      `${env.plugin} may not fetch from ${asked.host}: ${spelled} is ${why}, which only a grant of ${spelled}:${asked.port} opens.`,
      { detail: { plugin: env.plugin, kind: "net.fetch", host: asked.host, address } },
    );
  }
}

/** Answers with what was judged, whatever is asked. */
function pinned(addresses: readonly Address[]): LookupFunction {
  return (_host, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

/** What a server may send that is no answer. Of some of it Node says nothing but that the connection is closed. */
function refuseOthers(sent: ClientRequest, reject: (error: Error) => void): void {
  let interim = 0;
  sent.on("information", ({ statusCode }) => {
    interim++;
    if (interim > mostInterim) sent.destroy(new Error(`more than ${mostInterim} answers ${statusCode} came, and no last one`));
  });
  sent.once("upgrade", (_response, socket) => {
    reject(new Error("the server wants to speak another protocol"));
    socket.destroy();
  });
  sent.once("close", () => reject(new Error("the connection was closed without an answer")));
}
