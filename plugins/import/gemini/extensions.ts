/**
 * Installed extensions: the tools that they exclude, their guards, and what their policies deny or ask. A yes of an extension does
 * not count there either. Sources: docs/extensions/reference.md, docs/reference/policy-engine.md.
 */
import path from "node:path";
import { objectOf, own } from "../fields.ts";
import { type At, type Finding, type Layer, notMapped, type SourceState } from "../findings.ts";
import { listFiles } from "../folder.ts";
import { parseJsonSource } from "../json-source.ts";
import { onlyRestricting } from "../levels.ts";
import { readTable } from "../table.ts";
import { questions } from "./entries.ts";
import { type HooksOff, hookFindings } from "./hooks.ts";
import { policyFiles } from "./policy-files.ts";
import { excludedFindings } from "./settings.ts";
import { withValues } from "./variables.ts";

interface Ground {
  layer: Layer;
  within?: string;
  env: Readonly<Record<string, string | undefined>>;
  off: HooksOff;
  files: SourceState[];
}

const manifest = "gemini-extension.json";
/** Beside the manifest, or in its place where the extension lies elsewhere. */
const install = ".gemini-extension-install.json";

export async function extensionFindings(folder: string, ground: Ground): Promise<Finding[]> {
  const ending = /^(?:gemini-extension|\.gemini-extension-install)\.json$/;
  const { files: found, problem } = await listFiles(folder, { ending, depth: 1, within: ground.within });
  if (problem !== undefined) ground.files.push({ path: folder, state: "broken", problem });
  const names = new Set(found.filter((name) => path.dirname(name) !== ".").map((name) => path.dirname(name)));
  const findings: Finding[] = [];
  for (const name of names) {
    const isHere = found.includes(path.join(name, manifest));
    const place = path.join(folder, name);
    findings.push(
      ...(isHere ? await oneFindings(place, ground) : [elsewhere(name, `${path.join(place, install)}:1`, ground.layer)]),
    );
  }
  return findings;
}

function elsewhere(name: string, source: string, layer: Layer): Finding {
  const why = "It is linked from another place, which is not read: it may exclude tools or guard them, and all are asked about";
  return questions({ at: { source, layer }, what: `extension ${name}`, rules: ["Bash", "Edit", "WebFetch", "mcp__*"], why });
}

async function oneFindings(folder: string, ground: Ground): Promise<Finding[]> {
  const { layer, env, off, files, within } = ground;
  const reading = {
    parse: (text: string) => parseJsonSource(text, "relaxed"),
    files,
    ...(within === undefined ? {} : { within }),
  };
  const table = await readTable(path.join(folder, manifest), reading);
  if (table === undefined) return [];
  const at = (...keys: (string | number)[]): At => ({ source: `${table.path}:${table.lineOf(keys)}`, layer });
  const data = { ...table.data, excludeTools: withValues(own(table.data, "excludeTools") ?? [], env) };
  const hooks = await readTable(path.join(folder, "hooks/hooks.json"), reading);
  const servers = Object.keys(objectOf(own(data, "mcpServers")));
  const told =
    servers.length === 0
      ? []
      : [
          notMapped({
            ...at("mcpServers"),
            kind: "mcp-server",
            what: `servers of the extension ${path.basename(folder)}: ${servers.join(", ")}`,
            why: "They start from the extension's own folder; add those that are wanted by hand",
          }),
        ];
  const policies = await policyFiles([path.join(folder, "policies")], {
    layer,
    files,
    ...(within === undefined ? {} : { within }),
  });
  return [
    ...excludedFindings(data, at),
    ...(hooks === undefined ? [] : hookFindings(hooks, { layer, off })),
    ...onlyRestricting(policies, { why: "A yes of an extension counts for nothing" }),
    ...told,
  ];
}
