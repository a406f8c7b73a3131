/**
 * Where a loaded config and the tools meet for questions about permissions that no session asks: what `permissions.tests`
 * say, and what host.permissions explains.
 */
import { join } from "node:path";
import type { LoadedConfig } from "../config/loaded.ts";
import { createBuiltinJudge } from "./builtin-judges.ts";
import type { ConfigProblem, PermissionTestResult } from "./contract/host.ts";
import { type PluginManifest, toolsOf } from "./contract/manifest.ts";
import { placeIn } from "./contract/place.ts";
import { knownServers } from "./known-servers.ts";
import type { ExplainOptions } from "./permission/explanation.ts";
import { parseRules } from "./permission/rules/rules.ts";
import { policyOf } from "./policy.ts";

export type TestedConfig = Pick<
  LoadedConfig,
  "config" | "project" | "paths" | "ruleList" | "heldRules" | "permissionTests" | "sourceOf" | "hookScripts"
> &
  Partial<Pick<LoadedConfig, "mcpPlaces" | "problems">>;

export interface LookOptions {
  /** The user's home folder. */
  home: string;
  /** Where the calls would be made. Default: the project root. */
  cwd?: string;
}

/** What a session with this config would decide on, flags aside. Rules that cannot work are left out: they are problems of the config. */
export function explainOptions(
  loaded: TestedConfig,
  manifests: readonly PluginManifest[],
  { home, cwd }: LookOptions,
): ExplainOptions {
  const { project, paths, ruleList } = loaded;
  const servers = knownServers(loaded) ?? [];
  const { rules } = parseRules(ruleList, toolsOf(manifests), servers);
  // The output folder is no session's.
  const policy = policyOf(loaded, { rules, outputDir: join(paths.stateHome, "no-session"), home, approve: "prompt" });
  return { policy, tools: toolsOf(manifests), servers, cwd: cwd ?? project, judge: createBuiltinJudge(loaded, manifests) };
}

/** Every test of the config, in its order. Loads nothing when there is none. */
export async function testPermissions(
  loaded: TestedConfig,
  manifests: readonly PluginManifest[],
  options: LookOptions,
): Promise<PermissionTestResult[]> {
  if (loaded.permissionTests.length === 0) return [];
  const { runPermissionTests } = await import("./permission/explanation.ts");
  return await runPermissionTests(loaded.permissionTests, explainOptions(loaded, manifests, options));
}

/** One problem (PERMISSION_TEST_FAILED) for each test that failed. */
export async function failedPermissionTests(
  loaded: TestedConfig,
  manifests: readonly PluginManifest[],
  options: LookOptions,
): Promise<ConfigProblem[]> {
  const results = await testPermissions(loaded, manifests, options);
  const held = loaded.heldRules.length;
  const waiting =
    held === 0
      ? ""
      : ` ${held === 1 ? "1 allow rule waits" : `${held} allow rules wait`} for trust in the project (gantry trust status).`;
  return results.flatMap(({ call, expect, got, reason, source, ok }) => {
    if (ok) return [];
    const place = placeIn(source);
    const message = `the permission test of ${call} expects ${expect} and gets ${got}: ${reason}`;
    const problem: ConfigProblem = {
      code: "PERMISSION_TEST_FAILED",
      ...place,
      message: place === undefined ? `${source}: ${message}` : message,
      key: "permissions.tests",
      hint: `gantry permissions explain shows who decides and what would change it.${waiting}`,
    };
    return [problem];
  });
}
