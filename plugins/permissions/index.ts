import { definePlugin } from "gantry/plugin";
import { permissionsExplain } from "./explain.ts";
import { permissionsList } from "./list.ts";
import { permissionsTest } from "./test.ts";

export default definePlugin({
  name: "permissions",
  description: "Lists permission rules, explains what would be decided about a call, and runs the rules' own tests.",
  permissions: { "host.permissions": true },
  commands: [permissionsList, permissionsExplain, permissionsTest],
});
