import { definePlugin } from "gantry/plugin";
import { trustGrant } from "./grant.ts";
import { trustRevoke } from "./revoke.ts";
import { trustStatus } from "./status.ts";

export default definePlugin({
  name: "trust",
  description: "Shows, grants and revokes trust in what a project's own config asks for.",
  permissions: { "host.config": true },
  commands: [
    trustStatus,
    // The bare word is the question that is asked most.
    { ...trustStatus, id: "trust" },
    trustGrant,
    trustRevoke,
  ],
});
