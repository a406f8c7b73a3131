/** host.permissions: what the rules of this project say about a call, and why. Asks nobody and runs nothing. */
import type { LoadedConfig } from "../../config/loaded.ts";
import type { PermissionsHost, RuleFacts } from "../contract/host.ts";
import type { ToolManifest } from "../contract/manifest.ts";
import type { RuledTool } from "../permission/rule.ts";
import { parseRule, type RuleLine } from "../permission/rules.ts";
import { explainOptions, testPermissions, toolsOf } from "../permission-tests.ts";
import type { HostOptions } from "./host-options.ts";

export function createPermissionsHost({ io, cwd }: HostOptions, loaded: () => Promise<LoadedConfig>): PermissionsHost {
  const home = io.env["HOME"] ?? "/";
  const tools = (): ToolManifest[] => toolsOf(io.manifests());
  return {
    async list() {
      const { config, ruleList, heldRules, sourceOf } = await loaded();
      const offered = tools();
      const facts = [
        ...ruleList.map((line) => factsOf(line, offered, "ready")),
        ...heldRules.map((line) => factsOf(line, offered, "untrusted")),
      ];
      return { mode: config.permissions.mode, modeSource: sourceOf("permissions.mode").source, rules: inOrder(facts) };
    },
    async explain(call) {
      const config = await loaded();
      const { explainCall } = await import("../permission/explanation.ts");
      const hooks = await hookJudges(config, tools());
      const judgesOf = (tool: RuledTool): string[] => [...tapJudges(io.manifests(), tool), ...hooks(tool)];
      return await explainCall(call, { ...explainOptions(config, tools(), { home, cwd }), judgesOf });
    },
    test: async () => await testPermissions(await loaded(), io.manifests(), { home }),
  };
}

function factsOf(line: RuleLine, tools: readonly RuledTool[], state: "ready" | "untrusted"): RuleFacts {
  const { behavior, rule, source } = line;
  const parsed = parseRule(line, tools);
  if ("wrong" in parsed) return { behavior, rule, source, state: "wrong", problem: parsed.wrong };
  if ("absent" in parsed) return { behavior, rule, source, state: "absent", problem: parsed.absent };
  return { behavior, rule, source, state };
}

/** As they are consulted: deny, ask, allow. */
function inOrder(facts: readonly RuleFacts[]): RuleFacts[] {
  return (["deny", "ask", "allow"] as const).flatMap((behavior) => facts.filter((fact) => fact.behavior === behavior));
}

const judgePoints: readonly string[] = ["tool.approve", "tool.ask"];

function tapJudges(manifests: ReturnType<HostOptions["io"]["manifests"]>, { name }: RuledTool): string[] {
  return manifests.flatMap((manifest) =>
    manifest.contributes.taps
      .filter(({ on, kind, tools }) => kind === "judge" && judgePoints.includes(on) && (tools?.includes(name) ?? true))
      .map((tap) => `the plugin ${manifest.name}: ${tap.name} (${tap.on})`),
  );
}

const judgeEvents: readonly string[] = ["PreToolUse", "PermissionRequest"];

/** Config hooks that would see such a call, in their order. Loaded when there is one. */
async function hookJudges(
  { hookList, heldHooks, project }: LoadedConfig,
  tools: readonly ToolManifest[],
): Promise<(tool: RuledTool) => string[]> {
  const declared = hookList.filter(({ event }) => judgeEvents.includes(event));
  const held = heldHooks.filter(({ event }) => judgeEvents.includes(event)).length;
  if (declared.length + held === 0) return () => [];
  const { parseHooks } = await import("../config-hooks/parse.ts");
  const { hooks } = await parseHooks(declared, { tools, project });
  return ({ name }) => [
    ...hooks
      .filter((hook) => hook.matches(name))
      .map(({ event, source, rule }) => `the hook ${event} (${source})${rule === undefined ? "" : `, if ${rule.text}`}`),
    ...(held === 0 ? [] : [`${held === 1 ? "1 hook" : `${held} hooks`} of the project, when it is trusted`]),
  ];
}
