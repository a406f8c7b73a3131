/**
 * The operating system's boundary around a guest: bubblewrap, with no network, a process table of its own, and of the disk only
 * Node.js, its libraries and the guest's own folder. Whether it works and holds is tried out for real, once per process.
 */
import { access, constants, readFile, realpath } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, sep } from "node:path";
import { messageOf } from "../../core/contract/errors.ts";
import { adviceFor } from "../sandbox-tools.ts";
import { interpreterOf } from "./elf.ts";
import { tryBoundary } from "./os-trial.ts";

export interface Boundary {
  /** bwrap, absolute. */
  program: string;
  /** Node.js as it is called inside, absolute and real. */
  node: string;
  /** What comes before `--` and the program; `folders` can be read inside. */
  args(...folders: string[]): string[];
}

export interface BoundaryFinding {
  works: boolean;
  /** What fails and what to do about it; empty when it works. */
  why: string;
}

interface Candidate {
  boundary?: Boundary;
  /** Why there is none. */
  why: string;
}

let candidate: Promise<Candidate> | undefined;
let tried: Promise<{ finding: BoundaryFinding; boundary?: Boundary }> | undefined;

/** What a real trial showed: for doctor and consent. Never throws. */
export async function osBoundary(): Promise<BoundaryFinding> {
  return (await triedBoundary()).finding;
}

/** The same, with the boundary when it works. The first call tries it out, others share its answer. */
export function triedBoundary(): Promise<{ finding: BoundaryFinding; boundary?: Boundary }> {
  tried ??= tryOut();
  return tried;
}

/** The boundary as it would be, before it was tried out: for a process that waits for the trial beside it. */
export function untriedBoundary(): Promise<Candidate> {
  candidate ??= find();
  return candidate;
}

async function tryOut(): Promise<{ finding: BoundaryFinding; boundary?: Boundary }> {
  const { boundary, why } = await untriedBoundary();
  if (boundary === undefined) return { finding: { works: false, why } };
  const problem = await tryBoundary(boundary).catch(messageOf);
  if (problem === undefined) return { finding: { works: true, why: "" }, boundary };
  return { finding: { works: false, why: `${problem}. ${adviceFor(problem)}` } };
}

async function find(): Promise<Candidate> {
  if (process.platform !== "linux") return { why: `there is none for ${process.platform}; on Linux bubblewrap makes one` };
  const program = await findProgram("bwrap");
  if (program === undefined) return { why: "bwrap is not on PATH; install bubblewrap (apt-get install bubblewrap)" };
  try {
    return { boundary: await boundaryWith(program), why: "" };
  } catch (error) {
    return { why: `what Node.js needs cannot be found: ${messageOf(error)}` };
  }
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, name);
    const isProgram = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isProgram) return path;
  }
  return undefined;
}

async function boundaryWith(program: string): Promise<Boundary> {
  const node = await realpath(process.execPath);
  const libraries = await librariesOf(node);
  const fixed = [
    ...["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"],
    ...libraries,
    ...["--ro-bind", node, node],
    ...["--proc", "/proc", "--dev", "/dev", "--dir", "/empty", "--chdir", "/empty"],
  ];
  return {
    program,
    node,
    // The root is a tmpfs, memory that nobody counts; it is closed when all is in its place.
    args: (...folders) => [...fixed, ...folders.flatMap((folder) => ["--ro-bind", folder, folder]), "--remount-ro", "/"],
  };
}

/**
 * The folders of what this very process, the same binary, has loaded, and the loader under the name that the binary gives it,
 * which is the first thing the kernel opens.
 */
async function librariesOf(node: string): Promise<string[]> {
  const maps = await readFile("/proc/self/maps", "utf8");
  const loaded = maps.matchAll(/\s(\/[^\n]*?\.so(?:\.[^\n/]*)?)$/gm);
  const folders = new Set([...loaded].map(([, path = ""]) => dirname(path)));
  const args = [...folders]
    // Of an addon of this process, which Node.js itself does not need.
    .filter((folder) => !folder.split(sep).includes("node_modules"))
    .flatMap((folder) => ["--ro-bind", folder, folder]);
  const loader = await interpreterOf(node);
  if (loader !== undefined) args.push("--ro-bind", await realpath(loader), loader);
  return [...args, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"];
}
