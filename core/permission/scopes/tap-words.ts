/** What being at a moment of the lifecycle means for the user, in words after "the plugin". */
import type { HookPoint } from "../../contract/hooks.ts";
import type { TapScope } from "./tap-scope.ts";

interface Meaning {
  /** `$` stands for the tools. */
  words: string;
  /** A judge, or sight of what the user and the model say. */
  isWide?: true;
  /** What it learns that it could send away. */
  sees?: string;
}

const conversation = "the whole conversation";

const meanings: Readonly<Record<HookPoint, Meaning>> = {
  "runtime.start": { words: "is told when Gantry starts" },
  "runtime.stop": { words: "is told when Gantry ends" },
  "config.load": { words: "sees the permission rules and may add ask and deny rules", isWide: true },
  "config.change": { words: "can refuse changes of the config while a session runs", isWide: true },
  "session.open": { words: "is told when a session begins" },
  "input.receive": { words: "sees, may change and can refuse what you type", isWide: true, sees: "what you type" },
  "session.close": { words: "is told when a session ends" },
  "turn.start": { words: "is told when a turn begins" },
  "prompt.build": { words: `sees ${conversation} and may change the system prompt`, isWide: true, sees: conversation },
  "model.request": { words: `sees ${conversation} and may change what the model is sent`, isWide: true, sees: conversation },
  "model.answer": {
    words: "sees and may change what the model answers",
    isWide: true,
    sees: "the model's answers",
  },
  "turn.stop": {
    words: "sees each last answer and can keep a turn going, at most 8 times in a row",
    isWide: true,
    sees: "the model's answers",
  },
  "turn.end": { words: "is told when a turn ends" },
  "turn.fail": { words: "is told when a turn fails" },
  "tool.call": {
    words: "sees calls of $ and may change their input, before they are decided",
    isWide: true,
    sees: "what calls of $ are given",
  },
  "tool.approve": { words: "can stop $", isWide: true, sees: "what calls of $ are given" },
  "tool.ask": { words: "can refuse calls of $ before you are asked", isWide: true, sees: "what calls of $ are given" },
  "tool.denied": { words: "sees denied calls of $", sees: "what denied calls of $ were given" },
  "tool.result": { words: "sees and may change the results of $", isWide: true, sees: "the results of $" },
  "tool.failure": { words: "sees failed calls of $", sees: "what failed calls of $ were given" },
  "tool.batch": {
    words: "sees all calls with their results and can end the turn",
    isWide: true,
    sees: "all calls and their results",
  },
  "cwd.change": { words: "is told when the folder changes" },
  notify: { words: "sees the questions that wait for you" },
  "instructions.load": { words: "is told which instruction files are read" },
  "mcp.elicit": { words: "can refuse what MCP servers ask you", isWide: true, sees: "what MCP servers ask you" },
  "mcp.elicited": {
    words: "sees and can refuse what you answer MCP servers",
    isWide: true,
    sees: "what you answer MCP servers",
  },
  "error.raise": { words: "is told of errors" },
  "plugin.load": { words: "can refuse other plugins", isWide: true },
  "plugin.crash": { words: "is told when plugins crash" },
  "command.run": { words: "is told which commands of plugins run, and their arguments" },
};

export function tapWords({ on, tools }: TapScope): string {
  return meanings[on].words.replace("$", toolWords(tools));
}

export const isWideTap = ({ on }: TapScope): boolean => meanings[on].isWide === true;

/** What a tap there could hand on; undefined when it learns nothing that was said. */
export function seenBy({ on, tools }: TapScope): string | undefined {
  return meanings[on].sees?.replace("$", toolWords(tools));
}

function toolWords(tools: readonly string[] | undefined): string {
  if (tools === undefined) return "every tool";
  return tools.length < 2 ? tools.join("") : `${tools.slice(0, -1).join(", ")} and ${tools.at(-1)}`;
}
