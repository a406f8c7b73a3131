/** `mcpServers` of Claude Code: entries whose keys Gantry knows by the same names. */
import type { Json, JsonObject } from "gantry/plugin";
import { isObject, own, serverOf, textsOf } from "../fields.ts";
import { type At, type Finding, notInThisBuild, notMapped } from "../findings.ts";

const same = ["command", "args", "env", "cwd", "url", "headers", "timeout", "alwaysLoad"];
const oauthKeys = ["clientId", "clientSecret", "callbackPort", "clientMetadataUrl"];

export function serverFindings(servers: Json | undefined, at: (name: string) => At): Finding[] {
  return Object.entries(isObject(servers) ? servers : {}).map(([name, entry]) => oneServer(name, entry, at(name)));
}

function oneServer(name: string, entry: Json, at: At): Finding {
  const what = `MCP server ${name}`;
  const told = { ...at, kind: "mcp-server" as const, what };
  if (!isObject(entry)) return notMapped({ ...told, why: "Its entry is no object, and starts nothing there." });
  const type = own(entry, "type");
  const hasUrl = own(entry, "url") !== undefined;
  if (type === "ws" || type === "sdk" || (typeof type === "string" && !["stdio", "http", "sse"].includes(type)))
    return notInThisBuild({ ...told, why: `Gantry reaches servers by stdio, http and sse, not by ${type}.` });
  if (own(entry, "headersHelper") !== undefined)
    return notInThisBuild({ ...told, why: "headersHelper is not in this build; write headers with a variable, or use oauth." });
  if (type === undefined && hasUrl)
    return notMapped({ ...told, why: "It has a url and no type, and is skipped there; gantry mcp add adds it." });
  const oauth = oauthOf(own(entry, "oauth"));
  const kept = Object.fromEntries(same.filter((key) => Object.hasOwn(entry, key)).map((key) => [key, entry[key]]));
  const known = [...same, "type", "oauth", ...(own(entry, "disabled") === undefined ? [] : ["disabled"])];
  const lost = [...Object.keys(entry).filter((key) => !known.includes(key)), ...oauth.lost.map((key) => `oauth.${key}`)];
  return serverOf(at, {
    name,
    entry: {
      ...(typeof type === "string" ? { type } : {}),
      ...kept,
      ...(oauth.kept === undefined ? {} : { oauth: oauth.kept }),
      ...(own(entry, "disabled") === true ? { enabled: false } : {}),
    },
    isLiteral: false,
    lost,
  });
}

function oauthOf(value: Json | undefined): { kept?: JsonObject; lost: string[] } {
  if (!isObject(value)) return { lost: [] };
  const scopes = own(value, "scopes");
  const list = typeof scopes === "string" ? scopes.split(/[\s,]+/).filter((scope) => scope !== "") : textsOf(scopes);
  const kept = Object.fromEntries(Object.entries(value).filter(([key]) => oauthKeys.includes(key)));
  const lost = Object.keys(value).filter((key) => !oauthKeys.includes(key) && key !== "scopes");
  return { kept: { ...kept, ...(list === undefined ? {} : { scopes: list }) }, lost };
}
