/** Methods of the session, its model and its user, of secrets, and of the plugin's own storage. Performed in the core. */
import { GantryError } from "../../core/contract/errors.ts";
import type { Json } from "../../core/contract/messages.ts";
import { bytesOf as bytesOfScope } from "../../core/permission/grants.ts";
import type { EventsRequest, SessionReadRequest } from "../effects/session-read.ts";
import type { StorageRequest } from "../effects/storage.ts";
import { anything, argumentsOf, flag, list, optional, shape, text, whole } from "./argument-shapes.ts";
import { noticesOf, tokensOf } from "./counts.ts";
import { asJson, type Method, method } from "./method.ts";

const secretRead = method({
  kind: "secret.read",
  most: 16,
  read: (args) => ({ name: argumentsOf("secret.read", args, [text(256)])[0] }),
  effect: () => import("../effects/secret-read.ts"),
  async perform(request, { host }) {
    const { perform } = await import("../effects/secret-read.ts");
    return perform(request, { secret: host.secret });
  },
});

const modelAsk = method({
  kind: "model.ask",
  most: 4,
  read(args) {
    const options = shape({ system: optional(text(1_000_000)), maxOutputTokens: optional(whole(1, 1_000_000)) });
    const [prompt, more] = argumentsOf("model.ask", args, [text(4_000_000), optional(options)]);
    return { prompt, ...more };
  },
  effect: () => import("../effects/model-ask.ts"),
  async perform(request, { plugin, scope, call, host, signal }) {
    const { perform } = await import("../effects/model-ask.ts");
    const spent = tokensOf(host, plugin, call.context.sessionId ?? "");
    const askModel = call.services.core?.askModel;
    return asJson(await perform(request, { plugin, tokensPerSession: scope.tokensPerSession, spent, askModel, signal }));
  },
});

const choice = shape({ label: text(1_000), description: optional(text(4_000)) });
const question = shape({
  question: text(10_000),
  header: optional(text(1_000)),
  options: list(choice, { least: 1, most: 20 }),
  multiSelect: optional(flag),
});

const userAsk = method({
  kind: "user.ask",
  most: 1,
  read: (args) => ({ questions: argumentsOf("user.ask", args, [list(question, { least: 1, most: 8 })])[0] }),
  effect: () => import("../effects/user-ask.ts"),
  async perform({ questions }, { plugin, call, signal }) {
    const { perform, shownQuestions } = await import("../effects/user-ask.ts");
    const coreEffects = { askUser: call.services.core?.askUser };
    return asJson(await perform({ questions: shownQuestions(questions, plugin) }, { coreEffects, signal }));
  },
});

const notify = method({
  kind: "notify",
  most: 4,
  read: (args) => ({ text: argumentsOf("notify", args, [text(10_000)])[0] }),
  effect: () => import("../effects/notify.ts"),
  async perform(request, { plugin, host, call }) {
    const { perform } = await import("../effects/notify.ts");
    await perform(request, { plugin, notify: call.services.core?.notify, shown: noticesOf(host, plugin) });
    return null;
  },
});

const lastRead = method<"session.read", SessionReadRequest>({
  kind: "session.read",
  most: 16,
  read: (args) => ({ path: argumentsOf("session.lastRead", args, [text(4_096)])[0] }),
  effect: () => import("../effects/session-read.ts"),
  async perform(request, { call }) {
    const { perform } = await import("../effects/session-read.ts");
    const coreEffects = call.services.core;
    if (coreEffects === undefined) throw new GantryError("SESSION_NOT_FOUND", "There is no session here that has read files.");
    return (await perform(request, { coreEffects })) ?? null;
  },
});

const events = method<"session.read", EventsRequest>({
  kind: "session.read",
  most: 4,
  read(args) {
    const options = shape({ sessionId: optional(text(128)), limit: optional(whole(1, 10_000)) });
    return argumentsOf("session.events", args, [optional(options)])[0] ?? {};
  },
  effect: () => import("../effects/session-read.ts"),
  async perform(request, { call }) {
    const { performEvents } = await import("../effects/session-read.ts");
    return asJson(await performEvents(request, { coreEffects: call.services.core }));
  },
});

const key = text(100_000);

function storageMethod(read: (args: readonly Json[]) => StorageRequest): Method {
  return method<"storage", StorageRequest>({
    kind: "storage",
    most: 16,
    read,
    effect: () => import("../effects/storage.ts"),
    async perform(request, { plugin, scope, host, signal }) {
      const { perform } = await import("../effects/storage.ts");
      const value = await perform(request, {
        file: host.storageFile(plugin),
        quota: bytesOfScope(scope),
        plugin,
        signal,
        owner: host,
      });
      return value ?? null;
    },
  });
}

export const sessionMethods: readonly (readonly [string, Method])[] = [
  ["secret.read", secretRead],
  ["model.ask", modelAsk],
  ["user.ask", userAsk],
  ["notify", notify],
  ["session.lastRead", lastRead],
  ["session.events", events],
  ["storage.get", storageMethod((args) => ({ op: "get", key: argumentsOf("storage.get", args, [key])[0] }))],
  ["storage.delete", storageMethod((args) => ({ op: "delete", key: argumentsOf("storage.delete", args, [key])[0] }))],
  [
    "storage.set",
    storageMethod((args) => {
      const [name, value] = argumentsOf("storage.set", args, [key, anything]);
      return { op: "set", key: name, value };
    }),
  ],
  [
    "storage.keys",
    storageMethod((args) => ({ op: "keys", prefix: argumentsOf("storage.keys", args, [optional(key)])[0] ?? "" })),
  ],
];
