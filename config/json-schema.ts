/** The JSON Schema that editors use for a config file: `gantry config schema`, and config.schema.json of the package. */
import * as z from "zod";
import { handlerSchemas } from "../core/contract/hook-config.ts";
import type { JsonObject } from "../core/contract/messages.ts";
import { publicEvents } from "../core/contract/public-events.ts";
import { configKeys, layerSchema, object } from "./schema.ts";

/** 2020-12, with defaults and the whole form of hooks. */
export function configJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(layerSchema) as JsonObject;
  for (const { key, default: value } of configKeys()) {
    const target = key.split(".").reduce<JsonObject>((at, part) => object(object(at["properties"])[part]), schema);
    if (value !== null) target["default"] = value;
  }
  const properties = object(schema["properties"]);
  const hooks = hooksSchema();
  properties["hooks"] = { ...hooks, description: object(properties["hooks"])["description"] ?? "", default: {} };
  return { title: "Gantry config", ...schema };
}

function hooksSchema(): JsonObject {
  // Any JSON would be a definition that refers to itself, from a place that it is not in here.
  const mcpTool = handlerSchemas.mcp_tool.extend({ input: z.record(z.string(), z.unknown()).optional() });
  const handler = z.discriminatedUnion("type", [handlerSchemas.command, handlerSchemas.http, handlerSchemas.prompt, mcpTool]);
  const group = z.strictObject({ matcher: z.string().optional(), hooks: z.array(handler) });
  const { $schema: _, ...schema } = z.toJSONSchema(z.partialRecord(z.enum(publicEvents), z.array(group))) as JsonObject;
  return schema;
}
