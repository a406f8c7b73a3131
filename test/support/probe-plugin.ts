/** A plugin whose tools run code that a test hands over, inside the guest's realm. */
import type { Json } from "../../core/contract/messages.ts";
import { RawGuest, type RawGuestOptions } from "./raw-guest.ts";

// The compartment's own eval: what it compiles sees what a plugin sees.
const body = `
  const run = (code, input, ctx) => Function("input", "ctx", "return (async () => {" + code + "\\n})()")(input, ctx);
  __gantry({
    name: "probe",
    description: "Runs what it is given.",
    tools: [{ name: "Run", description: "", effect: "runs", input: () => ({}), execute: ({ code, input }, ctx) => run(code, input, ctx) }],
    commands: [{ id: "probe", summary: "", run: ({ args }, ctx) => run(args.code, args, ctx) }],
    providers: [{
      name: "probe",
      contextWindow: () => 1,
      async *stream({ model: count }, { signal }) {
        try {
          for (let n = 0; n < count; n++) {
            signal.throwIfAborted();
            yield { type: "text", text: String(n) };
          }
        } finally {
          console.log("provider left");
        }
      },
    }],
  });
`;

/** `run` resolves with what the code returns, as the wire tells it. */
export class ProbeGuest extends RawGuest {
  static async start(options: RawGuestOptions = {}): Promise<ProbeGuest> {
    const guest = new ProbeGuest(options);
    await guest.load(body);
    return guest;
  }

  run(code: string, input: Json = {}): Promise<Json> {
    return this.call({ part: "tool", name: "Run" }, { code, input });
  }
}
