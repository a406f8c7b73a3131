/** `mcp`. Texts hold `{env:NAME}` and `{file:PATH}`, put in before the file is parsed. Source: docs/mcp-servers, docs/config. */
import type { Json, JsonObject } from "gantry/plugin";
import { hasLiteral, isObject, own, plainly, serverOf, textMapOf, textsOf } from "../fields.ts";
import { type At, type Finding, notMapped } from "../findings.ts";

const known = new Set("type command environment enabled timeout url headers oauth cwd".split(" "));

export function serverFindings(name: string, value: Json, at: At): Finding[] {
  const refuse = (why: string): Finding[] => [notMapped({ ...at, kind: "mcp-server", what: `MCP server ${name}`, why })];
  if (!isObject(value)) return refuse("It is no object; opencode itself does not start it");
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    return refuse("Its name has letters that a key of Gantry's config cannot have; add it by hand under another name");
  if (JSON.stringify(value).includes("{file:"))
    return refuse("It takes a value from a file; put that value into a variable, and name it there");
  const keys = Object.keys(value);
  const enabled = own(value, "enabled");
  if (keys.every((key) => key === "enabled" || key === "timeout") && typeof enabled === "boolean")
    return [serverOf(at, { name, entry: { enabled }, isLiteral: false, lost: [] })];
  const env = variables(textMapOf(own(value, "environment") ?? {}));
  const headers = variables(textMapOf(own(value, "headers") ?? {}));
  if (env === undefined || headers === undefined) return refuse("Its variables or headers are no texts");
  const entry = own(value, "type") === "remote" ? remote(value, headers) : local(value, env);
  const timeout = own(value, "timeout");
  return [
    serverOf(at, {
      name,
      entry: {
        ...entry,
        // There it is how long the list of tools may take.
        startTimeout: typeof timeout === "number" && timeout >= 1 ? Math.min(600_000, Math.round(timeout)) : undefined,
        enabled: typeof enabled === "boolean" ? enabled : undefined,
      },
      isLiteral: hasLiteral(env) || hasLiteral(headers) || hasSecret(value),
      lost: keys.filter((key) => !known.has(key)),
    }),
  ];
}

/** Our form of variables: one that is not set is empty there. */
export function withVariables(text: string): string {
  return text
    .split(/(\{env:[A-Za-z_]\w*\})/)
    .map((part, at) => (at % 2 === 1 ? `\${${part.slice(5, -1)}:-}` : plainly(part)))
    .join("");
}

function variables(map: Record<string, string> | undefined): Record<string, string> | undefined {
  return map && Object.fromEntries(Object.entries(map).map(([key, text]) => [key, withVariables(text)]));
}

function local(value: JsonObject, env: Record<string, string>): Record<string, Json | undefined> {
  const words = textsOf(own(value, "command"))?.map(withVariables);
  const cwd = own(value, "cwd");
  const [command, ...args] = words ?? [];
  return {
    command,
    args: args.length === 0 ? undefined : args,
    env: Object.keys(env).length === 0 ? undefined : env,
    cwd: typeof cwd === "string" ? withVariables(cwd) : undefined,
  };
}

function remote(value: JsonObject, headers: Record<string, string>): Record<string, Json | undefined> {
  const url = own(value, "url");
  return {
    url: typeof url === "string" ? withVariables(url) : undefined,
    headers: Object.keys(headers).length === 0 ? undefined : headers,
    oauth: loginOf(own(value, "oauth")),
  };
}

function loginOf(oauth: Json | undefined): Json | undefined {
  if (!isObject(oauth)) return undefined;
  const { clientId, clientSecret, scope } = oauth;
  const login = {
    ...(typeof clientId === "string" ? { clientId: withVariables(clientId) } : {}),
    ...(typeof clientSecret === "string" ? { clientSecret: withVariables(clientSecret) } : {}),
    ...(typeof scope === "string" ? { scopes: scope.split(/\s+/).filter((word) => word !== "") } : {}),
  };
  return Object.keys(login).length === 0 ? undefined : login;
}

function hasSecret(value: JsonObject): boolean {
  const oauth = own(value, "oauth");
  const secret = isObject(oauth) ? own(oauth, "clientSecret") : undefined;
  return typeof secret === "string" && !/^\{env:\w+\}$/.test(secret);
}
