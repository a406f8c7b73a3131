/** The system's part of a sandbox: which programs it needs, which are there, and what to do about what fails. */
import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import type { SandboxTool } from "./sandbox-messages.ts";

const execute = promisify(execFile);
const versionBoundMs = 5_000;

/** The program's name and the name of the package that has it. */
const needed: Record<string, Record<string, string>> = {
  linux: { bwrap: "bubblewrap", socat: "socat", rg: "ripgrep", which: "which" },
  darwin: { "sandbox-exec": "macOS", rg: "ripgrep" },
};

/** Undefined where there is no sandbox at all. */
export async function findTools(env: Readonly<Record<string, string | undefined>>): Promise<SandboxTool[] | undefined> {
  const names = needed[process.platform];
  if (names === undefined) return undefined;
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return await Promise.all(
    Object.keys(names).map(async (name) => {
      for (const folder of folders) if (await isProgram(join(folder, name))) return { name, path: join(folder, name) };
      return { name };
    }),
  );
}

/** For reports only: each is asked for its version. */
export async function withVersions(tools: readonly SandboxTool[]): Promise<SandboxTool[]> {
  return await Promise.all(
    tools.map(async (tool) => {
      if (tool.path === undefined) return tool;
      const version = await versionOf(tool.path, tool.name === "socat" ? "-V" : "--version");
      return version === undefined ? tool : { ...tool, version };
    }),
  );
}

/** What is missing and how to get it; undefined when all are there. */
export function missingTools(tools: readonly SandboxTool[]): { problem: string; advice: string } | undefined {
  const missing = tools.filter(({ path }) => path === undefined).map(({ name }) => name);
  if (missing.length === 0) return undefined;
  const packages = missing.map((name) => needed[process.platform]?.[name] ?? name).join(" ");
  const install = process.platform === "darwin" ? `brew install ${packages}` : `apt-get install ${packages}`;
  return {
    problem: `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not on PATH`,
    advice: `Install ${missing.length === 1 ? "it" : "them"}: ${install} (or the same packages of your system).`,
  };
}

/** What the kernel or bubblewrap says when it refuses, and what then helps. */
export function adviceFor(problem: string): string {
  if (/uid map|gid map|RTM_NEWADDR|apparmor/i.test(problem))
    return "Unprivileged user namespaces are restricted here: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap.";
  if (/namespace|unshare|clone|CLONE_NEW/i.test(problem))
    return "User namespaces are off: sysctl kernel.unprivileged_userns_clone=1 and user.max_user_namespaces above 0; a container must allow them.";
  if (/mount|proc|pivot_root/i.test(problem))
    return "Mounts are not allowed here: a container needs a seccomp profile that lets bubblewrap make its own (for instance --security-opt seccomp=unconfined).";
  return "Run bwrap --ro-bind / / --unshare-all true to see what this machine refuses.";
}

async function isProgram(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versionOf(path: string, flag: string): Promise<string | undefined> {
  try {
    const { stdout } = await execute(path, [flag], { timeout: versionBoundMs, maxBuffer: 64 * 1024 });
    return /\d+(?:\.\d+)+/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}
