/** What docs/parity.md holds of the audit against Claw Code: the sections of the printed report that explain something. */
import { printedByBuild } from "./printed.ts";

const kept = new Set(["Not explained", "Findings", "Different", "Missing", "Under another name"]);

/** Of the build in `root`. Headings are two levels below those of the report. */
export async function auditSections(root: string): Promise<string> {
  const report = await printedByBuild(root, ["parity", "audit"]);
  const [head = "", ...sections] = report.trim().split(/\n(?=## )/);
  const totals = head.slice(head.indexOf("\nthere: ")).trim();
  const told = sections.filter((section) => kept.has(section.slice(3, section.indexOf("\n"))));
  return [totals, ...told].map((section) => section.trim().replace(/^#/gm, "##")).join("\n\n");
}
