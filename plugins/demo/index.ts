import { definePlugin } from "gantry/plugin";
import { demo } from "./demo.ts";

export default definePlugin({
  name: "demo",
  description: "The main job, shown with no key and no network.",
  permissions: { "host.run": true },
  commands: [demo],
});
