/** A command that a plugin contributes: its flags, what it is given, what it hands back. Types only. */
import type { ErrorCode } from "./errors.ts";
import type { Host } from "./host.ts";
import type { Json, JsonObject } from "./messages.ts";
import type { PluginContext } from "./tool-context.ts";

export interface FlagSpec {
  name: string;
  char?: string;
  type: "boolean" | "string" | "integer";
  summary: string;
  options?: string[];
  multiple?: boolean;
  /** Shown in help as the value's name. */
  value?: string;
}

export interface ArgSpec {
  name: string;
  summary: string;
  required?: boolean;
  options?: string[];
  /** Takes all that follows, `--` before it or not; only as the last. What it took is in `input.rest`. */
  rest?: boolean;
}

export interface CommandDefinition {
  /** Words separated by spaces: `sessions list`. */
  id: string;
  summary: string;
  description?: string;
  args?: ArgSpec[];
  flags?: FlagSpec[];
  examples?: string[];
  run(input: CommandInput, ctx: CommandContext): Promise<CommandOutput>;
}

export interface CommandInput {
  args: Record<string, string | undefined>;
  flags: Record<string, string | number | boolean | string[] | undefined>;
  /** Of the argument that takes all that follows. */
  rest?: readonly string[];
}

export interface CommandContext<Options = JsonObject> extends PluginContext<Options> {
  /** Whether the one JSON envelope was asked for; then nothing else is printed to stdout. */
  readonly json: boolean;
  /** Colour and width of stdout, for text output. */
  readonly terminal: { isTerminal: boolean; color: boolean; columns: number };
  /** Shown on stdout as it comes; with --json it is left out, and `data` says it all. */
  print(text: string): void;
  /** A line on stderr. */
  say(text: string): void;
  /** Added to `warnings` with --json, else a line on stderr. */
  warn(text: string): void;
  /** Parts of the product itself; PERMISSION_DENIED for all but built-ins that are granted them. */
  readonly host: Host;
}

/**
 * `data` is what --json prints; `text` what a person reads on stdout. With `error` the command has failed and has something
 * to show all the same: `text` is printed, --json prints the error with `data` as its detail, and the exit code is the one
 * of the error's row (1 where the row has 0). There is no other way to end with a code that is not 0 than this and to throw.
 */
export interface CommandOutput {
  data: Json;
  text: string;
  error?: { code: ErrorCode; message: string };
  /** A code of the command's own, 10 to 99; 0 to 9 are the product's, and any other is an error of the plugin. */
  exit?: number;
}
