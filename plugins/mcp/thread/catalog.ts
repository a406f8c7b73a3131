/** What one connected server offers: read whole at its start, and each kind again when the server says that it has changed. */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import type { McpCatalog, McpServerSpec } from "../../../core/contract/mcp.ts";
import { cleanLine } from "./clean-text.ts";
import { messageOf } from "./fault.ts";
import { withinRoom } from "./list-room.ts";
import { type ListMethod, type ListOptions, readList } from "./lists.ts";
import { shapePrompts, shapeResources, shapeTemplates } from "./other-shapes.ts";
import { createOutputChecks, type OutputCheck } from "./output-check.ts";
import { shapeTools } from "./tool-shape.ts";

/** Of each list but the tools. */
const maxListChars = 1024 * 1024;

export type CatalogKind = "tools" | "prompts" | "resources";

export interface Offer {
  readonly catalog: McpCatalog;
  checkOf(tool: string): OutputCheck | undefined;
  /** A list that the server refuses is empty and a problem; the loss of the server or the end of time is thrown. */
  read(kinds: readonly CatalogKind[], signal: AbortSignal): Promise<void>;
}

export interface OfferOptions {
  client: Client;
  spec: McpServerSpec;
  onProblem(text: string): void;
}

export function createOffer({ client, spec, onProblem }: OfferOptions): Offer {
  const catalog: McpCatalog = { tools: [], prompts: [], resources: [], templates: [] };
  const outputs = createOutputChecks();
  let checks = new Map<string, OutputCheck>();

  const list = (method: ListMethod, signal: AbortSignal) =>
    readOrRefused(client, method, { signal, timeoutMs: spec.startTimeoutMs, onProblem });

  const within = <T extends object>(what: string, items: T[]): T[] =>
    withinRoom(items, { what, maxChars: maxListChars, onProblem });

  const readers: Record<CatalogKind, (signal: AbortSignal) => Promise<void>> = {
    async tools(signal) {
      const shaped = await shapeTools(await list("tools/list", signal), { globs: spec.tools, outputs, onProblem });
      catalog.tools = shaped.tools;
      checks = shaped.checks;
    },
    async prompts(signal) {
      catalog.prompts = within("prompts", shapePrompts(await list("prompts/list", signal), onProblem));
    },
    async resources(signal) {
      const [resources, templates] = await Promise.all([
        list("resources/list", signal),
        list("resources/templates/list", signal),
      ]);
      catalog.resources = within("resources", shapeResources(resources, onProblem));
      catalog.templates = within("templates", shapeTemplates(templates, onProblem));
    },
  };

  return {
    catalog,
    checkOf: (tool) => checks.get(tool),
    async read(kinds, signal) {
      const announced = client.getServerCapabilities() ?? {};
      await Promise.all(kinds.filter((kind) => announced[kind] !== undefined).map((kind) => readers[kind](signal)));
    },
  };
}

async function readOrRefused(client: Client, method: ListMethod, options: ListOptions): Promise<unknown[]> {
  try {
    return await readList(client, method, options);
  } catch (error) {
    if (!(error instanceof McpError) || options.signal.aborted || isOver(error)) throw error;
    options.onProblem(`It refuses ${method}: ${cleanLine(messageOf(error), 200)}`);
    return [];
  }
}

/** ConnectionClosed and RequestTimeout, which the SDK makes itself. */
function isOver({ code }: McpError): boolean {
  return code === -32000 || code === -32001;
}
