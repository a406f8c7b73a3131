/**
 * The client under test of `@modelcontextprotocol/conformance`: one server by its URL, through Gantry's own MCP. It lists the
 * tools and calls each, answers elicitation with the defaults of its schema, and logs in as a user would whose browser goes
 * where it is sent. Run by the suite: node test/mcp/conformance-client.ts URL
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, describeError } from "../../core/contract/errors.ts";
import type { McpOAuth, McpServerSpec } from "../../core/contract/mcp.ts";
import type { Json, JsonObject } from "../../core/contract/messages.ts";
import type { Mcp } from "../../core/mcp/mcp.ts";
import { createMcp } from "../../core/mcp/servers.ts";
import { createRegistry } from "../../core/registry.ts";
import { createProcesses } from "../../workers/processes.ts";

const name = "suite";
const startMs = 15_000;
/** Each server of the suite that wants a login wants at most two; more is a loop, which Gantry has to end by itself. */
const maxLogins = 5;
const signal = AbortSignal.timeout(28_000);

interface Context {
  name?: string;
  client_id?: string;
  client_secret?: string;
  private_key_pem?: string;
  signing_algorithm?: string;
  idp_client_id?: string;
  idp_id_token?: string;
  idp_issuer?: string;
  idp_token_endpoint?: string;
}

/** What a user would write into the entry of this server. */
function oauthOf(scenario: string, context: Context): McpOAuth {
  const known: Record<string, string | undefined> = {
    clientId: context.client_id,
    clientSecret: context.client_secret,
    privateKey: context.private_key_pem,
    signingAlgorithm: context.signing_algorithm,
    idToken: context.idp_id_token,
    idpClientId: context.idp_client_id,
    idpIssuer: context.idp_issuer,
    idpTokenUrl: context.idp_token_endpoint,
    clientMetadataUrl: "https://conformance-test.local/client-metadata.json",
  };
  const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  const grants: Record<string, McpOAuth["grant"]> = {
    "auth/client-credentials-jwt": "private_key_jwt",
    "auth/client-credentials-basic": "client_credentials",
    "auth/cross-app-access-complete-flow": "cross_app_access",
  };
  return { ...given, grant: grants[scenario] ?? "authorization_code" };
}

function specOf(url: string, oauth: McpOAuth): McpServerSpec {
  return {
    ...{ name, startTimeoutMs: startMs, callTimeoutMs: startMs, alwaysLoad: false, required: true },
    transport: { kind: "http", url, headers: {}, oauth },
    tools: { deny: [] },
    sampling: { answer: "deny", tokensPerSession: 0 },
    ...{ layer: "flag", source: "the suite" },
  };
}

/** The suite's authorization servers send the browser back at once. */
async function browse(url: string): Promise<void> {
  const sent = await fetch(url, { redirect: "manual", signal });
  const back = await fetch(sent.headers.get("location") ?? "", { signal });
  await back.text();
}

function defaultsOf(schema: JsonObject): Record<string, Json> {
  const properties = (schema["properties"] ?? {}) as Record<string, JsonObject>;
  const defaults = Object.entries(properties).map(([key, field]) => [key, field["default"]] as const);
  return Object.fromEntries(defaults.filter((pair): pair is [string, Json] => pair[1] !== undefined));
}

/** The suite's tools want numbers, or nothing. */
function argumentsOf(schema: JsonObject): JsonObject {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, JsonObject>);
  return Object.fromEntries(properties.map(([key, field]) => [key, field["type"] === "number" ? 2 : "text"]));
}

function attachUser(mcp: Mcp): void {
  mcp.attach({
    id: "user",
    answer: async (kind, params) => {
      const replies: Record<string, () => unknown> = {
        openUrl: () => {
          void browse((params as { url: string }).url).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
          return { opened: true };
        },
        elicitForm: () => ({ action: "accept", content: defaultsOf((params as { schema: JsonObject }).schema) }),
      };
      const reply = replies[kind];
      if (reply === undefined) throw new Error(`the suite's user does not answer ${kind}`);
      return reply() as never;
    },
  });
}

async function ready(mcp: Mcp): Promise<void> {
  for (let logins = 0; ; logins++) {
    await mcp.settled({ servers: [name], boundMs: startMs, signal });
    const [facts] = mcp.facts();
    if (facts?.state === "ready") return;
    if (facts?.state !== "needs-login" || logins === maxLogins)
      throw new Error(`${facts?.state}: ${facts?.code} ${facts?.why}`);
    await login(mcp);
  }
}

async function login(mcp: Mcp): Promise<void> {
  await mcp.request(name, "login", { paste: false }, { signal, sessionId: "user" });
}

async function call(mcp: Mcp, tool: string, args: JsonObject): Promise<void> {
  for (let logins = 0; ; logins++) {
    try {
      await mcp.request(name, "callTool", { name: tool, arguments: args }, { signal, sessionId: "user" });
      return;
    } catch (error) {
      if (codeOf(error) !== "MCP_NEEDS_LOGIN" || logins === maxLogins) throw error;
      await login(mcp);
      await ready(mcp);
    }
  }
}

async function run(url: string, thread: string): Promise<void> {
  const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
  const context: Context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}");
  const tokenFolder = await mkdtemp(join(tmpdir(), "gantry-conformance-"));
  const processes = createProcesses({ env: process.env, maxOutputFileBytes: 1_000_000 });
  const mcp = createMcp({
    ...{ version: "0.0.0", roots: () => [], env: process.env, tokenFolder, useKeychain: false, filename: thread },
    config: { servers: [specOf(url, oauthOf(scenario, context))], waiting: [], disabled: [] },
    processes: async () => processes,
    registry: createRegistry(),
  });
  attachUser(mcp);
  try {
    mcp.start();
    await ready(mcp);
    for (const { name: tool, inputSchema } of mcp.catalog(name)?.tools ?? []) await call(mcp, tool, argumentsOf(inputSchema));
  } finally {
    await mcp.close();
    await processes.close();
    await rm(tokenFolder, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
const url = args.at(-1) ?? "";
const thread = args.length > 1 ? args[0] : undefined;
await run(url, thread ?? fileURLToPath(new URL("../../dist/mcp-thread.cjs", import.meta.url))).catch((error: unknown) => {
  const { code, message } = describeError(error);
  process.stderr.write(`${code}: ${message}\n`);
  process.exitCode = 1;
});
