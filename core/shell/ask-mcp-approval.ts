/** The question whether a tool of an MCP server may be called. All of it a stranger's, or the model's: bounded, so that the question itself stays in sight. */
import type { ApprovalQuestion } from "../permission/approval.ts";
import type { AskedMcpTool } from "../permission/asking.ts";
import { barred, valueText } from "./ask-text.ts";
import { clipLine, sanitizeLine } from "./sanitize.ts";
import type { Style } from "./style.ts";

const mostFields = 40;
const longestLine = 2_000;

export function mcpApprovalText({ call, reason }: ApprovalQuestion, mcp: AskedMcpTool, style: Style): string {
  const origin = style.dim(` (${clipLine(mcp.tool, 100)} of the MCP server ${clipLine(mcp.server, 100)})`);
  const fields = Object.entries(call.input);
  const more = fields.length - mostFields;
  const given = fields.slice(0, mostFields).flatMap(([field, value]) => {
    const text = barred(`${clipLine(field, 100)}: ${valueText(value)}`, style);
    return text.map((line) =>
      line.length > longestLine ? `${line.slice(0, longestLine)}… (${line.length} characters)` : line,
    );
  });
  const body = [
    ...barred(toldByServer(mcp), style),
    ...given,
    ...(more > 0 ? barred(`… ${more} more arguments …`, style) : []),
    ...barred(`in ${sanitizeLine(call.cwd)}; asked because ${sanitizeLine(reason)}`, style).map((line) => style.dim(line)),
  ];
  return `\n${style.yellow("┌")} ${style.bold(`Allow ${sanitizeLine(call.tool)}?`)}${origin}\n${body.join("\n")}\n`;
}

/** Its annotations are hints: they say what the server says. */
function toldByServer({ annotations = {} }: AskedMcpTool): string {
  const { readOnlyHint, destructiveHint, openWorldHint } = annotations;
  const words = [
    ...(readOnlyHint === true ? ["only reads"] : []),
    ...(destructiveHint === true ? ["may delete or overwrite"] : []),
    ...(destructiveHint === false && readOnlyHint !== true ? ["adds and deletes nothing"] : []),
    ...(openWorldHint === true ? ["reaches beyond the server"] : []),
  ];
  return words.length === 0
    ? "the server does not say what it does to the world"
    : `the server says that it ${words.join(" and ")}, which nothing here checks`;
}
