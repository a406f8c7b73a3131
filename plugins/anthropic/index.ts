/** The `anthropic` provider. Everything heavy is behind the first request. */
import { definePlugin, defineProvider, type ModelEvent } from "gantry/plugin";

const anthropic = defineProvider({
  name: "anthropic",
  stream: (request, options) => startedLater(async () => (await import("./stream.ts")).streamAnswer(request, options)),
  contextWindow: (_model, settings) =>
    typeof settings["contextWindowTokens"] === "number" ? settings["contextWindowTokens"] : 200_000,
});

/** Hands the inner iterator's promises through: `yield*` would cost three more of them for each of ten thousand deltas. */
function startedLater(start: () => Promise<AsyncGenerator<ModelEvent>>): AsyncIterable<ModelEvent> {
  return {
    [Symbol.asyncIterator]() {
      let inner: AsyncGenerator<ModelEvent> | undefined;
      const begin = async (): Promise<IteratorResult<ModelEvent>> => {
        inner = await start();
        return inner.next();
      };
      return {
        next: () => (inner === undefined ? begin() : inner.next()),
        return: async () => (await inner?.return(undefined)) ?? { done: true, value: undefined },
      };
    },
  };
}

export default definePlugin({
  name: "anthropic",
  description: "Claude models over the Anthropic API",
  providers: [anthropic],
});
