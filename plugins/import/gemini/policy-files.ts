/** Files of policies, by their folders or one by one. */
import path from "node:path";
import type { Finding, Layer, SourceState } from "../findings.ts";
import { listFiles, mostFiles } from "../folder.ts";
import { readTable } from "../table.ts";
import { parseTomlSource } from "../toml-source.ts";
import { policyFindings } from "./policies.ts";
import { isOpen } from "./variables.ts";

interface Ground {
  layer: Layer;
  within?: string;
  files: SourceState[];
}

export async function policyFiles(places: readonly string[], { layer, within, files }: Ground): Promise<Finding[]> {
  const bounds = within === undefined ? {} : { within };
  const broken = (file: string, problem: string) => files.push({ path: file, state: "broken", problem });
  const found: string[] = [];
  for (const place of places) {
    if (isOpen(place)) broken(place, `${place}:1: it names a variable that is not set`);
    else if (place.endsWith(".toml")) found.push(place);
    else {
      const listing = await listFiles(place, { ending: /\.toml$/, ...bounds });
      if (listing.problem !== undefined) broken(place, listing.problem);
      found.push(...listing.files.map((name) => path.join(place, name)));
    }
  }
  if (found.length > mostFiles)
    broken(places[0] ?? "", `${places[0] ?? ""}:1: there are ${found.length} policy files; at most ${mostFiles} are read`);
  const findings: Finding[] = [];
  for (const file of found.slice(0, mostFiles)) {
    const policy = await readTable(file, { parse: parseTomlSource, ...bounds, files });
    if (policy === undefined) continue;
    const read = policyFindings(policy, layer);
    if (Array.isArray(read)) findings.push(...read);
    else {
      files.pop();
      broken(file, `${file}:${read.line}: ${read.message}`);
    }
  }
  return findings;
}
