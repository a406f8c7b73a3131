import { defineCommand } from "gantry/plugin";
import { columnsOf, counted, printable, shorten, toJson } from "./text.ts";

export const verifyCommand = defineCommand({
  id: "plugins verify",
  summary: "Hash the bytes of installed plugins again and compare them with the lock.",
  args: [{ name: "name", summary: "The plugin. Default: all." }],
  examples: ["gantry plugins verify", "gantry plugins verify notes"],
  async run({ args }, { host }) {
    const plugins = await host.plugins.verify(args["name"]);
    const data = toJson({ plugins });
    if (plugins.length === 0) return { data, text: "No plugin is installed." };
    const rows = plugins.map(({ name, scope, ok, problem }) => [
      printable(name),
      scope,
      ok ? "ok" : "CHANGED",
      shorten(problem ?? "", 400),
    ]);
    const text = columnsOf(["NAME", "SCOPE", "BYTES", ""], rows);
    const wrong = plugins.filter(({ ok }) => !ok);
    if (wrong.length === 0) return { data, text };
    const said = wrong.map(({ name, problem }) => `${name}: ${problem ?? ""}`).join("\n");
    const message = `${counted(wrong.length, "plugin")} of ${plugins.length} ${wrong.length === 1 ? "is" : "are"} not what the lock says:\n${said}`;
    return { data, text, error: { code: "PLUGIN_CHANGED", message } };
  },
});
