/** THE agents whose config can be read. A reader is loaded when it is asked for. */
import type { ReadAgent } from "./findings.ts";

export const agents = {
  claude: { name: "Claude Code", read: async (): Promise<ReadAgent> => (await import("./claude/read.ts")).readClaude },
  codex: { name: "Codex", read: async (): Promise<ReadAgent> => (await import("./codex/read.ts")).readCodex },
  gemini: { name: "Gemini CLI", read: async (): Promise<ReadAgent> => (await import("./gemini/read.ts")).readGemini },
  opencode: { name: "opencode", read: async (): Promise<ReadAgent> => (await import("./opencode/read.ts")).readOpencode },
  claw: { name: "Claw Code", read: async (): Promise<ReadAgent> => (await import("./claw/read.ts")).readClaw },
} as const;

export type AgentName = keyof typeof agents;
