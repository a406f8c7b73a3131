/** parity audit: this build against another system's inventory, or another version's. */
import { GantryError } from "gantry/errors";
import { type CommandOutput, defineCommand, type Json } from "gantry/plugin";
import type { AuditReport } from "./audit/report.ts";

const mostNamed = 10;

export const audit = defineCommand({
  id: "parity audit",
  summary: "Compare what this build offers with another system, item by item.",
  description:
    "Without --against it is compared with Claw Code, by the inventory and the map that ship. Of another version of Gantry (see parity snapshot) every fact counts, of another system the names, the inputs of tools and the flags. Every item is same, mapped (the map says under which name), different (and how), missing or only here.",
  flags: [
    { name: "against", type: "string", value: "FILE", summary: "The inventory of the other system or version." },
    {
      name: "map",
      type: "string",
      value: "FILE",
      summary: "What is the same under another name, and what is excused, with reasons.",
    },
    {
      name: "strict",
      type: "boolean",
      summary: "Fail when something missing or different is not excused, or an excuse is stale.",
    },
  ],
  examples: ["gantry parity audit", "gantry parity audit --against old.json --map excuses.json --strict"],
  run: async ({ flags }, ctx) => {
    const [{ resolve }, { auditAgainst }, { auditText }] = await Promise.all([
      import("node:path"),
      import("./audit/against.ts"),
      import("./audit/text.ts"),
    ]);
    const fileOf = (flag: string): string | undefined => {
      const name = flags[flag];
      if (name === "") throw new GantryError("USAGE_INVALID", `--${flag} needs the name of a file`);
      return typeof name === "string" ? resolve(ctx.cwd, name) : undefined;
    };
    const report = await auditAgainst({ against: fileOf("against"), map: fileOf("map") }, ctx);
    const output: CommandOutput = { data: report as unknown as Json, text: auditText(report) };
    const strict = flags["strict"] === true ? strictly(report, output) : output;
    if (strict.error && !ctx.json) ctx.say(`${strict.error.code}: ${strict.error.message}`);
    return strict;
  },
});

function strictly({ unexplained, findings, theirs }: AuditReport, output: CommandOutput): CommandOutput {
  if (unexplained.length + findings.length === 0) return output;
  const told = [...unexplained.map((item) => `${item} is not explained`), ...findings.map(({ words }) => words)];
  const more = told.length > mostNamed ? [`and ${told.length - mostNamed} more`] : [];
  const message = `against ${theirs.name} ${theirs.version}: ${[...told.slice(0, mostNamed), ...more].join("; ")}`;
  return { ...output, error: { code: "AUDIT_FAILED", message } };
}
