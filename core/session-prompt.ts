/** A session's system prompt: instruction files are read once, with the first request; then it stays the same, for the cache. */
import type { SessionDeps } from "./open-session.ts";
import { hiddenFiles } from "./permission/hidden-files.ts";
import type { PathTest } from "./permission/patterns/path-pattern.ts";
import type { Rule } from "./permission/rules/rules.ts";
import type { RecordEvent } from "./session/session.ts";
import type { Hearing } from "./turn/hearing.ts";
import { type InstructionFile, loadInstructions } from "./turn/instructions.ts";
import { systemPrompt } from "./turn/prompt.ts";

export interface PromptParts {
  sessionId: string;
  record: RecordEvent;
  rules: readonly Rule[];
  deps: SessionDeps;
  hearing: Hearing;
}

export function createSystemPrompt({ sessionId, record, rules, deps, hearing }: PromptParts): () => Promise<string> {
  const { hooks } = deps;
  let system: Promise<string> | undefined;
  const build = async (): Promise<string> => {
    const instructions = await readInstructions(rules, deps);
    for (const { file, bytes, truncated } of instructions) {
      record("instructions", { file, bytes, truncated });
      hearing.hear(await hooks.observe("instructions.load", { sessionId, file, bytes }));
    }
    return systemPrompt(promptFacts(instructions, deps));
  };
  return () => {
    system ??= build();
    return system;
  };
}

/** What a prompt is made from, of a session that is open or of one that is only looked at. */
export type PromptPlace = Pick<SessionDeps, "config" | "cwd" | "env" | "systemPrompt" | "appendSystemPrompt">;

/** `onHidden` is told of each file that a deny rule keeps out. */
export async function readInstructions(
  rules: readonly Rule[],
  place: PromptPlace,
  onHidden?: (real: string) => void,
): Promise<InstructionFile[]> {
  const { config, cwd } = place;
  const isHidden = hiddenTest(rules, place);
  return await loadInstructions({
    userDir: config.paths.configHome,
    root: config.project,
    cwd,
    async isHidden(real) {
      const hidden = await isHidden(real);
      if (hidden) onHidden?.(real);
      return hidden;
    },
  });
}

export function promptFacts(
  instructions: readonly InstructionFile[],
  { config, cwd, systemPrompt: replacement, appendSystemPrompt: addition }: PromptPlace,
): Parameters<typeof systemPrompt>[0] {
  return {
    project: config.project,
    cwd,
    platform: process.platform,
    date: localDate(new Date()),
    instructions,
    ...(replacement === undefined ? {} : { replacement }),
    ...(addition === undefined ? {} : { addition }),
  };
}

/** Compiled with the first file that is there: most projects have few, many none. */
function hiddenTest(rules: readonly Rule[], { config, env }: PromptPlace): (real: string) => Promise<boolean> {
  let compiled: Promise<PathTest> | undefined;
  return async (real) => {
    compiled ??= hiddenFiles({
      rules,
      workspace: config.project,
      additionalDirs: config.config.permissions.additionalDirectories,
      home: env["HOME"] ?? "/",
    });
    return (await compiled)(real);
  };
}

/** YYYY-MM-DD by hand: the first use of a locale costs 11 ms. */
function localDate(now: Date): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
