/** Runs the part of the plugin that a call names, with what that part is given. */
import { GantryError } from "../../../core/contract/errors.ts";
import type { CallFrameContext, CallTarget } from "../../../core/contract/frames.ts";
import type { Json, JsonObject } from "../../../core/contract/messages.ts";
import type {
  CommandContext,
  CommandInput,
  ModelRequest,
  ProviderOptions,
  ToolContext,
} from "../../../core/contract/plugin.ts";
import { frozen } from "../../context-brokered.ts";
import type { ItemStream } from "./credit.ts";
import { plainCopy } from "./plain-copy.ts";
import type { LoadedPlugin } from "./plugin.ts";
import { parsed } from "./schema.ts";

const maxPieceChars = 48 * 1024;

export interface PartCall {
  plugin: LoadedPlugin;
  target: CallTarget;
  input: Json;
  context: CallFrameContext;
  ctx: ToolContext;
  items: ItemStream;
}

/** What the part hands back, whatever it is. PLUGIN_UNDECLARED for a part that is not there. */
export async function performCall(call: PartCall): Promise<unknown> {
  const { target } = call;
  switch (target.part) {
    case "tool":
      return callTool(target.name, call);
    case "command":
      return runCommand(target.id, call);
    case "tap":
      return runTap(target.place, call);
    case "stream":
      return streamAnswer(target.provider, call);
    case "contextWindow":
      return contextWindow(target.provider, call);
  }
}

async function callTool(name: string, { plugin, input, ctx }: PartCall): Promise<unknown> {
  const tool = plugin.tools.get(name) ?? missing(plugin, `tool ${name}`, plugin.tools.keys());
  const what = `The input of ${name} does not fit its schema`;
  const value = await parsed(input, tool.schema(), { code: "TOOL_INPUT_INVALID", what });
  return tool.execute(value, ctx);
}

async function runCommand(id: string, { plugin, input, context, ctx, items }: PartCall): Promise<unknown> {
  const command = plugin.commands.get(id) ?? missing(plugin, `command ${id}`, plugin.commands.keys());
  try {
    return await command.run(input as unknown as CommandInput, commandContext({ ctx, context, items, plugin }));
  } finally {
    // What was printed comes before the end, and so does what was printed before a failure.
    await items.flushed();
  }
}

function commandContext({
  ctx,
  context,
  items,
  plugin,
}: Pick<PartCall, "ctx" | "context" | "items" | "plugin">): CommandContext {
  const { callId: _callId, progress: _progress, ...shared } = ctx;
  const push = (kind: "print" | "say" | "warn", text: unknown): void => {
    for (const piece of pieces(String(text))) items.push({ [kind]: piece });
  };
  const made = {
    ...shared,
    json: context.json ?? false,
    terminal: context.terminal ?? { isTerminal: false, color: false, columns: 80 },
    print: (text: string) => push("print", text),
    say: (text: string) => push("say", text),
    warn: (text: string) => push("warn", text),
  };
  // Not enumerable: whoever copies or prints the context asks for nothing.
  Object.defineProperty(made, "host", {
    get: () => {
      throw new GantryError("PERMISSION_DENIED", `${plugin.name} may not use ctx.host: it is the built-in commands' alone.`);
    },
  });
  return frozen(made) as unknown as CommandContext;
}

/** Of a length that fits a frame however it is escaped; never empty. */
function pieces(text: string): string[] {
  const all: string[] = [text.slice(0, maxPieceChars)];
  for (let at = maxPieceChars; at < text.length; at += maxPieceChars) all.push(text.slice(at, at + maxPieceChars));
  return all;
}

async function runTap(place: number, { plugin, input, ctx }: PartCall): Promise<unknown> {
  const tap = plugin.taps[place] ?? missing(plugin, `tap ${place}`, plugin.taps.keys());
  // The payload is of the tap's own point: the core fires no other.
  return (tap.run as (payload: unknown, ctx: ToolContext) => unknown).call(tap, input, ctx);
}

async function streamAnswer(name: string, { plugin, input, ctx, items }: PartCall): Promise<null> {
  const provider = plugin.providers.get(name) ?? missing(plugin, `provider ${name}`, plugin.providers.keys());
  const { request, settings } = input as unknown as { request: ModelRequest; settings: JsonObject };
  const options: ProviderOptions = { ctx, signal: ctx.signal, env: {}, settings, cwd: ctx.cwd };
  for await (const event of provider.stream(request, options)) {
    items.push(plainCopy(event, { allowBytes: false }));
    await items.flushed();
  }
  return null;
}

function contextWindow(name: string, { plugin, input }: PartCall): unknown {
  const provider = plugin.providers.get(name) ?? missing(plugin, `provider ${name}`, plugin.providers.keys());
  const { model, settings } = input as { model: string; settings: JsonObject };
  return provider.contextWindow(model, settings);
}

function missing(plugin: LoadedPlugin, part: string, names: Iterable<string | number>): never {
  const has = [...names].slice(0, 20).join(", ") || "none";
  throw new GantryError("PLUGIN_UNDECLARED", `${plugin.name} has no ${part}; it has ${has}.`);
}
