/** What doctor finds of the sandbox, by a trial on this machine, and what therefore is not enforced. */
import path from "node:path";
import type { LoadedConfig } from "../../config/load.ts";
import { hostEnv } from "../../workers/processes.ts";
import type { SandboxFinding } from "../../workers/sandbox-messages.ts";
import { distFolder } from "../dist-folder.ts";

export interface SandboxReport extends SandboxFinding {
  /** sandbox.shell. */
  mode: LoadedConfig["config"]["sandbox"]["shell"];
}

export async function reportSandbox(
  mode: SandboxReport["mode"],
  options: { env: Readonly<Record<string, string | undefined>>; shell: string },
): Promise<SandboxReport> {
  const { examineSandbox } = await import("../../workers/sandbox.ts");
  const env = hostEnv(options.env);
  const filename = path.join(distFolder, "sandbox-host.cjs");
  return { mode, ...(await examineSandbox({ env, filename, shell: options.shell, mark: `doctor-${process.pid}` })) };
}

/** Follows from what was seen, not from what is wished for. */
export function notEnforced(sandbox: SandboxReport): string[] {
  const root = "You are root: file permissions of this machine stop nothing.";
  return [
    ...ofShellLines(sandbox),
    "The session log's chain shows accidents and quiet edits, not an owner who rewrites all of it.",
    ...(process.getuid?.() === 0 ? [root] : []),
  ];
}

function ofShellLines({ mode, works, problem }: SandboxReport): string[] {
  if (works && mode !== "off") {
    return [
      "The sandbox holds shell lines: tools run in Gantry's own process, and hooks with your authority.",
      "In it a shell line still reads every file that is neither a secret nor denied, and changes all of the workspace.",
      "A host that a rule allows is reached whole: what is sent to it is not looked at.",
    ];
  }
  const why = works
    ? "A sandbox works on this machine, and sandbox.shell is off."
    : `No sandbox works on this machine: ${problem}${mode === "off" ? "; sandbox.shell is off" : ""}.`;
  return [
    "There is no OS sandbox: shell commands that are approved run with your authority, network included.",
    why,
    "Rules look at a shell line before it runs; what the started program then touches is not confined.",
  ];
}
