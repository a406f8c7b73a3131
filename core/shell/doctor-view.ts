/** The findings of doctor as text. */
import type { Findings } from "./doctor.ts";
import { serverLines } from "./doctor-mcp.ts";
import type { PluginFinding } from "./doctor-plugins.ts";
import { sanitizeLine, sanitizeStyled } from "./sanitize.ts";
import type { Style } from "./style.ts";

export function describe(findings: Findings, style: Style): string {
  const { credentials, sessions, search } = findings;
  const rows: [string, string][] = [
    ["gantry", findings.version],
    ["Node.js", `${findings.node} on ${findings.platform}`],
    ["project", findings.project],
    ["model", findings.model],
    ["mode", findings.mode],
    ["credentials", credentials.map(({ name, isSet }) => `${name} ${isSet ? style.green("set") : "not set"}`).join(", ")],
    [
      "sessions",
      `${sessions.folder} ${sessions.writable ? style.green("writable") : style.red(`not writable: ${sessions.problem}`)}`,
    ],
    ["search", search.engine === "ripgrep" ? "ripgrep" : `JavaScript fallback: ${search.reason}`],
    ["shell", findings.shell],
    ["sandbox", sandboxText(findings, style)],
    ["trust", trustText(findings)],
  ];
  const head = rows.map(([name, value]) => `  ${style.dim(name.padEnd(12))} ${value}`);
  const problems = [
    ...findings.problems.map((problem) => `  ${style.red("✗")} ${sanitizeLine(problem)}`),
    ...findings.warnings.map((warning) => `  ${style.yellow("!")} ${sanitizeLine(warning)}`),
    ...testLines(findings, style),
  ];
  return [
    ...head,
    "",
    style.bold("Plugins"),
    ...findings.plugins.flatMap((plugin) => pluginLines(plugin, style)),
    ...communityLines(findings, style),
    ...serverLines(findings.mcp, style),
    "",
    style.bold("Config"),
    ...(problems.length > 0 ? problems : [`  ${style.green("✓")} no problem found`]),
    "",
    style.bold("Not enforced on this machine"),
    ...findings.notEnforced.map((text) => `  ${style.yellow("!")} ${text}`),
    "",
  ].join("\n");
}

function sandboxText({ sandbox }: Findings, style: Style): string {
  const tools = sandbox.tools.flatMap(({ name, path, version }) =>
    path === undefined ? [] : [`${name} ${version === undefined ? "" : `${version} `}(${path})`],
  );
  const state = sandbox.works ? style.green("works") : style.red(`does not work: ${sandbox.problem}`);
  const advice = sandbox.advice === undefined || sandbox.works ? "" : ` ${sandbox.advice}`;
  return sanitizeStyled(
    `${state}${advice}; sandbox.shell is ${sandbox.mode}${tools.length > 0 ? `; ${tools.join(", ")}` : ""}`,
  );
}

function testLines({ permissionTests }: Findings, style: Style): string[] {
  if (permissionTests === undefined) return [];
  const { passed, failed, problem } = permissionTests;
  if (problem !== undefined) return [`  ${style.red("✗")} permissions.tests could not be run: ${sanitizeLine(problem)}`];
  if (failed.length === 0) return [`  ${style.green("✓")} ${passed} of permissions.tests pass`];
  return failed.map((text) => `  ${style.red("✗")} ${sanitizeLine(text)}`);
}

function trustText({ trust }: Findings): string {
  if (trust.state === "nothing-to-trust") return "nothing in this project needs it";
  const parts = trust.parts.map(({ what }) => sanitizeLine(what)).join("; ");
  return `${trust.state}: ${parts}`;
}

function communityLines({ community }: Findings, style: Style): string[] {
  if (community === undefined) return [];
  const { plugins, isolation } = community;
  const tier = isolation.osBoundary
    ? "process + realm, and the operating system's boundary"
    : "process + realm; no OS boundary";
  return [
    "",
    `${style.bold("Installed plugins")} ${style.dim(`(${tier}; isolation.require ${isolation.require})`)}`,
    ...plugins.flatMap((plugin) => [
      ...pluginLines({ ...plugin, name: sanitizeLine(`${plugin.name} ${plugin.version}`) }, style),
      ...plugin.may.map((words) => `      ${style.dim(sanitizeLine(words))}`),
    ]),
  ];
}

function pluginLines(plugin: PluginFinding, style: Style): string[] {
  const mark = plugin.state === "loaded" ? style.green("✓") : plugin.state === "failed" ? style.red("✗") : style.dim("–");
  const offers = [
    plugin.tools.length > 0 ? `tools ${plugin.tools.join(", ")}` : "",
    plugin.commands.length > 0 ? `commands ${plugin.commands.join(", ")}` : "",
    plugin.providers.length > 0 ? `models ${plugin.providers.map((name) => `${name}/…`).join(", ")}` : "",
  ].filter((text) => text !== "");
  const first = `  ${mark} ${style.bold(sanitizeLine(plugin.name).padEnd(10))} ${sanitizeLine(offers.join("; "))}`;
  return plugin.problem === undefined ? [first] : [first, `      ${plugin.state}: ${sanitizeLine(plugin.problem)}`];
}
