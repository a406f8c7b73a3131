/** `mcpServers` of Claw Code. Nothing in an entry is a variable there, so nothing becomes one. */
import type { Json } from "gantry/plugin";
import { isObject, own, plainly, serverOf, textMapOf, textsOf } from "../fields.ts";
import { type At, type Finding, notInThisBuild, notMapped } from "../findings.ts";

const known = ["type", "command", "args", "env", "url", "headers", "toolCallTimeoutMs", "required", "oauth"];

export function clawServerFindings(servers: Json | undefined, at: (name: string) => At): Finding[] {
  return Object.entries(isObject(servers) ? servers : {}).map(([name, entry]) => oneServer(name, entry, at(name)));
}

function oneServer(name: string, entry: Json, at: At): Finding {
  const told = { ...at, kind: "mcp-server" as const, what: `MCP server ${name}` };
  if (!isObject(entry)) return notMapped({ ...told, why: "Its entry is no object, and starts nothing there." });
  const url = own(entry, "url");
  const type = own(entry, "type") ?? (url === undefined ? "stdio" : "http");
  if (type !== "stdio" && type !== "http" && type !== "sse")
    return notInThisBuild({ ...told, why: `Gantry reaches servers by stdio, http and sse, not by ${JSON.stringify(type)}.` });
  if (own(entry, "headersHelper") !== undefined)
    return notInThisBuild({ ...told, why: "headersHelper is not in this build; write headers with a variable, or use oauth." });
  const timeout = own(entry, "toolCallTimeoutMs");
  const oauth = own(entry, "oauth");
  const oauthKeys = isObject(oauth) ? Object.keys(oauth) : [];
  const kept = isObject(oauth) ? Object.entries(oauth).filter(([key]) => key === "clientId" || key === "callbackPort") : [];
  const common = {
    type,
    ...(timeout === undefined ? {} : { timeout }),
    ...(own(entry, "required") === true ? { required: true } : {}),
  };
  const parts =
    type === "stdio"
      ? {
          command: textOf(own(entry, "command")),
          args: textsOf(own(entry, "args"))?.map(plainly) ?? own(entry, "args"),
          env: plainMap(own(entry, "env")),
        }
      : {
          url: textOf(url),
          headers: plainMap(own(entry, "headers")),
          ...(kept.length === 0 ? {} : { oauth: Object.fromEntries(kept) }),
        };
  const lost = [
    ...Object.keys(entry).filter((key) => !known.includes(key)),
    ...oauthKeys.filter((key) => !kept.some(([each]) => each === key)).map((key) => `oauth.${key}`),
  ];
  const held = Object.values(parts).some((part) => isObject(part) && Object.keys(part).length > 0);
  return serverOf(at, { name, entry: { ...common, ...parts }, isLiteral: held, lost });
}

function textOf(value: Json | undefined): Json | undefined {
  return typeof value === "string" ? plainly(value) : value;
}

/** What is no map of texts stays as it is, and is refused with Gantry's words. */
function plainMap(value: Json | undefined): Json | undefined {
  const map = textMapOf(value);
  return map === undefined ? value : Object.fromEntries(Object.entries(map).map(([key, text]) => [key, plainly(text)]));
}
