/** THE table of public tool names: naming one that this build does not have is no typo, and its specifiers are checked all the same. */

type SpecifierForm = "path" | "command" | "domain" | "name" | "none";

interface PublicTool {
  /** What its rules hold in ( ). */
  form: SpecifierForm;
  /** The name that rules of its paths use instead. */
  ruledBy?: "Read" | "Edit";
  /** The field that a name stands for. */
  field?: string;
  /** Its input's text, number and boolean fields, for `Tool(field:value)`. */
  fields?: readonly string[];
}

const none: PublicTool = { form: "none" };
const plain =
  "AskUserQuestion BashOutput EnterPlanMode EnterWorktree ExitPlanMode ExitWorktree KillBash KillShell LSP ListMcpResources " +
  "ReadMcpResource SlashCommand TaskCreate TaskGet TaskList TaskOutput TaskStop TaskUpdate TodoRead TodoWrite ToolSearch";

const agentFields = ["description", "isolation", "model", "name", "prompt", "run_in_background", "subagent_type"];

export const publicTools: Readonly<Record<string, PublicTool>> = {
  ...Object.fromEntries(plain.split(" ").map((name) => [name, none])),
  Agent: { form: "name", field: "subagent_type", fields: agentFields },
  Bash: { form: "command" },
  Cd: { form: "path" },
  Edit: { form: "path" },
  Glob: { form: "path", ruledBy: "Read" },
  Grep: { form: "path", ruledBy: "Read" },
  LS: { form: "path", ruledBy: "Read" },
  Monitor: { form: "command" },
  MultiEdit: { form: "path", ruledBy: "Edit" },
  NotebookEdit: { form: "path", ruledBy: "Edit", fields: ["cell_id", "cell_type", "edit_mode", "new_source"] },
  NotebookRead: { form: "path", ruledBy: "Read" },
  PowerShell: { form: "command" },
  Read: { form: "path" },
  Skill: { form: "name", field: "skill", fields: ["args", "skill"] },
  WebFetch: { form: "domain", fields: ["prompt"] },
  WebSearch: { form: "none", fields: ["query"] },
  Write: { form: "path", ruledBy: "Edit" },
};

/** Older names of a tool: rules with them mean the tool. */
const formerNames: Readonly<Record<string, string>> = { Task: "Agent" };

export function currentName(tool: string): string {
  return Object.hasOwn(formerNames, tool) ? (formerNames[tool] ?? tool) : tool;
}

export function findPublicTool(name: string): PublicTool | undefined {
  return Object.hasOwn(publicTools, name) ? publicTools[name] : undefined;
}
