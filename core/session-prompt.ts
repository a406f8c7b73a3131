/** A session's system prompt: instruction files are read once, with the first request; then it stays the same, for the cache. */
import type { SessionDeps } from "./open-session.ts";
import type { RecordEvent } from "./session/session.ts";
import { loadInstructions } from "./turn/instructions.ts";
import { systemPrompt } from "./turn/prompt.ts";

export function createSystemPrompt(sessionId: string, record: RecordEvent, deps: SessionDeps): () => Promise<string> {
  const { config, cwd, hooks } = deps;
  let system: Promise<string> | undefined;
  const build = async (): Promise<string> => {
    const instructions = await loadInstructions({ userDir: config.paths.configHome, root: config.project, cwd });
    for (const { file, bytes, truncated } of instructions) {
      record("instructions", { file, bytes, truncated });
      await hooks.observe("instructions.load", { sessionId, file, bytes });
    }
    return systemPrompt({
      project: config.project,
      cwd,
      platform: process.platform,
      date: localDate(new Date()),
      instructions,
      ...(deps.systemPrompt === undefined ? {} : { replacement: deps.systemPrompt }),
      ...(deps.appendSystemPrompt === undefined ? {} : { addition: deps.appendSystemPrompt }),
    });
  };
  return () => {
    system ??= build();
    return system;
  };
}

/** YYYY-MM-DD by hand: the first use of a locale costs 11 ms. */
function localDate(now: Date): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
