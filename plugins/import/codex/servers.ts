/** `[mcp_servers.NAME]`. Values there are plain texts, never variables; names of variables have fields of their own. */
import type { Json, JsonObject } from "gantry/plugin";
import { hasLiteral, isObject, own, plainly, serverOf, textMapOf, textsOf } from "../fields.ts";
import { type At, addRule, type Finding, notMapped } from "../findings.ts";
import type { Bounds } from "./bounds.ts";

const known = new Set(
  (
    "command args env env_vars cwd url bearer_token_env_var http_headers env_http_headers enabled required enabled_tools " +
    "disabled_tools startup_timeout_sec startup_timeout_ms tool_timeout_sec scopes default_tools_approval_mode tools name " +
    "supports_parallel_tool_calls"
  ).split(" "),
);
const wordsOnly = /^[A-Za-z0-9_-]{1,64}$/;

export function serverFindings(name: string, value: Json, { at, bounds }: { at: At; bounds: Bounds }): Finding[] {
  const refuse = (why: string): Finding[] => [notMapped({ ...at, kind: "mcp-server", what: `MCP server ${name}`, why })];
  if (!isObject(value)) return refuse("It is no table; Codex itself does not start it");
  if (!wordsOnly.test(name))
    return refuse("Its name has letters that a key of Gantry's config cannot have; add it by hand under another name");
  const env = envOf(value);
  const headers = headersOf(value);
  if (env === undefined || headers === undefined)
    return refuse("Its variables or headers are no texts; Codex itself does not start it");
  const asked = askedTools(name, value, at);
  const entry = entryOf(value, env, headers);
  const server = serverOf(at, {
    name,
    entry: bounds.allowsServer(name, value) ? entry : { ...entry, enabled: false },
    isLiteral: hasLiteral(env) || hasLiteral(headers),
    lost: Object.keys(value).filter((key) => !known.has(key)),
  });
  return [server, ...asked];
}

function envOf(value: JsonObject): Record<string, string> | undefined {
  const env = textMapOf(own(value, "env") ?? {});
  const names = own(value, "env_vars") ?? [];
  if (env === undefined || !Array.isArray(names)) return undefined;
  const taken = names.map((each) => (isObject(each) ? own(each, "name") : each));
  if (!taken.every((each) => typeof each === "string")) return undefined;
  const forwarded = taken.map((each) => [each, `\${${each}:-}`] as const);
  return {
    ...Object.fromEntries(forwarded),
    ...Object.fromEntries(Object.entries(env).map(([key, text]) => [key, plainly(text)])),
  };
}

function headersOf(value: JsonObject): Record<string, string> | undefined {
  const plain = textMapOf(own(value, "http_headers") ?? {});
  const named = textMapOf(own(value, "env_http_headers") ?? {});
  const token = own(value, "bearer_token_env_var");
  if (plain === undefined || named === undefined || (token !== undefined && typeof token !== "string")) return undefined;
  return {
    ...Object.fromEntries(Object.entries(plain).map(([key, text]) => [key, plainly(text)])),
    ...Object.fromEntries(Object.entries(named).map(([key, variable]) => [key, `\${${variable}}`])),
    ...(token === undefined ? {} : { Authorization: `Bearer \${${token}}` }),
  };
}

function entryOf(
  value: JsonObject,
  env: Record<string, string>,
  headers: Record<string, string>,
): Record<string, Json | undefined> {
  const text = (key: string): string | undefined => {
    const found = own(value, key);
    return typeof found === "string" ? plainly(found) : undefined;
  };
  const flag = (key: string): boolean | undefined => {
    const found = own(value, key);
    return typeof found === "boolean" ? found : undefined;
  };
  const isRemote = text("url") !== undefined;
  const allow = textsOf(own(value, "enabled_tools"));
  const deny = textsOf(own(value, "disabled_tools"));
  const scopes = textsOf(own(value, "scopes"));
  const shared = {
    timeout: milliseconds(own(value, "tool_timeout_sec"), 1000),
    startTimeout: milliseconds(own(value, "startup_timeout_sec"), 1000) ?? milliseconds(own(value, "startup_timeout_ms"), 1),
    tools: allow === undefined && deny === undefined ? undefined : { ...(allow ? { allow } : {}), ...(deny ? { deny } : {}) },
    enabled: flag("enabled"),
    required: flag("required"),
  };
  if (isRemote)
    return {
      url: text("url"),
      headers: Object.keys(headers).length === 0 ? undefined : headers,
      oauth: scopes === undefined ? undefined : { scopes },
      ...shared,
    };
  return {
    command: text("command"),
    args: textsOf(own(value, "args"))?.map(plainly),
    env: Object.keys(env).length === 0 ? undefined : env,
    cwd: text("cwd"),
    ...shared,
  };
}

function milliseconds(value: Json | undefined, factor: number): number | undefined {
  if (typeof value !== "number" || value <= 0) return undefined;
  return Math.min(600_000, Math.max(1, Math.round(value * factor)));
}

/**
 * Which tools it asks about follows from what the server says of them, in rules that changed with its versions; so all of a server
 * are asked about here, but where the file says yes to all. Source: openai/codex, core/src/mcp_tool_call.rs.
 */
function askedTools(name: string, value: JsonObject, at: At): Finding[] {
  const perTool = own(value, "tools");
  const single = Object.entries(isObject(perTool) ? perTool : {}).map(([tool, settings]) => {
    return [`mcp__${name}__${tool}`, isObject(settings) ? own(settings, "approval_mode") : undefined] as const;
  });
  const all = [[`mcp__${name}`, own(value, "default_tools_approval_mode")] as const, ...single];
  return all.flatMap(([rule, mode]): Finding[] => {
    const isServer = rule === `mcp__${name}`;
    if (!isServer && (mode === undefined || mode === "auto")) return [];
    const what = mode === undefined ? `ask ${rule}` : `${rule}: approval mode ${String(mode)}`;
    if (mode === "approve") {
      const why = "Tools of a server that do not only read are asked about; allow the tool after the server is known to you";
      return [{ kind: "permission", what, ...at, result: "stricter", why }];
    }
    const becomes = [addRule("ask", /^[\w-]+$/.test(rule) ? rule : `mcp__${name}`)];
    if (mode === "prompt") return [{ kind: "permission", what, ...at, result: "exact", becomes }];
    const why = "Codex asks by what a server says of its tools; here each of them is asked about";
    return [{ kind: "permission", what, ...at, result: "stricter", becomes, why }];
  });
}
