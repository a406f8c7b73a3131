import { defineCommand } from "gantry/plugin";
import { trustOutput } from "./parts.ts";

export const trustGrant = defineCommand({
  id: "trust grant",
  summary: "Trust this project's config as it is now; asked again when it changes",
  examples: ["gantry trust grant"],
  async run(_input, { host }) {
    const status = await host.config.trust("grant");
    const first =
      status.state === "nothing-to-trust"
        ? `${status.project} asks for nothing that needs trust; nothing is recorded.`
        : `${status.project} is trusted from now on; its config uses:`;
    return trustOutput(first, status);
  },
});
