/** Where a configured command is: looked for before it is spawned, because a shell says only `127`. */
import { access, constants, readdir, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { didYouMean } from "../../../core/contract/nearest.ts";
import { Fault } from "./fault.ts";

const maxNames = 20_000;

export interface Wanted {
  server: string;
  command: string;
  cwd: string;
  path: string | undefined;
}

/** The whole path of the program. MCP_START_FAILED with what to do where there is none. */
export async function findCommand(wanted: Wanted): Promise<string> {
  const { server, command, cwd } = wanted;
  if (!(await isFolder(cwd)))
    throw new Fault("MCP_START_FAILED", `The server ${server} has no folder to start in: ${cwd} is not a folder.`);
  const folders = (wanted.path ?? "/usr/bin:/bin").split(delimiter).filter((folder) => folder !== "");
  const places = command.includes("/")
    ? [isAbsolute(command) ? command : resolve(cwd, command)]
    : folders.map((f) => join(resolve(cwd, f), command));
  let blocked: string | undefined;
  for (const place of places) {
    const found = await program(place);
    if (found === "runs") return place;
    if (found === "blocked") blocked ??= place;
  }
  if (blocked !== undefined) {
    throw new Fault(
      "MCP_START_FAILED",
      `The server ${server} cannot be started: ${blocked} is not executable. chmod +x makes it so.`,
    );
  }
  throw new Fault("MCP_START_FAILED", `The server ${server} cannot be started: ${await notFound(command, folders)}`);
}

async function notFound(command: string, folders: string[]): Promise<string> {
  if (command.includes("/")) return `there is no ${command}.`;
  const near = didYouMean(command, await namesIn(folders));
  return `${command} was not found in PATH.${near} Install it, or give its whole path as "command".`;
}

async function namesIn(folders: string[]): Promise<string[]> {
  const lists = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  return lists.flat().slice(0, maxNames);
}

async function program(path: string): Promise<"runs" | "blocked" | "none"> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return "none";
  if (!found.isFile()) return "blocked";
  return access(path, constants.X_OK).then(
    () => "runs" as const,
    () => "blocked" as const,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
