/** What the core and the sandbox's host process say to each other: plain data, one answer to each question. */
import type { HiddenPaths } from "../core/contract/execution.ts";

/** What shell lines may touch. All paths are absolute and real; they need not exist. */
export interface SandboxPolicy {
  /** Folders of the work: writable but for what below is guarded, and searched for secrets before each line. */
  roots: string[];
  /** Other writable folders, below unreadable ones too. */
  writable: string[];
  /** Neither readable nor writable. */
  unreadable: string[];
  /** Readable, and never writable. */
  unwritable: string[];
  home: string;
  /** Unreadable by pattern: below the roots, where the patterns have a place, and names directly in `home`. */
  hidden: HiddenPaths[];
  /** As `hidden`, but for what is opened. */
  secrets: HiddenPaths[];
  opened: HiddenPaths[];
  /** What below the roots is readable and not writable. */
  guarded: HiddenPaths[];
  network: SandboxNetwork;
}

/** Hosts, or `*.host` for all below one; `*` in `denied` closes everything. */
export interface SandboxNetwork {
  allowed: string[];
  denied: string[];
}

export interface SandboxTool {
  name: string;
  /** Undefined: not found on PATH. */
  path?: string;
  version?: string;
}

/** What a real command in a sandbox showed. */
export interface SandboxFinding {
  works: boolean;
  tools: SandboxTool[];
  /** Why it does not work, and what to do about it. */
  problem?: string;
  advice?: string;
}

export type HostQuestion =
  /** Begins the sandbox and tries it out. */
  | { kind: "open"; shell: string; tools: SandboxTool[]; mark: string }
  | { kind: "wrap"; shell: string; policy: SandboxPolicy }
  /** A wrapped line has ended. */
  | { kind: "ended" }
  | { kind: "close" };

export type HostAnswer =
  | { kind: "opened" }
  /** A word of shell text that runs, with the variable `lineName` set, that variable's text inside. */
  | { kind: "wrapped"; line: string }
  | { kind: "done" }
  | { kind: "failed"; problem: string };

export interface Asked {
  id: number;
  question: HostQuestion;
}

export interface Answered {
  id: number;
  answer: HostAnswer;
}

/** Carries the user's line in: as an argument it would have to be quoted three times over. */
export const lineName = "GANTRY_LINE";
