/** Fragments become entries; what is not sound by the schema becomes problems and is left out. */
import type { ConfigProblem } from "../core/contract/host.ts";
import { type Entry, entriesOf, type Fragment } from "./fragment.ts";
import { isPlainlySound } from "./plainly-sound.ts";
import { problemOf } from "./problems.ts";

/** The entries of all fragments, in their order; what is not sound becomes problems. */
export async function entriesOfAll(fragments: readonly Fragment[], home: string, problems: ConfigProblem[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const fragment of fragments) entries.push(...entriesOf(await checked(fragment, problems), home));
  return entries;
}

async function checked(fragment: Fragment, problems: ConfigProblem[]): Promise<Fragment> {
  if (isPlainlySound(fragment.data)) return fragment;
  const { check, withoutFindings } = await import("./check.ts");
  const findings = check(fragment.data);
  problems.push(...findings.map((finding) => problemOf(finding, fragment)));
  return { ...fragment, data: withoutFindings(fragment.data, findings) };
}
