/** Yeses that an ask of the same import beats: in Gantry an ask rule comes before every allow rule. */
import type { Behavior, Finding } from "./findings.ts";

/** Says of each such yes that it is one. It is written all the same, and counts when the ask is taken out. */
export function overruledSaid(findings: readonly Finding[]): Finding[] {
  const asks = new Set(findings.flatMap((finding) => rulesOf(finding, "ask")));
  return findings.map((finding) => {
    const beating = rulesOf(finding, "allow").map((rule) => enclosingOf(rule).find((one) => asks.has(one)));
    const [first] = beating;
    if (first === undefined || beating.includes(undefined)) return finding;
    const why = `${finding.why === undefined ? "" : `${finding.why} `}ask ${first} counts before it.`;
    return { ...finding, result: "stricter", why };
  });
}

export function rulesOf({ becomes = [] }: Finding, behavior: Behavior): string[] {
  return becomes.flatMap(({ key, value }) =>
    key === `permissions.${behavior}` && Array.isArray(value) ? value.filter((rule) => typeof rule === "string") : [],
  );
}

/** Rules that speak of all that this one speaks of. */
function enclosingOf(rule: string): string[] {
  const [, tool = rule, inner] = /^([^(]+)(?:\(([\s\S]*)\))?$/.exec(rule) ?? [];
  const [, server] = /^(mcp__(?:(?!__).)+)(?:__|$)/.exec(tool) ?? [];
  const servers = server === undefined ? [] : [server, `${server}__*`, "mcp__*"];
  const family = ["Write", "NotebookEdit", "MultiEdit"].includes(tool)
    ? ["Edit"]
    : ["Glob", "Grep"].includes(tool)
      ? ["Read"]
      : [];
  const words = (inner ?? "").replace(/:\*$/, "").split(" ");
  const prefixes = inner === undefined ? [] : words.map((_, at) => `${tool}(${words.slice(0, at + 1).join(" ")}:*)`);
  return ["*", rule, tool, ...servers, ...family, ...prefixes];
}
