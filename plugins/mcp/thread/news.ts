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
const maxLogLetters = 1000;

export interface NewsOptions {
  refresh(kinds: CatalogKind[]): Promise<void>;
  onUpdated(uri: string): void;
  onLog(level: string, text: string): void;
  onCompleted(elicitationId: string): void;
}

export interface News {
  stop(): void;
}

export function listenToNews(client: Client, options: NewsOptions): News {
  const lists = collect<CatalogKind>(refreshMs, (kinds) => options.refresh(kinds));
  const updates = collect<string>(updateMs, async (uris) => {
    for (const uri of uris) options.onUpdated(uri);
  });
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => lists.add("tools"));
  client.setNotificationHandler(PromptListChangedNotificationSchema, () => lists.add("prompts"));
  client.setNotificationHandler(ResourceListChangedNotificationSchema, () => lists.add("resources"));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updates.add(params.uri));
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

/** The first is told at once, what comes within `ms` after it or while it is being told together at the end of that time. */
function collect<T>(ms: number, tell: (items: T[]) => Promise<void>): { add(item: T): void; stop(): void } {
  let waiting = new Set<T>();
  let isBusy = false;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function rounds(): Promise<void> {
    isBusy = true;
    while (waiting.size > 0 && !isStopped) {
      const items = [...waiting];
      waiting = new Set();
      const pause = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      // A refresh that fails is told by whoever made it.
      await Promise.all([tell(items).catch(() => undefined), pause]);
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
    },
  };
}
