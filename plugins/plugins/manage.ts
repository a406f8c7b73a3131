import { defineCommand } from "gantry/plugin";
import { projectFlag } from "./consent.ts";
import { printable } from "./text.ts";

const nameArg = { name: "name", summary: "The plugin.", required: true };

export const uninstallCommand = defineCommand({
  id: "plugins uninstall",
  summary: "Remove a plugin: its bytes, your consent, what it stored and what is known of its use.",
  args: [nameArg],
  flags: [
    { ...projectFlag, summary: "The one of this project, where you have one of that name too." },
    { name: "user", type: "boolean", summary: "Your own, where the project has one of that name too." },
    {
      name: "keep-data",
      type: "boolean",
      summary: "Keep what it stored, for when it is installed from the same source again.",
    },
  ],
  examples: ["gantry plugins uninstall notes", "gantry plugins uninstall notes --keep-data"],
  async run({ args, flags }, { host }) {
    const name = args["name"] ?? "";
    const scope = flags["project"] === true ? "project" : flags["user"] === true ? "user" : undefined;
    const keepData = flags["keep-data"] === true;
    const from = await host.plugins.uninstall(name, { keepData, ...(scope === undefined ? {} : { scope }) });
    const whose = from === "project" ? " of this project" : "";
    const data = keepData ? "; what it stored is kept" : "";
    return { data: { name, scope: from, keepData }, text: `The plugin ${printable(name)}${whose} is uninstalled${data}.` };
  },
});

export const enableCommand = switchCommand("enable", true);
export const disableCommand = switchCommand("disable", false);

function switchCommand(word: "enable" | "disable", enabled: boolean) {
  const done = enabled
    ? "is enabled: it loads from the next session on"
    : "is disabled: it holds no permission and does not load";
  return defineCommand({
    id: `plugins ${word}`,
    summary: enabled ? "Use a disabled plugin again." : "Keep a plugin installed, and do not use it.",
    args: [nameArg],
    examples: [`gantry plugins ${word} notes`],
    async run({ args }, { host }) {
      const name = args["name"] ?? "";
      await host.plugins.setEnabled(name, enabled);
      return { data: { name, enabled }, text: `The plugin ${printable(name)} ${done}.` };
    },
  });
}
