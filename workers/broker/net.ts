/** Methods of the network: an answer's head at once, its body by a handle, piece by piece. */
import { GantryError } from "../../core/contract/errors.ts";
import type { NetBody } from "../effects/net-body.ts";
import { encoded, textOrBytes } from "../packed-bytes.ts";
import { argumentsOf, bytes, either, invalid, optional, shape, text, texts, whole } from "./argument-shapes.ts";
import { type Held, handle, type Method, method, onHandle } from "./method.ts";

const sentBytes = 16 * 1024 * 1024;
const netRequest = shape({
  method: optional(text(20)),
  headers: optional(texts({ most: 64, maxChars: 16_384 })),
  body: optional(either(text(sentBytes), bytes(sentBytes))),
  timeoutMs: optional(whole(1, 600_000)),
  maxBytes: optional(whole(0, sentBytes)),
  maxRedirects: optional(whole(0, 20)),
});

const netFetch = method({
  kind: "net.fetch",
  most: 16,
  deniedAs: "NET_DENIED",
  read(args) {
    const [url, request = {}] = argumentsOf("net.fetch", args, [text(16_384), optional(netRequest)]);
    const { body, ...rest } = request;
    if (!URL.canParse(url)) throw invalid("net.fetch: argument 1", "is no URL");
    return { url, ...rest, ...(body !== undefined && { body: textOrBytes(body) }) };
  },
  effect: () => import("../effects/net-fetch.ts"),
  async perform(request, env) {
    const { covers, perform } = await import("../effects/net-fetch.ts");
    const { plugin, signal, host } = env;
    const scopes = (): readonly string[] => env.scopeNow() ?? [];
    const { body, ...head } = await perform(request, { plugin, scopes, signal, edge: host.edge });
    // Where redirects led: by the first method or by GET, which it may have become there.
    const stillCovers = (scope: unknown): boolean =>
      [request.method, "GET"].some((by = "GET") => covers(scope as readonly string[], { url: head.url, method: by }));
    const held: HeldBody = { kind: "net.fetch", close: body.close, body, isBusy: false, covers: stillCovers };
    return { ...head, handle: env.hold(held) };
  },
});

interface HeldBody extends Held {
  body: NetBody;
  isBusy: boolean;
}

const netRead = method({
  kind: "net.fetch",
  most: 16,
  read: (args) => ({ name: argumentsOf("net.read", args, [handle])[0] }),
  effect: onHandle("read from the network"),
  handleOf: ({ name }) => name,
  async perform({ name }, env) {
    const held = env.held(name) as HeldBody;
    if (held.isBusy) throw new GantryError("REQUEST_INVALID", "net.read: the body is being read already.");
    held.isBusy = true;
    let isOver = true;
    try {
      const piece = await held.body.read();
      isOver = piece === undefined;
      return piece === undefined ? null : { ...encoded(piece) };
    } finally {
      held.isBusy = false;
      if (isOver) env.drop(name);
    }
  },
});

export const netMethods: readonly (readonly [string, Method])[] = [
  ["net.fetch", netFetch],
  ["net.read", netRead],
];
