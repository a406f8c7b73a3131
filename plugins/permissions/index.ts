import { definePlugin } from "gantry/plugin";

export default definePlugin({
  name: "permissions",
  description: "Lists permission rules, explains what would be decided about a call, and runs the rules' own tests.",
  permissions: { "host.permissions": true },
  commands: [],
});
