/**
 * The quick yes: data that is plainly right by these few tests is accepted without loading the schema. Whatever they do not
 * know goes to the schema, so a key that is missing here costs time and never truth (test/properties/plainly-sound.test.ts).
 */
import type { Json } from "../core/contract/messages.ts";
import { findMode } from "../core/contract/modes.ts";
import { isObject } from "./fragment.ts";
import { isModelName } from "./model-name.ts";

type Test = (value: Json) => boolean;
interface Group {
  readonly [key: string]: Test | Group;
}

const isCount = (value: Json): boolean => typeof value === "number" && Number.isSafeInteger(value) && value > 0;
const isAmount = (value: Json): boolean => typeof value === "number" && value > 0 && value < 2_000_000;
const isRuleList = (value: Json): boolean =>
  Array.isArray(value) && value.every((rule) => typeof rule === "string" && rule.length > 0 && rule.length <= 10_000);
const isVariables = (value: Json): boolean =>
  isObject(value) && Object.entries(value).every(([name, text]) => /^[A-Za-z_]\w*$/.test(name) && typeof text === "string");

const known: Group = {
  model: isModelName,
  permissions: {
    mode: (value) => findMode(value) !== undefined,
    allow: isRuleList,
    ask: isRuleList,
    deny: isRuleList,
    additionalDirectories: isRuleList,
  },
  limits: {
    maxTurns: isCount,
    maxCostUsd: isAmount,
    timeoutSeconds: isAmount,
    toolTimeoutMs: (value) => isCount(value) && Number(value) < 2_000_000_000,
    toolOutputBytes: (value) => isCount(value) && Number(value) >= 1024,
    toolOutputLines: isCount,
    parallelReads: (value) => isCount(value) && Number(value) <= 64,
  },
  env: isVariables,
};

/** True only for data that the schema accepts; false says nothing. */
export function isPlainlySound(data: Json, group: Group = known): boolean {
  if (!isObject(data)) return false;
  return Object.entries(data).every(([key, value]) => {
    const test = Object.hasOwn(group, key) ? group[key] : undefined;
    if (test === undefined) return false;
    return typeof test === "function" ? test(value) : isPlainlySound(value, test);
  });
}
