/**
 * The quick yes: data that is plainly right by these few tests is accepted without loading the schema. Whatever they do not
 * know goes to the schema, so a key that is missing here costs time and never truth (test/properties/plainly-sound.test.ts).
 */
import type { GuestLimits } from "../core/contract/guest.ts";
import type { Json } from "../core/contract/messages.ts";
import { findMode } from "../core/contract/modes.ts";
import { isObject } from "./fragment.ts";
import { hookFaults } from "./hook-entries.ts";
import { mcpFaults } from "./mcp-entries.ts";
import { isModelName } from "./model-name.ts";
import { arePluginSettings } from "./plugin-entries.ts";
import type { KeyType } from "./schema.ts";

type Test = (value: Json) => boolean;
interface Group {
  readonly [key: string]: readonly [KeyType, Test] | Group;
}

const isCount = (value: Json): boolean => typeof value === "number" && Number.isSafeInteger(value) && value > 0;
const isAmount = (value: Json): boolean => typeof value === "number" && value > 0 && value < 2_000_000;
const isRuleList = (value: Json): boolean =>
  Array.isArray(value) && value.every((rule) => typeof rule === "string" && rule.length > 0 && rule.length <= 10_000);
const isVariables = (value: Json): boolean =>
  isObject(value) && Object.entries(value).every(([name, text]) => /^[A-Za-z_]\w*$/.test(name) && typeof text === "string");
const isOneOf =
  (...words: string[]): Test =>
  (value) =>
    typeof value === "string" && words.includes(value);
const isVerdict = isOneOf("allow", "ask", "deny");
const isTests = (value: Json): boolean =>
  Array.isArray(value) &&
  value.every((test) => {
    if (!isObject(test) || Object.keys(test).length !== 2) return false;
    const { call, expect } = test;
    return typeof call === "string" && call !== "" && call.length <= 10_000 && expect !== undefined && isVerdict(expect);
  });

function quotas(bounds: Record<keyof GuestLimits, readonly [least: number, most: number]>): Group {
  return Object.fromEntries(
    Object.entries(bounds).map(([name, [least, most]]) => [
      name,
      ["integer", (value: Json) => isCount(value) && Number(value) >= least && Number(value) <= most] as const,
    ]),
  );
}

const known: Group = {
  model: ["string", isModelName],
  permissions: {
    mode: ["string", (value) => findMode(value) !== undefined],
    allow: ["list", isRuleList],
    ask: ["list", isRuleList],
    deny: ["list", isRuleList],
    additionalDirectories: ["list", isRuleList],
    tests: ["list", isTests],
  },
  limits: {
    maxTurns: ["integer", isCount],
    maxCostUsd: ["number", isAmount],
    timeoutSeconds: ["number", isAmount],
    toolTimeoutMs: ["integer", (value) => isCount(value) && Number(value) < 2_000_000_000],
    toolOutputBytes: ["integer", (value) => isCount(value) && Number(value) >= 1024],
    toolOutputLines: ["integer", isCount],
    parallelReads: ["integer", (value) => isCount(value) && Number(value) <= 64],
    mcpToolsPercent: ["number", (value) => typeof value === "number" && value >= 0 && value <= 100],
  },
  env: ["map", isVariables],
  hooks: ["map", (value) => hookFaults(value).length === 0],
  sandbox: { shell: ["string", isOneOf("off", "auto", "require")] },
  policy: { edits: ["string", isOneOf("ask", "off")] },
  plugins: ["list", arePluginSettings],
  mcpServers: ["map", (value) => mcpFaults(value).length === 0],
  isolation: {
    require: ["string", isOneOf("none", "os")],
    ...quotas({
      rssMiB: [96, 8192],
      heapMiB: [16, 4096],
      cpuSeconds: [1, 30],
      pendingCalls: [1, 1024],
      requestsPerSecond: [1, 100_000],
      bytesPerSecond: [65_536, 1_073_741_824],
      timers: [1, 100_000],
      logBytesPerMinute: [1024, 67_108_864],
      callTimeoutMs: [100, 2_000_000_000],
      idleSeconds: [1, 86_400],
    }),
  },
  claudeSettings: ["list", (value) => Array.isArray(value) && value.every(isOneOf("user", "project", "local"))],
};

/** True only for data that the schema accepts; false says nothing. */
export function isPlainlySound(data: Json, group: Group = known): boolean {
  if (!isObject(data)) return false;
  return Object.entries(data).every(([key, value]) => {
    const test = Object.hasOwn(group, key) ? group[key] : undefined;
    if (test === undefined) return false;
    return isLeaf(test) ? test[1](value) : isPlainlySound(value, test);
  });
}

/** The keys that can be told, and typed, without the schema. */
export function plainKeys(group: Group = known, above: readonly string[] = []): { key: string; type: KeyType }[] {
  return Object.entries(group).flatMap(([name, inner]) => {
    const path = [...above, name];
    return isLeaf(inner) ? [{ key: path.join("."), type: inner[0] }] : plainKeys(inner, path);
  });
}

function isLeaf(value: Group[string] | undefined): value is readonly [KeyType, Test] {
  return Array.isArray(value);
}
