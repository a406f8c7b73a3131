/** What the fields of a handler that is of the right shape mean at its event, and which of them cannot work. */
import type { CommandHook, HookHandler, HttpHook, McpToolHook } from "../../contract/hook-config.ts";
import { didYouMean } from "../../contract/nearest.ts";
import { type PublicEvent, publicEventTable } from "../../contract/public-events.ts";
import { broken, type Finding, note, notInThisBuild } from "./finding.ts";

/** Everything that can be told without the disk. `servers`: names of the configured MCP servers, where they are known. */
export function checkSense(handler: HookHandler, event: PublicEvent, servers?: readonly string[]): Finding[] {
  const own = handler.type === "command" ? checkCommand(handler, event) : handler.type === "http" ? checkHttp(handler) : [];
  if (handler.type === "prompt" && handler.prompt.trim() === "") own.push(broken("prompt is empty"));
  if (handler.type === "mcp_tool") own.push(...checkMcpTool(handler, servers));
  return [...own, ...checkTimeout(handler, event), ...checkFailure(handler, event), ...checkOnce(handler, event)];
}

const maxSeconds = 3_600;
const promptSeconds = 30;
/** All of a session's end may take no more. */
const maxEndSeconds = 60;

export function timeoutSecondsOf({ type, timeout }: HookHandler, event: PublicEvent): number {
  const usual = type === "prompt" ? promptSeconds : publicEventTable[event].timeoutSeconds;
  return event === "SessionEnd" ? Math.min(timeout ?? usual, maxEndSeconds) : (timeout ?? usual);
}

function checkTimeout({ timeout }: HookHandler, event: PublicEvent): Finding[] {
  if (timeout === undefined) return [];
  if (!(timeout > 0)) return [broken(`timeout is ${timeout}; it is a number of seconds above 0`)];
  if (timeout > maxSeconds) {
    const meant = timeout >= 1_000 ? ` If ${timeout} milliseconds were meant, write ${timeout / 1_000}.` : "";
    return [broken(`timeout is in seconds, and ${timeout} is more than an hour.${meant}`, `At most ${maxSeconds}.`)];
  }
  if (event === "SessionEnd" && timeout > maxEndSeconds)
    return [note(`timeout is cut to ${maxEndSeconds} s at the end of a session`)];
  if (timeout > 600) return [note(`timeout is in seconds: ${timeout} are ${Math.round(timeout / 60)} minutes`)];
  return [];
}

function checkFailure(handler: HookHandler, event: PublicEvent): Finding[] {
  const { onFailure } = handler;
  if (onFailure === undefined) return [];
  if (!publicEventTable[event].guard) {
    if (onFailure === "continue") return [note(`onFailure says nothing here: a hook of ${event} that fails stops nothing`)];
    return [broken(`onFailure: "block" cannot work: a hook of ${event} that fails stops nothing`)];
  }
  if (onFailure === "block" && isInBackground(handler)) {
    return [broken('onFailure: "block" cannot work beside async: nothing waits for the hook; leave one of them out')];
  }
  return [];
}

function checkOnce({ once }: HookHandler, event: PublicEvent): Finding[] {
  if (once !== true || !publicEventTable[event].guard) return [];
  return [note(`with once it looks at the first ${event} of a session only; what comes after is not guarded by it`)];
}

function checkCommand(hook: CommandHook, event: PublicEvent): Finding[] {
  const { command, args, shell } = hook;
  const findings: Finding[] = [];
  if (command.trim() === "") findings.push(broken("command is empty"));
  else if (args !== undefined && /\s/.test(command) && !command.includes("/")) findings.push(execForm(command, args));
  if (shell === "powershell") findings.push(broken(`shell: "powershell" is ${notInThisBuild}; write bash`));
  else if (shell !== undefined && args !== undefined)
    findings.push(note("shell says nothing beside args: no shell is started"));
  if (hook.asyncRewake === true) findings.push(broken(`asyncRewake is ${notInThisBuild}`));
  else if (hook.rewakeMessage !== undefined || hook.rewakeSummary !== undefined) {
    findings.push(note("rewakeMessage and rewakeSummary say nothing without asyncRewake"));
  }
  if (isInBackground(hook) && publicEventTable[event].guard) {
    findings.push(note(`async: it runs in the background and decides nothing; a guard must not be async`));
  }
  return [...findings, ...checkVariables([command, ...(args ?? [])].join("\n"))];
}

function execForm(command: string, args: readonly string[]): Finding {
  const [program = "", ...rest] = command.trim().split(/\s+/);
  const right = `"command": ${JSON.stringify(program)}, "args": ${JSON.stringify([...rest, ...args])}`;
  return broken(
    `with args the command is one program, and there is none of the name ${JSON.stringify(command)}; write ${right}`,
  );
}

function checkVariables(text: string): Finding[] {
  const names = new Set([...text.matchAll(/\$\{?(CLAUDE_(?:TOOL|FILE)_\w+)/g)].map(([, name]) => name));
  const findings = [...names].map((name) =>
    note(
      `$${name} is set by nothing and never was; the input comes as JSON on stdin, for instance: jq -r .tool_input.file_path`,
    ),
  );
  if (/\$\{?CLAUDE_PLUGIN_(?:ROOT|DATA)\b/.test(text)) {
    findings.push(note("$CLAUDE_PLUGIN_ROOT and $CLAUDE_PLUGIN_DATA are set for hooks of plugins only"));
  }
  return findings;
}

function checkHttp({ url, headers, allowedEnvVars }: HttpHook): Finding[] {
  const findings: Finding[] = [];
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    findings.push(broken(`url begins with http:// or https://, not ${JSON.stringify(url.slice(0, 80))}`));
  }
  const used = [
    ...Object.values(headers ?? {})
      .join("\n")
      .matchAll(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g),
  ];
  const names = new Set(used.map(([, braced, bare]) => braced ?? bare ?? ""));
  for (const name of names) {
    if (allowedEnvVars?.includes(name)) continue;
    findings.push(note(`headers use $${name}, which is empty: it is not in allowedEnvVars`));
  }
  return findings;
}

function checkMcpTool({ server, tool, input }: McpToolHook, servers: readonly string[] | undefined): Finding[] {
  const findings: Finding[] = [];
  if (server.trim() === "") findings.push(broken("server is empty"));
  else if (servers !== undefined && !servers.includes(server)) {
    const known = servers.length === 0 ? "none is configured" : `there are ${servers.join(", ")}`;
    const near = didYouMean(server, servers);
    findings.push(broken(`there is no MCP server ${JSON.stringify(server)} in mcpServers; ${known}.${near}`));
  }
  const prefix = `mcp__${server}__`;
  if (tool.trim() === "") findings.push(broken("tool is empty"));
  else if (tool.startsWith(prefix)) {
    findings.push(broken(`tool is the server's own name of it; write ${JSON.stringify(tool.slice(prefix.length))}`));
  }
  const open = /\$\{(?![\w.-]+\})[^}]{0,40}\}?/.exec(JSON.stringify(input ?? {}))?.[0];
  if (open !== undefined) {
    findings.push(
      note(`${open} in input stays as it is: a placeholder is a path into the event's input, ${"$"}{tool_input.file_path}`),
    );
  }
  return findings;
}

export function isInBackground(handler: HookHandler): boolean {
  return handler.type === "command" && handler.async === true;
}
