/** One command line of the plugin's, cut and printed by the shell's own parser and report; the command runs in the guest. */
import { Readable } from "node:stream";
import { GantryError } from "../../contract/errors.ts";
import type { GuestCall, Guests } from "../../contract/guest.ts";
import type { PluginManifest } from "../../contract/manifest.ts";
import type { JsonObject } from "../../contract/messages.ts";
import { type CommandLine, readCommandLine } from "../../shell/command-line.ts";
import { createCommandTable } from "../../shell/commands.ts";
import { kindOf } from "../../shell/envelope.ts";
import { printOutput, showItem } from "../../shell/guest-output.ts";
import { createReport, type Report } from "../../shell/report.ts";
import type { OutputStream } from "../../shell/style.ts";
import type { CommandAnswer } from "./plugin-under-test.ts";

export interface CommandRun {
  manifest: PluginManifest;
  guests: Guests;
  /** What every call of the plugin has; the command's own is added. */
  call: Pick<GuestCall, "context" | "services" | "signal">;
}

export async function runCommand(argv: readonly string[], run: CommandRun): Promise<CommandAnswer> {
  const [stdout, stderr] = [memoryStream(), memoryStream()];
  const isJson = argv.includes("--json");
  const streams = { env: { NO_COLOR: "1" }, stdin: Readable.from([]), stdout: stdout.stream, stderr: stderr.stream };
  let report = createReport(streams, { kind: "gantry", json: isJson });
  let exit: number;
  try {
    const line = await readCommandLine(argv, createCommandTable([run.manifest]));
    const command = ownCommand(line, run.manifest);
    report = createReport(streams, { kind: kindOf(command.id), json: command.json });
    exit = await runInGuest(command, run, report);
  } catch (error) {
    exit = report.error(error);
  }
  await report.flush();
  const answer = { stdout: stdout.text(), stderr: stderr.text(), exit };
  return isJson ? { ...answer, json: JSON.parse(answer.stdout) as NonNullable<CommandAnswer["json"]> } : answer;
}

interface OwnCommand {
  id: string;
  input: JsonObject;
  json: boolean;
}

function ownCommand(line: CommandLine, { name, contributes }: PluginManifest): OwnCommand {
  if (line.kind === "command" && line.command.plugin === name)
    return { id: line.command.id, input: line.input as unknown as JsonObject, json: line.json };
  const commands = contributes.commands.map(({ id }) => id).join(", ");
  throw new GantryError("COMMAND_UNKNOWN", `this is no command of ${name}; it has ${commands === "" ? "none" : commands}`);
}

async function runInGuest(
  { id, input, json }: OwnCommand,
  { guests, manifest, call }: CommandRun,
  report: Report,
): Promise<number> {
  const terminal = { isTerminal: false, color: false, columns: 80 };
  const output = await guests.call(manifest.name, {
    ...call,
    target: { part: "command", id },
    input,
    context: { ...call.context, json, terminal },
    timeoutMs: "own",
    onChunk: (item) => showItem(item, { plugin: manifest.name, report }),
  });
  return printOutput(output, { id, plugin: manifest.name }, report);
}

function memoryStream(): { stream: OutputStream; text(): string } {
  const parts: string[] = [];
  const stream: OutputStream = {
    write(text, done) {
      parts.push(text);
      done?.();
      return true;
    },
    on: () => undefined,
    off: () => undefined,
  };
  return { stream, text: () => parts.join("") };
}
