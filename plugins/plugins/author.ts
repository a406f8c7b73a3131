/** Commands for who writes a plugin. */
import { defineCommand } from "gantry/plugin";
import { commandLine, grantFlag, readGiven, yesFlag } from "./consent.ts";
import { installedText, settle } from "./install.ts";
import { printable, toJson } from "./text.ts";

const folderArg = { name: "folder", summary: "The plugin's folder.", required: true };

export const createCommand = defineCommand({
  id: "plugins create",
  summary: "Write a starter plugin in TypeScript: a tool, a command, a judge, and tests that pass.",
  args: [{ name: "name", summary: "Its name: lower-case letters, digits and -.", required: true }],
  flags: [{ name: "folder", type: "string", value: "DIR", summary: "Where to write it. Default: a new folder of its name." }],
  examples: ["gantry plugins create notes"],
  async run({ args, flags }, { host }) {
    const name = args["name"] ?? "";
    const folder = typeof flags["folder"] === "string" ? flags["folder"] : name;
    const created = await host.plugins.create(name, folder);
    const files = created.files.map((file) => `  ${printable(file)}`).join("\n");
    const next = `gantry plugins test ${folder}, then gantry plugins install ./${folder}`;
    return { data: toJson({ name, ...created }), text: `${printable(created.folder)}\n${files}\n\nNext: ${next}` };
  },
});

export const validateCommand = defineCommand({
  id: "plugins validate",
  summary:
    "Build a plugin's folder as an install would, and say everything that is wrong with it, or what users will be shown.",
  args: [folderArg],
  examples: ["gantry plugins validate ./notes"],
  async run({ args }, { host }) {
    const { problems, plan } = await host.plugins.validate(args["folder"] ?? "");
    const data = toJson({ problems, ...(plan === undefined ? {} : { plan }) });
    const [first] = problems;
    if (first === undefined)
      return {
        data,
        text: plan === undefined ? "Nothing is wrong." : `${plan.text}\n\nNothing is wrong with it.`,
      };
    const { codeOf } = await import("gantry/errors");
    const text = problems.map(
      ({ message, line, file }) => `${file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `}${message}`,
    );
    const code = codeOf({ code: first.code }) ?? "PLUGIN_INVALID";
    return { data, text: printableLines(text), error: { code, message: text.join("\n") } };
  },
});

export const testCommand = defineCommand({
  id: "plugins test",
  summary: "Run a plugin's own tests, in real guests of this build.",
  args: [folderArg],
  examples: ["gantry plugins test ./notes"],
  async run({ args }, { host, print }) {
    const { exitCode, output } = await host.plugins.test(args["folder"] ?? "", { onOutput: print });
    const data = { exitCode, output };
    if (exitCode === 0) return { data, text: "" };
    return { data, text: "", error: { code: "PLUGIN_TEST_FAILED", message: `the tests ended with exit code ${exitCode}` } };
  },
});

export const linkCommand = defineCommand({
  id: "plugins link",
  summary: "Use a plugin from the folder where you write it: it is built anew when its files change.",
  description: "Grants hold for the folder, whatever is in it. To end it: gantry plugins uninstall NAME.",
  args: [folderArg],
  flags: [grantFlag, yesFlag],
  examples: ["gantry plugins link ./notes --grant fs.read='./notes/**'"],
  async run({ args, flags }, ctx) {
    const given = readGiven(flags, ctx);
    const folder = args["folder"] ?? "";
    const plan = await ctx.host.plugins.link(folder);
    const isDone = await settle(plan, { given, again: commandLine(["link", folder], given, flags), ctx });
    return { data: toJson({ outcome: isDone ? "linked" : "declined", plan }), text: installedText(plan, isDone) };
  },
});

const printableLines = (lines: readonly string[]): string =>
  lines
    .flatMap((line) => line.split("\n"))
    .map(printable)
    .join("\n");
