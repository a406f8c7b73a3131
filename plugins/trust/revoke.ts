import { defineCommand } from "gantry/plugin";
import { trustOutput } from "./parts.ts";

export const trustRevoke = defineCommand({
  id: "trust revoke",
  summary: "Take back the trust in this project's config",
  examples: ["gantry trust revoke"],
  async run(_input, { host }) {
    const status = await host.config.trust("revoke");
    const first =
      status.state === "nothing-to-trust"
        ? `${status.project} has no trust recorded now, and asks for nothing that needs it.`
        : `${status.project} is not trusted; its config would use:`;
    return trustOutput(first, status);
  },
});
