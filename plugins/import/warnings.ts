/** What stays less strict than it was there, or is not known: said at the end of the report, and in --json. */
import type { Host } from "gantry/plugin";
import type { AgentConfig, Finding, Layer } from "./findings.ts";
import { shownText } from "./shown.ts";

/** Strictest first. */
const modes = ["plan", "dontAsk", "default", "acceptEdits", "bypassPermissions"];
const layers: readonly string[] = ["default", "user", "project", "local"];

interface Seen {
  /** As the reader found them. */
  found: readonly Finding[];
  /** As they were settled, of the scope that is written. */
  findings: readonly Finding[];
}

export async function warningsOf({ agent, files }: AgentConfig, seen: Seen, config: Host["config"]): Promise<string[]> {
  const problems = files.flatMap(({ problem }) => problem ?? []);
  const broken = problems.length === 0 ? [] : [...problems, brokenWords(agent)];
  return [...weakerWords(seen.findings), ...(await modeWords(seen, config)), ...broken];
}

function brokenWords(agent: string): string {
  return `--write is refused until every file of ${agent} can be read whole: what cannot be read may hold a deny.`;
}

function weakerWords(findings: readonly Finding[]): string[] {
  const weaker = findings.filter(({ result }) => result === "weaker");
  const [first] = weaker;
  if (first === undefined) return [];
  const count = weaker.length === 1 ? "1 deny is" : `${weaker.length} denies are`;
  return [
    `${count} only asked about here (${shownText(first.what)}, ${first.source}): say no when it is asked, or write a deny rule.`,
  ];
}

/** Gantry's mode where it is looser than one that the source sets, and stays so. */
async function modeWords({ found, findings }: Seen, config: Host["config"]): Promise<string[]> {
  const wanted = found.findLast(({ becomes = [] }) => becomes.some(({ key }) => key === "permissions.mode"));
  const mode = String(wanted?.becomes?.find(({ key }) => key === "permissions.mode")?.value);
  if (wanted === undefined || !modes.includes(mode)) return [];
  const { value, from } = await config.explain("permissions.mode");
  if (modes.indexOf(String(value)) <= modes.indexOf(mode) || hidesIt(findings, from.layer)) return [];
  const layer = layers.indexOf(from.layer) > 0 ? (from.layer as Layer) : "user";
  return [
    `Gantry stays in the mode ${String(value)} (${from.source}), which is looser than ${mode} (${wanted.source}). ` +
      `To change it: gantry config set permissions.mode ${mode} --layer ${layer}`,
  ];
}

/** What is written into a higher layer counts before it. */
function hidesIt(findings: readonly Finding[], layer: string): boolean {
  const place = layers.indexOf(layer);
  return (
    place !== -1 &&
    findings.some((finding) => {
      const sets = finding.becomes?.some(({ key }) => key === "permissions.mode") === true;
      return sets && layers.indexOf(finding.layer) > place;
    })
  );
}
