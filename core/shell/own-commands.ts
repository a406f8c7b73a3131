/** The shell's own commands, as manifests: they work with no plugin loaded. Bare `gantry` takes the session flags of `run`. */
import { exitCodeWords } from "../contract/exit-codes.ts";
import type { CommandManifest } from "../contract/manifest.ts";
import { modeNames } from "../contract/modes.ts";
import type { FlagSpec } from "../contract/plugin.ts";

export const outputFormats = ["text", "json", "stream-json"] as const;
export const approveChoices = ["always", "never", "prompt"] as const;

/** Taken by every command, anywhere on the line. */
export const globalFlags: readonly FlagSpec[] = [
  { name: "cwd", char: "C", type: "string", value: "DIR", summary: "Work in this folder." },
  { name: "help", char: "h", type: "boolean", summary: "Show help." },
  { name: "json", type: "boolean", summary: "Print one JSON object on stdout." },
  { name: "version", type: "boolean", summary: "Show the version." },
];

const sessionFlags: readonly FlagSpec[] = [
  { name: "model", type: "string", value: "PROVIDER/NAME", summary: "The model to ask." },
  { name: "permission-mode", type: "string", options: [...modeNames], summary: "What may happen without asking." },
  {
    name: "allow",
    type: "string",
    multiple: true,
    value: "RULE",
    summary: "Allow calls that match, as Bash(npm test:*). Repeatable.",
  },
  { name: "ask", type: "string", multiple: true, value: "RULE", summary: "Ask about calls that match. Repeatable." },
  { name: "deny", type: "string", multiple: true, value: "RULE", summary: "Deny calls that match. Repeatable." },
  { name: "continue", type: "boolean", summary: "Go on with the newest session of this project." },
  { name: "resume", type: "string", value: "ID", summary: "Go on with this session: an id, the start of one, or last." },
  { name: "max-turns", type: "integer", value: "N", summary: "At most this many model requests for one input." },
  { name: "max-cost", type: "string", value: "USD", summary: "Stop when one input has cost this much." },
  { name: "timeout", type: "string", value: "SECONDS", summary: "Stop one input after this time." },
  { name: "add-dir", type: "string", multiple: true, value: "DIR", summary: "A further folder to work in. Repeatable." },
  { name: "system-prompt", type: "string", value: "TEXT", summary: "Replace the system prompt." },
  { name: "append-system-prompt", type: "string", value: "TEXT", summary: "Add to the system prompt." },
  { name: "config", type: "string", value: "FILE", summary: "Use this file in place of the user's config." },
  {
    name: "mcp-config",
    type: "string",
    multiple: true,
    value: "FILE",
    summary: "Use the MCP servers of this file too. Repeatable.",
  },
  { name: "set", type: "string", multiple: true, value: "KEY=VALUE", summary: "Set a config key for this run. Repeatable." },
  { name: "tools", type: "string", value: "LIST", summary: "Offer only these tools, separated by commas." },
  { name: "no-plugins", type: "boolean", summary: "Load no plugin but the model's provider." },
  { name: "plugin", type: "string", multiple: true, value: "DIR", summary: "Use this plugin for this run only. Repeatable." },
  {
    name: "grant",
    type: "string",
    multiple: true,
    value: "KIND=SCOPE",
    summary: "Grant what a --plugin asks for, for this run. Repeatable.",
  },
  {
    name: "approve",
    type: "string",
    options: [...approveChoices],
    summary: "Answer what would be asked; prompt asks on the terminal or stdin.",
  },
  { name: "trust", type: "boolean", summary: "Trust this project's own config for this run." },
  { name: "allow-root-bypass", type: "boolean", summary: "Let root use the mode bypassPermissions." },
  { name: "quiet", type: "boolean", summary: "Say nothing on stderr but errors." },
  { name: "verbose", type: "boolean", summary: "Say more on stderr." },
];

export const shellCommands: readonly CommandManifest[] = [
  {
    id: "run",
    summary: "Give the agent one task and wait for its end.",
    description: `PROMPT is the task. Without one, or with -, it is read from stdin (10 MB at most). With both, what stdin holds follows PROMPT between <stdin> lines. Exit codes: ${exitCodeWords()}.`,
    args: [{ name: "prompt", summary: "The task, or - for stdin." }],
    flags: [
      ...sessionFlags,
      { name: "output", type: "string", options: [...outputFormats], summary: "What stdout holds." },
      { name: "include-deltas", type: "boolean", summary: "With stream-json: also the pieces of answers as they arrive." },
    ],
    examples: [
      'gantry run "fix the failing test"',
      'git diff | gantry run "review this" --permission-mode plan',
      'gantry run "run the tests" --allow "Bash(npm test:*)" --output json',
    ],
  },
  {
    id: "doctor",
    summary: "Show what loaded, what did not and why, and what this machine cannot enforce.",
    args: [],
    flags: [
      { name: "no-plugins", type: "boolean", summary: "Look without any plugin." },
      { name: "config", type: "string", value: "FILE", summary: "Use this file in place of the user's config." },
    ],
    examples: ["gantry doctor", "gantry doctor --json"],
  },
  {
    id: "help",
    summary: "Show help for a command or a topic.",
    args: [{ name: "command", summary: "The words of the command." }],
    flags: [],
    examples: ["gantry help run", "gantry help tools call"],
  },
  {
    id: "completion",
    summary: "Print a completion script for a shell.",
    args: [{ name: "shell", summary: "The shell.", required: true, options: ["bash", "zsh", "fish"] }],
    flags: [],
    examples: ['eval "$(gantry completion bash)"', "gantry completion fish > ~/.config/fish/completions/gantry.fish"],
  },
];

/** Bare `gantry`: the line session. Not in the table, because it has no name. */
export const lineSession: CommandManifest = {
  id: "",
  summary: "A session line by line.",
  args: [],
  flags: [...sessionFlags],
  examples: [],
};

/** Flags of `run` that the design knows and this build does not have yet; they take a value unless told. */
export const flagsOfLaterBuilds: ReadonlySet<string> = new Set(["fork"]);

/** The flags a command takes: its own, and the global ones but for --json where it does not apply. */
export function flagsOf(command: CommandManifest): FlagSpec[] {
  const own = new Set(command.flags.map(({ name }) => name));
  const hasJson = command.id !== "run" && command.id !== "";
  return [...command.flags, ...globalFlags.filter(({ name }) => !own.has(name) && (hasJson || name !== "json"))];
}
