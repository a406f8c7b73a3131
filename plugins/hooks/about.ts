/** What explain and test are asked about. */
import type { ArgSpec, CommandContext, CommandInput, FlagSpec, JsonObject } from "gantry/plugin";

export const eventArg: ArgSpec = {
  name: "event",
  summary: "The event as a config names it, for instance PreToolUse.",
  required: true,
};

export const aboutFlags: FlagSpec[] = [
  { name: "tool", type: "string", value: "TOOL", summary: "For events of tools: the tool that is called. Default: Bash." },
  {
    name: "input",
    type: "string",
    value: "FILE",
    summary: "JSON with fields of the event's input, or the tool's input alone; the rest is a sample.",
  },
];

export interface About {
  event: string;
  about: { tool?: string; input?: JsonObject };
}

/** USAGE_INVALID when the file cannot be read or is not one JSON object. */
export async function readAbout({ args, flags }: CommandInput, ctx: CommandContext): Promise<About> {
  const { tool, input: file } = flags;
  const input = typeof file === "string" ? await readInput(file, ctx.cwd) : undefined;
  return {
    event: args["event"] ?? "",
    about: { ...(typeof tool === "string" ? { tool } : {}), ...(input === undefined ? {} : { input }) },
  };
}

const maxBytes = 10 * 1024 * 1024;

async function readInput(name: string, cwd: string): Promise<JsonObject> {
  const [{ open }, { resolve }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  const { GantryError, messageOf } = await import("gantry/errors");
  const file = resolve(cwd, name);
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) throw new Error(`it has ${size} bytes; at most ${maxBytes} are read`);
      const value: unknown = JSON.parse(await handle.readFile("utf8"));
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("it is not a JSON object");
      return value as JsonObject;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new GantryError("USAGE_INVALID", `--input ${name} cannot be used: ${messageOf(cause)}`, { cause });
  }
}
