/**
 * The shape of an attack, and how its text becomes a plugin's source. Entries are data: what is tried, with which grants, and
 * what must hold afterwards. `Attack` is the hostile tool; `Echo`, of the same plugin, tells whether its realm still works.
 */
import type { ErrorCode } from "../../../core/contract/errors.ts";
import type { GuestLimits } from "../../../core/contract/guest.ts";
import type { PluginManifest } from "../../../core/contract/manifest.ts";
import type { Grants } from "../../../core/contract/permissions.ts";

export type AttackClass = "authority" | "channel" | "paths" | "network" | "programs" | "exhaustion";

export interface Attack {
  name: string;
  class: AttackClass;
  /** What it tries, in one sentence. */
  tries: string;
  /** What must hold, beyond what holds after every attack. */
  holds: string;
  /** Statements of the module, before the plugin is handed over. */
  top?: string;
  /**
   * Body of `async (input, ctx)` of the tool. `input` is an `AttackInput`. It answers a text that begins with `GOT` when it
   * reached what it wanted, and `nothing` when it did not.
   */
  call?: string;
  /** In place of the whole source. */
  source?: string;
  /** Default: `plainGrants`. */
  grants?: Grants;
  /** Bounds of its guest that are lower than the default ones. */
  limits?: Partial<GuestLimits>;
  /** How the call ends: answered (without GOT), or failed with one of these codes. Default: either, with any code of the table. */
  ends?: "answers" | readonly ErrorCode[];
  /** Echo of the same plugin answers afterwards, if need be from a new guest. Default true. */
  echoes?: boolean;
}

/** What the tool is told about the place, all of it things that a plugin could guess. */
export interface AttackInput {
  /** Absolute path of a file outside the workspace, whose content is the canary. */
  canary: string;
  /** A server on loopback that records every connection. */
  url: string;
  port: number;
  workspace: string;
  /** A server that `granted-server` of a grant stands for. */
  granted: string;
}

export const plainGrants: Grants = { "fs.read": ["./**"], "fs.list": ["./**"], storage: "64KiB" };

/** Begins the source of every attack: what counts as a power, and the usual climb to it. */
const prelude = `
const prove = (power) => {
  const host = power?.process ?? power;
  if (typeof host?.pid === "number" && typeof host.versions === "object") return "GOT process " + host.pid;
  if (typeof power?.readFileSync === "function") return "GOT fs";
  if (typeof power === "function" && typeof power.resolve === "function" && "cache" in power) return "GOT require";
  if (typeof power?.postMessage === "function") return "GOT a port";
  return "nothing";
};
const climb = (value) => {
  try { return prove(value.constructor.constructor("return this")()); } catch { return "nothing"; }
};
const first = (answers) => answers.find((answer) => answer.startsWith("GOT")) ?? "nothing";
const tried = (attempt) => { try { return attempt(); } catch { return "nothing"; } };
const schema = { type: "object", additionalProperties: true };
const tool = (name, execute) => ({ name, description: name, input: () => schema, effect: "runs", execute });
`;

/** One expression, as a bundle is sent to a guest. */
export function sourceOf(attack: Attack, plugin = "attack"): string {
  if (attack.source !== undefined) return attack.source.replaceAll('name: "attack"', `name: "${plugin}"`);
  return `(async (__gantry) => {${prelude}${attack.top ?? ""}
const attack = tool("Attack", async function (input, ctx) {${attack.call ?? 'return "nothing";'}
});
const echo = tool("Echo", async function (input) { return input.text; });
__gantry({ name: "${plugin}", description: "hostile", tools: [attack, echo] });
})`;
}

const inputSchema = { type: "object", additionalProperties: true };

export function manifestOf(name: string, permissions: Grants, tools: readonly string[]): PluginManifest {
  return {
    ...{ name, version: "1.0.0", description: "hostile", permissions },
    contributes: {
      tools: tools.map((tool) => ({ name: tool, description: tool, inputSchema, effect: "runs" as const })),
      ...{ commands: [], taps: [], providers: [] },
    },
  };
}
