/** `mcpServers`. Texts hold variables as `$NAME` and `${NAME}`. Source: docs/reference/configuration.md, docs/tools/mcp-server.md. */
import type { Json, JsonObject } from "gantry/plugin";
import { hasLiteral, isObject, own, serverOf, textMapOf, textsOf } from "../fields.ts";
import { type At, addRule, type Finding, notMapped } from "../findings.ts";
import { mcpRule } from "./tools.ts";

const known = new Set(
  "command args env cwd url httpUrl type headers timeout trust description includeTools excludeTools oauth".split(" "),
);
/** What an entry of `mcp.excluded`, or one that `mcp.allowed` lacks, is: not started. */
export type IsOff = (name: string) => boolean;

export function serverFindings(name: string, value: Json, { at, isOff }: { at: At; isOff: IsOff }): Finding[] {
  const refuse = (why: string): Finding[] => [notMapped({ ...at, kind: "mcp-server", what: `MCP server ${name}`, why })];
  if (!isObject(value)) return refuse("It is no object; Gemini CLI itself does not start it");
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    return refuse("Its name has letters that a key of Gantry's config cannot have; add it by hand under another name");
  const env = variables(textMapOf(own(value, "env") ?? {}));
  const headers = variables(textMapOf(own(value, "headers") ?? {}));
  if (env === undefined || headers === undefined) return refuse("Its variables or headers are no texts");
  // A tool whose name is a variable's cannot be taken out of the server: then no trust counts.
  const isTrusted = own(value, "trust") === true && !JSON.stringify(own(value, "excludeTools") ?? null).includes("$");
  const server = serverOf(at, {
    name,
    entry: { ...entryOf(value, env, headers), enabled: isOff(name) ? false : undefined },
    isLiteral: hasLiteral(env) || hasLiteral(headers),
    lost: [...Object.keys(value).filter((key) => !known.has(key)), ...lostLogin(value)],
    ...(isTrusted ? { why: "trust let all its tools run unasked; Gantry asks about those that do not only read" } : {}),
  });
  const rule = mcpRule(name, "*");
  const why = "Gemini CLI asks about each tool of a server, also of one that says that it only reads";
  const asked: Finding = {
    kind: "permission",
    what: `ask ${rule}`,
    ...at,
    result: "exact",
    becomes: [addRule("ask", rule)],
    why,
  };
  return isTrusted ? [server] : [server, asked];
}

/** Our form of variables; what is none stays as it was written. */
export function withVariables(text: string): string {
  return text.replaceAll(/\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*(?::-[^}]*)?)\}|(\{))/g, (_, plain?: string, braced?: string) =>
    plain !== undefined || braced !== undefined ? `\${${plain ?? braced}}` : "$${",
  );
}

function variables(map: Record<string, string> | undefined): Record<string, string> | undefined {
  return map && Object.fromEntries(Object.entries(map).map(([key, text]) => [key, withVariables(text)]));
}

function entryOf(
  value: JsonObject,
  env: Record<string, string>,
  headers: Record<string, string>,
): Record<string, Json | undefined> {
  const text = (key: string): string | undefined => {
    const found = own(value, key);
    return typeof found === "string" && found !== "" ? withVariables(found) : undefined;
  };
  const [allow, deny] = [textsOf(own(value, "includeTools")), textsOf(own(value, "excludeTools"))];
  const timeout = own(value, "timeout");
  const shared = {
    timeout: typeof timeout === "number" && timeout >= 1 ? Math.round(timeout) : undefined,
    // `tool(…)` in the first of the two is a tool with some of its calls.
    tools:
      allow === undefined && deny === undefined
        ? undefined
        : { ...(allow ? { allow: allow.map((tool) => tool.replace(/\(.*$/, "")) } : {}), ...(deny ? { deny } : {}) },
  };
  const [http, sse] = [text("httpUrl"), text("url")];
  if (http === undefined && sse === undefined)
    return {
      command: text("command"),
      args: textsOf(own(value, "args"))?.map(withVariables),
      env: Object.keys(env).length === 0 ? undefined : env,
      cwd: text("cwd"),
      ...shared,
    };
  const isHttp = http !== undefined || own(value, "type") === "http";
  return {
    type: isHttp ? "http" : "sse",
    url: http ?? sse,
    headers: Object.keys(headers).length === 0 ? undefined : headers,
    oauth: loginOf(value),
    ...shared,
  };
}

function loginOf(value: JsonObject): Json | undefined {
  const oauth = own(value, "oauth");
  if (!isObject(oauth)) return undefined;
  const { clientId, clientSecret, scopes } = oauth;
  const list = textsOf(scopes);
  return {
    ...(typeof clientId === "string" ? { clientId: withVariables(clientId) } : {}),
    ...(typeof clientSecret === "string" ? { clientSecret: withVariables(clientSecret) } : {}),
    ...(list === undefined ? {} : { scopes: list }),
  };
}

function lostLogin(value: JsonObject): string[] {
  const oauth = own(value, "oauth");
  const kept = ["enabled", "clientId", "clientSecret", "scopes"];
  return isObject(oauth) ? Object.keys(oauth).flatMap((key) => (kept.includes(key) ? [] : [`oauth.${key}`])) : [];
}
