/**
 * Connections that have shown no token are few, whoever opens them: the oldest makes room for the newest, so that they never
 * keep the owner out. One that has shown it counts no more.
 */
import type { IncomingMessage, Server } from "node:http";

type Socket = IncomingMessage["socket"];

export interface Strangers {
  /** It has shown the token. */
  admit(socket: Socket): void;
}

export function limitStrangers(server: Server, most: number): Strangers {
  // In the order in which they came.
  const strangers = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    const [oldest] = strangers;
    if (strangers.size >= most) oldest?.destroy();
    if (oldest?.destroyed) strangers.delete(oldest);
    strangers.add(socket);
    socket.once("close", () => strangers.delete(socket));
  });
  return { admit: (socket) => void strangers.delete(socket) };
}
