import { definePlugin } from "gantry/plugin";
import { importAgent } from "./import.ts";

export default definePlugin({
  name: "import",
  description: "Reads the config of another agent, and says what of it Gantry can hold.",
  permissions: { "host.config": true },
  commands: [importAgent],
});
