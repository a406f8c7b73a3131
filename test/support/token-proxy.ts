/**
 * A loopback proxy that adds a bearer token, for a suite that can send none. Host and Origin reach the server as they were sent,
 * but for the proxy's own address, which becomes the server's.
 */
import { once } from "node:events";
import { createServer, request } from "node:http";
import { onTestFinished } from "vitest";

/** The URL to give to the suite. */
export async function tokenProxy({ url, token }: { url: URL; token: string }): Promise<string> {
  let port = 0;
  const asServer = (text: string | undefined): string | undefined => text?.replace(new RegExp(`:${port}$`), `:${url.port}`);
  const proxy = createServer((incoming, outgoing) => {
    const { host, origin, ...headers } = incoming.headers;
    const own = { ...headers, host: asServer(host), ...(origin === undefined ? {} : { origin: asServer(origin) }) };
    const sent = request(
      {
        host: url.hostname,
        port: url.port,
        path: incoming.url,
        method: incoming.method,
        headers: { ...own, authorization: `Bearer ${token}` },
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
        answer.on("error", () => outgoing.destroy());
      },
    );
    sent.on("error", () => outgoing.destroy());
    outgoing.on("close", () => sent.destroy());
    incoming.pipe(sent);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const address = proxy.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://127.0.0.1:${port}${url.pathname}`;
}
