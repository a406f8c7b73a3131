/** The sessions of the HTTP server: so many at once, and none for ever. */
import { type Connection, connectClient, type Served } from "./connection.ts";
import { createHttpSession, type HttpSession } from "./http-session.ts";

export interface HttpSessions {
  find(id: string): HttpSession | undefined;
  /** Undefined when there are too many, and none of them is idle. */
  open(): Promise<HttpSession | undefined>;
  end(id: string): Promise<void>;
  close(): Promise<void>;
}

interface Open {
  session: HttpSession;
  connection: Connection;
}

const mostSessions = 32;
const idleMs = 30 * 60_000;
const lookEveryMs = 60_000;

export function createHttpSessions({ served, warn }: { served: Served; warn(text: string): void }): HttpSessions {
  const open = new Map<string, Open>();

  async function end(id: string): Promise<void> {
    const found = open.get(id);
    open.delete(id);
    await found?.connection.close().catch((error: Error) => warn(`an MCP session did not end well: ${error.message}`));
  }

  const idle = (): HttpSession[] =>
    [...open.values()]
      .map(({ session }) => session)
      .filter(({ isIdle }) => isIdle)
      .sort((a, b) => a.usedAt - b.usedAt);

  const timer = setInterval(() => {
    for (const { id, usedAt } of idle()) if (Date.now() - usedAt > idleMs) void end(id);
  }, lookEveryMs).unref();

  return {
    find: (id) => open.get(id)?.session,
    async open() {
      const [oldest] = idle();
      if (open.size >= mostSessions) {
        if (oldest === undefined) return undefined;
        await end(oldest.id);
      }
      const session = createHttpSession();
      const connection = await connectClient(session.transport, { served, via: "HTTP", warn });
      open.set(session.id, { session, connection });
      return session;
    },
    end,
    async close() {
      clearInterval(timer);
      await Promise.all([...open.keys()].map(end));
    },
  };
}
