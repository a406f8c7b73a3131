/** One command line, from argv to an exit code. What a command needs is loaded when it is that command. */
import path from "node:path";
import { describeError, GantryError } from "../contract/errors.ts";
import type { PluginManifest } from "../contract/manifest.ts";
import type { Json } from "../contract/messages.ts";
import { readBuiltinManifests } from "../manifests.ts";
import { type CommandLine, readCommandLine } from "./command-line.ts";
import { type CommandTable, createCommandTable } from "./commands.ts";
import { exitOf, kindOf } from "./envelope.ts";
import { installedCommands } from "./installed-commands.ts";
import type { ShellIo, ShellStreams } from "./io.ts";
import type { Report } from "./report.ts";
import { describeTerminal } from "./style.ts";

export type MainIo = ShellStreams & Partial<Omit<ShellIo, keyof ShellStreams>>;

/** Never throws; resolves with the exit code when everything is written. */
export async function main(argv: readonly string[], streams: MainIo): Promise<number> {
  const io = completeIo(streams);
  let line: CommandLine;
  let table: CommandTable;
  try {
    const plugins = await installedCommands(io, folderFlag(argv));
    io.known = () => [...io.manifests(), ...plugins.known];
    io.inForce = () => [...io.manifests(), ...plugins.installed];
    table = createCommandTable(io.manifests(), plugins);
    line = await readCommandLine(argv, table);
  } catch (error) {
    return await refuse(error, argv, io);
  }
  if (line.kind === "command" && line.command.id === "run") return await (await import("./run.ts")).run(line.input, io);
  if (line.kind === "command" && line.command.id === "") return await lineSession(line, table, io);
  const kind = line.kind === "command" ? kindOf(line.command.id) : line.kind;
  const { createReport } = await import("./report.ts");
  const report = createReport(io, { kind, json: line.kind !== "version" && line.json });
  let exit: number;
  try {
    exit = await runCommand(line, table, io, report);
  } catch (error) {
    exit = report.error(error);
  }
  await report.flush();
  const { failure } = report;
  return failure ? await (await import("./lost-output.ts")).reportLostOutput(failure, exit, io) : exit;
}

function completeIo(streams: MainIo): ShellIo {
  let manifests: readonly PluginManifest[] | undefined;
  const io: ShellIo = {
    // Asked for when it is needed: help works in a folder that is gone, and so does -C.
    get cwd() {
      return streams.cwd ?? currentFolder();
    },
    signals: streams.signals ?? process,
    self: streams.self ?? selfCall(streams.env, process.argv[1]),
    exitNow: streams.exitNow ?? ((code) => process.exit(code)),
    env: streams.env,
    stdout: streams.stdout,
    stderr: streams.stderr,
    ...(streams.stdinFd === undefined ? {} : { stdinFd: streams.stdinFd }),
    // process.stdin is opened when it is first looked at, and a run with a prompt need not.
    get stdin() {
      return streams.stdin;
    },
    manifests: streams.manifests ?? (() => (manifests ??= readBuiltinManifests())),
    known: () => io.manifests(),
    inForce: () => io.manifests(),
  };
  return io;
}

/** USAGE_INVALID when it was deleted while a shell stands in it. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    const message = "The working folder does not exist any more: it was deleted or moved. Go to another, or name one with -C.";
    throw new GantryError("USAGE_INVALID", message, { cause });
  }
}

/** Under npm, npx finds this build; else the script that was started is named as it was. */
function selfCall(env: ShellStreams["env"], script: string | undefined): string {
  if (env["npm_command"] !== undefined) return "npx gantry";
  if (script === undefined || path.basename(script) === "gantry") return "gantry";
  return `node ${relativeToHere(script)}`;
}

function relativeToHere(script: string): string {
  try {
    return path.relative(process.cwd(), script) || script;
  } catch {
    return script;
  }
}

async function runCommand(line: CommandLine, table: CommandTable, io: ShellIo, report: Report): Promise<number> {
  if (line.kind === "version") return await showVersion(report);
  if (line.kind === "help") return await showHelp(line.words, table, io, report);
  const { command, input, json, cwd } = line;
  if (command.plugin !== undefined) {
    const run = { command: { ...command, plugin: command.plugin }, input, cwd, json };
    if (command.isCommunity) return await (await import("./community-command.ts")).runCommunityCommand(run, io, report);
    const { runPluginCommand } = await import("./plugin-command.ts");
    return await runPluginCommand(run, io, report);
  }
  if (command.id === "doctor") return await (await import("./doctor.ts")).doctor(line, io, report);
  const { completionScript } = await import("./completion.ts");
  const shell = input.args["shell"] as Parameters<typeof completionScript>[0];
  const script = completionScript(shell, table);
  report.result({ shell, script }, script);
  return 0;
}

/** What -C says, before the line is read: which project it is decides which commands there are. */
function folderFlag(argv: readonly string[]): string | undefined {
  const ended = argv.indexOf("--");
  const flags = ended === -1 ? argv : argv.slice(0, ended);
  const at = flags.findLastIndex((flag) => flag === "-C" || flag === "--cwd");
  if (at !== -1) return flags[at + 1];
  return flags.findLast((flag) => flag.startsWith("--cwd="))?.slice("--cwd=".length);
}

async function showVersion(report: Report): Promise<number> {
  const { version } = await import("../version.ts");
  report.result({ version }, version);
  return 0;
}

async function showHelp(words: readonly string[], table: CommandTable, io: ShellIo, report: Report): Promise<number> {
  const [{ renderHelp }, { version }] = await Promise.all([import("./help.ts"), import("../version.ts")]);
  const { color, columns } = describeTerminal(io.stdout, io.env);
  const text = await renderHelp(words, table, { version, columns, color });
  const plain = color ? await renderHelp(words, table, { version, columns: 80, color: false }) : text;
  const commands = table.commands.filter(({ id }) => words.length === 0 || `${id} `.startsWith(`${words.join(" ")} `));
  report.result({ text: plain, commands: commands as unknown as Json }, text);
  return 0;
}

/** On a terminal the line session, else help: nobody could type. */
async function lineSession(line: CommandLine & { kind: "command" }, table: CommandTable, io: ShellIo): Promise<number> {
  if (io.stdin.isTTY === true && io.stdout.isTTY === true) return await (await import("./repl.ts")).lineSession(line.input, io);
  const { createReport } = await import("./report.ts");
  const report = createReport(io, { kind: "help", json: line.json });
  const exit = await showHelp([], table, io, report).catch((error: unknown) => report.error(error));
  await report.flush();
  return exit;
}

/** The line could not be read: the error goes where the output would have gone. */
async function refuse(error: unknown, argv: readonly string[], io: ShellIo): Promise<number> {
  const ended = argv.indexOf("--");
  const flags = ended === -1 ? argv : argv.slice(0, ended);
  const runJson =
    flags.includes("run") &&
    flags.some((flag, index) => flag === "--output=json" || (flag === "--output" && flags[index + 1] === "json"));
  const { createReport } = await import("./report.ts");
  const detail = describeError(error).detail as { command?: string } | undefined;
  const report = createReport(io, { kind: kindOf(String(detail?.command ?? "")), json: flags.includes("--json") });
  if (!runJson) {
    const exit = report.error(error);
    await report.flush();
    return exit;
  }
  const [{ runErrorObject }, { createWriter }] = await Promise.all([import("./output.ts"), import("./writer.ts")]);
  const out = createWriter(io.stdout);
  out.write(runErrorObject(describeError(error)));
  await out.flush();
  return exitOf(describeError(error));
}
