import { definePlugin } from "gantry/plugin";

export default definePlugin({
  name: "hooks",
  description: "Lists hooks, says which would run and why others would not, tries them, and shows what ran.",
  permissions: { "host.hooks": true },
  commands: [],
});
