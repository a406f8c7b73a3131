import { defineCommand } from "gantry/plugin";
import { trustOutput } from "./parts.ts";

const sentences = {
  trusted: "is trusted; its config uses:",
  untrusted: "is not trusted; its config would use:",
  changed: "was trusted, but its config has changed since; it would now use:",
  "nothing-to-trust": "asks for nothing that needs trust.",
} as const;

export const trustStatus = defineCommand({
  id: "trust status",
  summary: "Say whether this project is trusted, and what its config asks for",
  examples: ["gantry trust", "gantry trust status --json"],
  async run(_input, { host }) {
    const status = await host.config.trust("status");
    return trustOutput(`${status.project} ${sentences[status.state]}`, status);
  },
});
