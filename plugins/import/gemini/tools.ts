/** Gemini CLI's tools, by the names and older class names that its settings use, and the tools of Gantry that do the same. */

const table: Readonly<Record<string, readonly [tool: string, ...names: string[]]>> = {
  run_shell_command: ["Bash", "ShellTool"],
  read_file: ["Read", "ReadFileTool"],
  read_many_files: ["Read", "ReadManyFilesTool"],
  list_directory: ["Glob", "LSTool"],
  glob: ["Glob", "GlobTool"],
  search_file_content: ["Grep", "GrepTool"],
  grep_search: ["Grep", "RipGrepTool"],
  write_file: ["Write", "WriteFileTool"],
  replace: ["Edit", "EditTool", "edit"],
  web_fetch: ["WebFetch", "WebFetchTool"],
  google_web_search: ["WebSearch", "WebSearchTool"],
  write_todos: ["TodoWrite", "WriteTodosTool"],
  ask_user: ["AskUserQuestion", "AskUserTool"],
  activate_skill: ["Skill", "ActivateSkillTool"],
  invoke_agent: ["Agent", "codebase_investigator", "generalist", "cli_help"],
  enter_plan_mode: ["EnterPlanMode"],
  exit_plan_mode: ["ExitPlanMode"],
};

export const shellTool = "run_shell_command";

/** Tools of Gantry that change or reach something, or read files. */
export const everyTool = ["Bash", "Edit", "Read", "WebFetch", "WebSearch", "Agent", "Skill", "mcp__*"] as const;

/** The same in two: a rule for a tool that is not in this build says so of all that it is written with. */
export const everyToolInTwo: readonly (readonly string[])[] = [
  ["Bash", "Edit", "Read", "mcp__*"],
  ["WebFetch", "WebSearch", "Agent", "Skill"],
];

/** The name that is now used; undefined for one that is none of the built-in tools. */
export function currentTool(name: string): string | undefined {
  return Object.keys(table).find((key) => key === name || table[key]?.slice(1).includes(name));
}

export const builtInNames: readonly string[] = Object.keys(table);

export function gantryTool(name: string): string | undefined {
  const current = currentTool(name);
  return current === undefined ? undefined : table[current]?.[0];
}

/** `mcp_server_tool`, the older `server__tool`, and patterns of the first form. Undefined for what names no server. */
export function serverRule(name: string): string | undefined {
  if (name === "mcp_*") return "mcp__*";
  const any = /^mcp_\*_([\w-]+)$/.exec(name)?.[1];
  if (any !== undefined) return `mcp__*__${any}`;
  const [, server, tool] = /^mcp_([^_\s]+)_(\S+)$/.exec(name) ?? /^([\w-]+?)__(\S+)$/.exec(name) ?? [];
  if (server === undefined || tool === undefined) return undefined;
  return mcpRule(server, tool);
}

export function mcpRule(server: string, tool: string): string {
  const word = server === "*" ? "*" : server.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  if (tool === "*") return word === "*" ? "mcp__*" : `mcp__${word}`;
  return `mcp__${word}__${tool.replaceAll(/[^A-Za-z0-9_*-]/g, "_")}`;
}
