/** host.permissions: what the rules of this project say about a call, and why. Starts nothing and asks nobody but built-in judges. */
import type { LoadedConfig } from "../../config/loaded.ts";
import { refuseProblems, warningsOf } from "../../config/usable.ts";
import { isBuiltin } from "../builtin-judges.ts";
import { configProblems } from "../config-problems.ts";
import type { PermissionsHost, RuleFacts } from "../contract/host.ts";
import { type ToolManifest, toolsOf } from "../contract/manifest.ts";
import { knownServers } from "../known-servers.ts";
import type { RuledTool } from "../permission/rules/rule.ts";
import { parseRule, type RuleLine } from "../permission/rules/rules.ts";
import { explainOptions, testPermissions } from "../permission-tests.ts";
import type { HostOptions } from "./host-options.ts";

export function createPermissionsHost({ io, cwd }: HostOptions, loaded: () => Promise<LoadedConfig>): PermissionsHost {
  const home = io.env["HOME"] ?? "/";
  const problemsOf = async (config: LoadedConfig) => await configProblems(config, io.known());
  /** A verdict of a config that no run would start with is none. */
  const sound = async (): Promise<LoadedConfig> => {
    const config = await loaded();
    refuseProblems(await problemsOf(config));
    return config;
  };
  const tools = (): ToolManifest[] => toolsOf(io.known());
  return {
    async list() {
      const whole = await loaded();
      const { config, ruleList, heldRules, sourceOf, problems } = whole;
      const offered = { tools: tools(), servers: knownServers(whole) };
      const facts = [
        ...ruleList.map((line) => factsOf(line, offered, "ready")),
        ...heldRules.map((line) => factsOf(line, offered, "untrusted")),
      ];
      const { source: modeSource } = sourceOf("permissions.mode");
      return { mode: config.permissions.mode, modeSource, rules: inOrder(facts), problems };
    },
    async explain(call) {
      const config = await sound();
      const { explainCall } = await import("../permission/explanation.ts");
      const hooks = await hookJudges(config, tools());
      const judgesOf = (tool: RuledTool): string[] => [...tapJudges(io.inForce(), tool), ...hooks(tool)];
      return await explainCall(call, { ...explainOptions(config, io.known(), { home, cwd }), judgesOf });
    },
    warnings: async () => warningsOf(await problemsOf(await loaded())),
    test: async () => await testPermissions(await sound(), io.known(), { home }),
  };
}

interface Offered {
  tools: readonly RuledTool[];
  servers: readonly string[] | undefined;
}

function factsOf(line: RuleLine, { tools, servers }: Offered, state: "ready" | "untrusted"): RuleFacts {
  const { behavior, rule, source } = line;
  const parsed = parseRule(line, tools, servers);
  if ("wrong" in parsed) return { behavior, rule, source, state: "wrong", problem: parsed.wrong };
  if (parsed.absent !== undefined) return { behavior, rule, source, state: "absent", problem: parsed.absent };
  return { behavior, rule, source, state };
}

/** As they are consulted: deny, ask, allow. */
function inOrder(facts: readonly RuleFacts[]): RuleFacts[] {
  return (["deny", "ask", "allow"] as const).flatMap((behavior) => facts.filter((fact) => fact.behavior === behavior));
}

/** Those on tool.ask, heard only when somebody would be asked, and those of guests, which nothing here starts. Built-ins' judges on tool.approve are asked for real. */
function tapJudges(manifests: ReturnType<HostOptions["io"]["known"]>, { name }: RuledTool): string[] {
  return manifests.flatMap((manifest) =>
    manifest.contributes.taps
      .filter(({ kind, tools }) => kind === "judge" && (tools?.includes(name) ?? true))
      .filter(({ on }) => on === "tool.ask" || (on === "tool.approve" && !isBuiltin(manifest)))
      .map((tap) => `the plugin ${manifest.name}: ${tap.name} (${tap.on})`),
  );
}

const judgeEvents: readonly string[] = ["PreToolUse", "PermissionRequest"];

/** Config hooks that would see such a call, in their order. Loaded when there is one. */
async function hookJudges(loaded: LoadedConfig, tools: readonly ToolManifest[]): Promise<(tool: RuledTool) => string[]> {
  const { hookList, heldHooks, project } = loaded;
  const declared = hookList.filter(({ event }) => judgeEvents.includes(event));
  const held = heldHooks.filter(({ event }) => judgeEvents.includes(event)).length;
  if (declared.length + held === 0) return () => [];
  const { parseHooks } = await import("../config-hooks/declared/parse.ts");
  const { hooks } = await parseHooks(declared, { tools, project, servers: knownServers(loaded) ?? [] });
  return ({ name }) => [
    ...hooks
      .filter((hook) => hook.matches(name))
      .map(({ event, source, rule }) => `the hook ${event} (${source})${rule === undefined ? "" : `, if ${rule.text}`}`),
    ...(held === 0 ? [] : [`${held === 1 ? "1 hook" : `${held} hooks`} of the project, when it is trusted`]),
  ];
}
