/** Two servers on loopback: one that nobody may reach, and one that a grant names and that answers badly. */
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { gzipSync } from "node:zlib";

export interface Servers {
  canaryUrl: string;
  canaryPort: number;
  grantedUrl: string;
  grantedPort: number;
  /** Connections to the canary server so far. */
  touched(): number;
  /** Request lines and headers that the granted server saw. */
  seen(): readonly string[];
  close(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  let touches = 0;
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const canary = createServer((socket) => {
    touches++;
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncanary");
  });
  const granted = createHttpServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.rawHeaders)}`);
    answer(request, response);
  });
  for (const server of [canary, granted]) {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    });
  }
  const [canaryPort, grantedPort] = await Promise.all([canary, granted].map(listen));
  return {
    ...{ canaryPort: canaryPort ?? 0, grantedPort: grantedPort ?? 0 },
    canaryUrl: `http://127.0.0.1:${canaryPort}/`,
    grantedUrl: `http://127.0.0.1:${grantedPort}/`,
    touched: () => touches,
    seen: () => seen,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([canary, granted].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "http://granted");
  const redirect = (location: string): void =>
    void response.writeHead(Number(url.searchParams.get("status") ?? 302), { location }).end();
  response.on("error", () => undefined);
  switch (url.pathname) {
    case "/redirect":
      redirect(url.searchParams.get("to") ?? "/");
      return;
    case "/circle":
      redirect("/circle");
      return;
    case "/endless":
      endless(response);
      return;
    case "/slow":
      response.write("a");
      return;
    case "/bomb":
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
      return;
    default:
      response.end("granted");
  }
}

function endless(response: ServerResponse): void {
  const piece = Buffer.alloc(65_536, 0x61);
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
}
