/** The shape of one entry of `mcpServers`, for types, JSON Schema and docs; config/mcp-entries.ts says in words what is wrong with one. */
import * as z from "zod";
import { longestTimerMs } from "../core/contract/clock.ts";
import { serverNamePattern } from "./mcp-names.ts";

const text = z.string().min(1).max(65_536);
const texts = z.array(z.string().max(65_536)).max(1000);
const names = z.array(z.string().min(1).max(256)).max(1000);

const oauth = z.strictObject({
  grant: z
    .enum(["authorization_code", "client_credentials", "private_key_jwt", "cross_app_access"])
    .optional()
    .describe("How Gantry logs in. Default: authorization_code, the user's own login in a browser."),
  clientId: text.optional().describe("Of a client that is registered there already."),
  clientSecret: text.optional().describe("Its secret; name a variable that holds it."),
  clientMetadataUrl: text
    .optional()
    .describe("URL of a client metadata document, used as the client id where the server takes one."),
  callbackPort: z.int().min(1).max(65_535).optional().describe("Of the loopback callback. Default: any free one."),
  scopes: names.optional().describe("What is asked for. Default: what the server says it needs."),
  privateKeyFile: text.optional().describe("PEM file of the key, for private_key_jwt."),
  signingAlgorithm: text.optional().describe("As RS256 or ES256, for private_key_jwt."),
  idToken: text.optional().describe("Of the identity provider, for cross_app_access; name a variable that holds it."),
  idpClientId: text.optional().describe("The client at the identity provider, for cross_app_access."),
  idpTokenUrl: text.optional().describe("Token endpoint of the identity provider, for cross_app_access."),
  idpIssuer: text.optional().describe("Issuer of the identity provider, for cross_app_access."),
});

const server = z.strictObject({
  type: z.enum(["stdio", "http", "sse"]).optional().describe("Default: stdio with a command, http with a url."),
  command: text
    .optional()
    .describe("Program of a stdio server, started without a shell. A relative path starts at the project root."),
  args: texts.optional().describe("Its arguments."),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
    .optional()
    .describe("Variables it gets beside the usual few."),
  cwd: text
    .optional()
    .describe("Folder it starts in. Default: the project root for servers of this project, home for those of every project."),
  url: text.optional().describe("Of an http or sse server."),
  headers: z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string())
    .optional()
    .describe("Sent with each request."),
  oauth: oauth.optional().describe("How Gantry logs in where the server wants a login; all of it can be absent."),
  timeout: z.int().min(1).max(longestTimerMs).optional().describe("Milliseconds of one call. Default: limits.toolTimeoutMs."),
  startTimeout: z.int().min(1).max(600_000).optional().describe("Milliseconds from start to ready. Default: 30000."),
  tools: z
    .strictObject({ allow: names.optional(), deny: names.optional() })
    .optional()
    .describe("Which of its tools are used, by name or glob: those that allow names, without those that deny names."),
  alwaysLoad: z.boolean().optional().describe("Its tools are in every request, and the first request waits for them."),
  required: z.boolean().optional().describe("A run ends with exit 7 where it cannot be used."),
  enabled: z.boolean().optional().describe("false: it is not started."),
  sampling: z
    .strictObject({
      answer: z.enum(["ask", "allow", "deny"]).optional(),
      tokensPerSession: z.int().min(1).max(100_000_000).optional(),
    })
    .optional()
    .describe("Whether it may ask the session's model, and for how many tokens in a session. Default: ask, 50000."),
});

export type McpServerEntry = z.infer<typeof server>;

export const mcpServers = z
  .record(z.string().regex(serverNamePattern), server)
  .describe(
    "MCP servers by name. Merged by name: an entry with a command or url replaces a lower layer's whole, but a project's never the user's; one without changes settings of it, as {enabled: false}. docs/mcp.md",
  );
