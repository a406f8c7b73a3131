import { definePlugin } from "gantry/plugin";
import { createCommand, linkCommand, testCommand, validateCommand } from "./author.ts";
import { grantsCommand } from "./grants.ts";
import { inspectCommand } from "./inspect.ts";
import { installCommand } from "./install.ts";
import { listCommand } from "./list.ts";
import { disableCommand, enableCommand, uninstallCommand } from "./manage.ts";
import { updateCommand } from "./update.ts";
import { verifyCommand } from "./verify.ts";

export default definePlugin({
  name: "plugins",
  description: "Installs, shows, grants, updates and removes community plugins, and helps to write them.",
  permissions: { "host.plugins": true },
  commands: [
    listCommand,
    installCommand,
    uninstallCommand,
    enableCommand,
    disableCommand,
    updateCommand,
    inspectCommand,
    verifyCommand,
    linkCommand,
    createCommand,
    validateCommand,
    testCommand,
    grantsCommand,
  ],
});
