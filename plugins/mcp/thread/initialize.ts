/** The first exchange with a server and its first lists, each ended by the loss of the server or the end of the start's time. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/sdk/types.js";
import type { CatalogKind, Offer } from "./catalog.ts";
import { cleanLine } from "./clean-text.ts";
import { Fault, messageOf } from "./fault.ts";
import { faultOf } from "./fault-of.ts";
import type { Link } from "./link.ts";

export interface Start {
  link: Link;
  server: string;
  signal: AbortSignal;
}

const allKinds: CatalogKind[] = ["tools", "prompts", "resources"];
const noTimeout = 2 ** 31 - 1;

/** Fault: of another version, MCP_PROTOCOL with both named. */
export async function initialize(client: Client, { link, server, signal }: Start): Promise<void> {
  await ended(client.connect(link.transport, { timeout: noTimeout }), { link, signal }).catch((error: unknown) => {
    throw versionFault(error, server) ?? faultOf(error, { server, method: "initialize" });
  });
}

function versionFault(error: unknown, server: string): Fault | undefined {
  const [, theirs] = /^Server's protocol version is not supported: (.*)$/s.exec(messageOf(error)) ?? [];
  if (theirs === undefined) return undefined;
  const ours = SUPPORTED_PROTOCOL_VERSIONS.join(", ");
  return new Fault("MCP_PROTOCOL", `The server ${server} speaks MCP ${cleanLine(theirs, 40)}, Gantry speaks ${ours}.`);
}

/** Fault. The lists, and the level from which the server logs. */
export async function readFirst(client: Client, offer: Offer, { link, server, signal }: Start): Promise<void> {
  const logging =
    client.getServerCapabilities()?.logging === undefined
      ? undefined
      : client.setLoggingLevel("warning", { signal, timeout: noTimeout });
  // A server that announces logging and refuses the level still works.
  logging?.catch(() => undefined);
  await ended(offer.read(allKinds, signal), { link, signal }).catch((error: unknown) => {
    throw faultOf(error, { server, method: "its lists" });
  });
}

/** `work`, or the loss of the server, or the end of the start's time: whichever is first. */
async function ended<T>(work: Promise<T>, { link, signal }: { link: Link; signal: AbortSignal }): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  work.catch(() => undefined);
  try {
    const lost = link.lost.then((fault) => Promise.reject(fault));
    return await Promise.race([work, aborted.promise, lost]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** What was agreed on: the SDK tells it to the transport only. */
export function watchVersion({ transport }: Link): () => string | undefined {
  let version: string | undefined;
  const tell = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (negotiated) => {
    version = negotiated;
    tell?.(negotiated);
  };
  return () => version;
}
