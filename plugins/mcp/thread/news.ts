/** What a server tells without being asked: changed lists (read again at most twice a second), changed resources, its log. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  ElicitationCompleteNotificationSchema,
  LoggingMessageNotificationSchema,
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import type { CatalogKind } from "./catalog.ts";
import { cleanLine } from "./clean-text.ts";

const refreshMs = 500;
const updateMs = 200;
const maxUris = 1000;
const maxUriChars = 4096;
/** A server whose lists cost much is read again seldom: its lists take a twentieth of the thread at most. */
const costFactor = 20;
const longestPauseMs = 60_000;
const maxLogLetters = 1000;

export interface NewsOptions {
  refresh(kinds: CatalogKind[]): Promise<void>;
  /** Of a resource that was subscribed to. */
  onUpdated(uri: string): void;
  isWatched(uri: string): boolean;
  onLog(level: string, text: string): void;
  onCompleted(elicitationId: string): void;
}

export interface News {
  stop(): void;
}

export function listenToNews(client: Client, options: NewsOptions): News {
  const lists = collect<CatalogKind>(refreshPause, (kinds) => options.refresh(kinds));
  const updates = collect<string>(
    () => updateMs,
    async (uris) => {
      for (const uri of uris) options.onUpdated(uri);
    },
  );
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => lists.add("tools"));
  client.setNotificationHandler(PromptListChangedNotificationSchema, () => lists.add("prompts"));
  client.setNotificationHandler(ResourceListChangedNotificationSchema, () => lists.add("resources"));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params: { uri } }) => {
    if (uri.length <= maxUriChars && options.isWatched(uri)) updates.add(uri);
  });
  client.setNotificationHandler(ElicitationCompleteNotificationSchema, ({ params }) =>
    options.onCompleted(params.elicitationId),
  );
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params: { level, logger, data } }) => {
    const text = typeof data === "string" ? data : (JSON.stringify(data) ?? "");
    options.onLog(level, cleanLine(logger === undefined ? text : `${logger}: ${text}`, maxLogLetters));
  });
  return {
    stop() {
      lists.stop();
      updates.stop();
    },
  };
}

/** After lists that kept the thread busy for so long; the time that the server took itself does not count. */
export function refreshPause(busyMs: number): number {
  return Math.min(longestPauseMs, Math.max(refreshMs, busyMs * costFactor));
}

/** The first is told at once, what comes while it is being told, or in the pause after it, together at the end of that time. */
function collect<T>(
  pauseMs: (busyMs: number) => number,
  tell: (items: T[]) => Promise<void>,
): { add(item: T): void; stop(): void } {
  let waiting = new Set<T>();
  let isBusy = false;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let wake = (): void => undefined;

  async function rounds(): Promise<void> {
    isBusy = true;
    while (waiting.size > 0 && !isStopped) {
      const items = [...waiting];
      waiting = new Set();
      const before = performance.eventLoopUtilization();
      // A refresh that fails is told by whoever made it.
      await tell(items).catch(() => undefined);
      const { active } = performance.eventLoopUtilization(before);
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, isStopped ? 0 : pauseMs(active));
        wake = resolve;
      });
    }
    isBusy = false;
  }

  return {
    add(item) {
      if (isStopped || waiting.size >= maxUris) return;
      waiting.add(item);
      if (!isBusy) void rounds();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
      wake();
    },
  };
}
