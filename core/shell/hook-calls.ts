/** Does an `if` speak of the call in an input that is only looked at? By the same comparison as in a session. */
import type { LoadedConfig } from "../../config/loaded.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { JsonObject } from "../contract/messages.ts";
import { type Ground, layGround } from "../permission/ground.ts";
import { matchesRule } from "../permission/rule-applies.ts";
import type { Rule } from "../permission/rules.ts";

export interface LookedAtCall {
  input: JsonObject;
  tools: readonly ToolManifest[];
  home: string;
  /** Where the call would be made when the input does not say. */
  cwd: string;
}

export function ruleMatcher(loaded: LoadedConfig, call: LookedAtCall): (rule: Rule) => Promise<boolean> {
  const { input, tools, home } = call;
  const tool = tools.find(({ name }) => name === input["tool_name"]);
  const cwd = typeof input["cwd"] === "string" ? input["cwd"] : call.cwd;
  const given = input["tool_input"];
  const toolInput = typeof given === "object" && given !== null && !Array.isArray(given) ? given : {};
  let ground: Promise<Ground> | undefined;
  return async (rule) => {
    if (tool === undefined) return false;
    ground ??= layGround(groundFor(loaded, home));
    return await matchesRule(rule, { sessionId: "", callId: "", tool: tool.name, input: toolInput, cwd }, tool, await ground);
  };
}

function groundFor({ config, paths, project }: LoadedConfig, home: string) {
  return {
    mode: "default",
    modeSource: "default",
    rules: [],
    workspace: project,
    additionalDirs: config.permissions.additionalDirectories,
    outputDir: paths.stateHome,
    home,
    configHome: paths.configHome,
    stateHome: paths.stateHome,
    approve: "never",
  } as const;
}
