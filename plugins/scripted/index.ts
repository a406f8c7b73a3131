/** The `scripted` provider: plays a file instead of asking a model. */
import { definePlugin, defineProvider } from "gantry/plugin";

const scripted = defineProvider({
  name: "scripted",
  async *stream(request, options) {
    const { playAnswer } = await import("./play.ts");
    yield* playAnswer(request, options);
  },
  contextWindow: () => 200_000,
});

export default definePlugin({
  name: "scripted",
  description: "Plays a script of answers instead of asking a model",
  providers: [scripted],
});
