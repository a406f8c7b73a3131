import { defineCommand } from "gantry/plugin";

export const importAgent = defineCommand({
  id: "import",
  summary: "Read another agent's config, say what of it Gantry can hold, and with --write hold it",
  description:
    "Without --write nothing is changed. What does not map exactly becomes stricter or is left out, never looser; nothing that your config says already is overwritten or taken away.",
  args: [{ name: "agent", summary: "claude, codex, gemini, opencode or claw", required: true }],
  flags: [
    {
      name: "scope",
      type: "string",
      summary: "Write only what your own files of that agent say, or only what those of this project say.",
      options: ["user", "project"],
      value: "SCOPE",
    },
    { name: "write", type: "boolean", summary: "Write what was found into Gantry's config files." },
  ],
  examples: ["gantry import claude", "gantry import claude --scope project --write", "gantry import codex --json"],
  run: async ({ args, flags }, ctx) => {
    const { runImport } = await import("./run-import.ts");
    const { scope } = flags;
    return await runImport(
      {
        agent: args["agent"] ?? "",
        write: flags["write"] === true,
        ...(scope === "user" || scope === "project" ? { scope } : {}),
      },
      ctx,
    );
  },
});
