/**
 * A real process that changes a plugin store, for the fault tests: `node plugin-store-child.ts WHAT DATA_HOME PROJECT [NAME]`.
 * WHAT: install | update | big-update | settle | rollback | uninstall, of the user's or, with a `project-` in front, the project's scope.
 */
import { writeSync } from "node:fs";
import type { PluginScope } from "../../core/contract/installed.ts";
import { putVersion, removePlugin } from "../../core/plugin-store/changes.ts";
import { readInstalled } from "../../core/plugin-store/installed.ts";
import { confirmStarted, rollBack } from "../../core/plugin-store/settle.ts";
import { pluginVersion } from "./plugin-versions.ts";

const [word = "", dataHome = "", project = "", name = "notes"] = process.argv.slice(2);
const scope: PluginScope = word.startsWith("project-") ? "project" : "user";
const place = { dataHome, project };
const what = word.replace("project-", "");
const plugin = readInstalled(place).find((each) => each.name === name);

if (what === "install") await putVersion(place, pluginVersion({ name, scope }));
if (what === "update")
  await putVersion(place, pluginVersion({ name, scope, version: "2.0.0", replaces: pluginVersion({ name, scope }) }));
if (what === "big-update") {
  const replaces = pluginVersion({ name, code: `"${"x".repeat(200_000)}"` });
  await putVersion(place, pluginVersion({ name, version: "2.0.0", code: `"${"y".repeat(400_000)}"`, replaces }));
}
if (what === "settle" && plugin) await confirmStarted(place, plugin);
if (what === "rollback" && plugin) await rollBack(place, plugin);
if (what === "uninstall") await removePlugin(place, { name, scope, keepData: false });
writeSync(1, "done\n");
