/** A server's form: fields of its schema, asked one by one. */
import type { McpAsks } from "../contract/mcp.ts";
import type { Json } from "../contract/messages.ts";
import type { About, McpSessionParts } from "./answers.ts";
import { elicit } from "./elicit.ts";
import { readForm } from "./form-fields.ts";
import { misfitOf } from "./form-values.ts";

export async function answerForm(
  { message, schema, problem }: McpAsks["elicitForm"]["params"],
  about: About,
  parts: McpSessionParts,
): Promise<McpAsks["elicitForm"]["reply"]> {
  const form = problem === undefined ? readForm(schema) : { problem };
  const fields = "fields" in form ? form.fields : [];
  const { server } = about;
  const { action, content } = await elicit(
    {
      facts: { sessionId: parts.sessionId, server, mode: "form", message, schema },
      problem: "problem" in form ? form.problem : undefined,
      misfit: (given = {}) => misfitOf(fields, given),
      ask: async (asker, options) => await asker.form({ server, message, fields }, options),
    },
    about,
    parts,
  );
  if (action !== "accept") return { action };
  return { action, content: (content ?? {}) as Record<string, Json> };
}
