/** The sandbox of shell lines in tests: its host process from the sources, a policy, and whether this machine has one. */
import { access, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { examineSandbox } from "../../workers/sandbox.ts";
import type { SandboxFinding, SandboxPolicy } from "../../workers/sandbox-messages.ts";

export const sandboxHost = join(import.meta.dirname, "../../workers/sandbox-host.ts");

export function sandboxPolicy(root: string, changes: Partial<SandboxPolicy> = {}): SandboxPolicy {
  return {
    ...{ roots: [root], writable: [], unreadable: [], unwritable: [], home: "/nonexistent" },
    ...{ hidden: [], secrets: [], opened: [], guarded: [], network: { allowed: [], denied: [] } },
    ...changes,
  };
}

/** Tries it out for real; where it does not work, the run of the tests says why. */
export async function sandboxHere(): Promise<SandboxFinding> {
  const env = { PATH: process.env["PATH"] ?? "" };
  const finding = await examineSandbox({ env, filename: sandboxHost, shell: "/bin/bash", mark: "test" });
  if (!finding.works)
    process.stdout.write(`No sandbox on this machine, tests inside one are left out: ${finding.problem}. ${finding.advice}\n`);
  return finding;
}

/** Runs `body` with a PATH on which the usual programs are, and bubblewrap is not. */
export async function withoutBubblewrap<Result>(body: (path: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-path-"));
  try {
    for (const name of ["bash", "sh", "sed", "grep", "ls", "cat", "sleep", "socat", "rg", "which", "touch"]) {
      const found = await first([`/usr/bin/${name}`, `/bin/${name}`, `/usr/local/bin/${name}`]);
      if (found !== undefined) await symlink(found, join(folder, name));
    }
    await symlink(process.execPath, join(folder, "node"));
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function first(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
