/** A JSON Schema as a parse. A file of its own, so that zod is loaded with the first call and not before. */
import * as z from "zod";
import type { JsonObject } from "../contract/messages.ts";

/** The parsed input, or what is wrong with it, a line for each problem. */
export type InputSchema = (input: JsonObject) => JsonObject | string;

export function createInputSchema(jsonSchema: JsonObject): InputSchema {
  const schema = z.fromJSONSchema(jsonSchema as Parameters<typeof z.fromJSONSchema>[0]);
  return (input) => {
    const parsed = schema.safeParse(input);
    return parsed.success ? (parsed.data as JsonObject) : z.prettifyError(parsed.error);
  };
}
