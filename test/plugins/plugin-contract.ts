/**
 * What every plugin keeps, built-in or from elsewhere: one suite, run on each. A subject is a plugin that is running where
 * it runs for users; what its code contributes is told apart from what its manifest says.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PluginManifest, ToolManifest } from "../../core/contract/manifest.ts";
import { isObject, type Json, type JsonObject } from "../../core/contract/messages.ts";

export interface PluginSubject {
  /** As help, the tool list and the registry read it. */
  manifest: PluginManifest;
  /** As its code says when it is loaded where it runs. */
  contributes(): Promise<PluginManifest["contributes"]>;
  /** One call to its end; never rejects for what the plugin does. */
  callTool(name: string, input: JsonObject, options: { signal: AbortSignal }): Promise<{ isError: boolean; code?: string }>;
  /** Ends the thread or process that the plugin runs in, as a crash would. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

/** Between a cancel and the certain end of what does not listen; and what a loaded machine adds. */
const graceMs = 2_000;
const machineMs = 8_000;

export function pluginContract(name: string, start: () => Promise<PluginSubject>): void {
  describe(`${name}: the contract of every plugin`, () => {
    let subject: PluginSubject;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject?.close());

    test("it loads, and contributes exactly what its manifest says", async () => {
      expect(named(await subject.contributes())).toEqual(named(subject.manifest.contributes));
    });

    test("each tool's input is a JSON Schema of an object, in the manifest and in the code", async () => {
      const { tools } = await subject.contributes();
      for (const { name: tool, inputSchema } of tools) {
        expect(inputSchema, tool).toEqual(toolOf(subject.manifest, tool)?.inputSchema);
        expect(inputSchema["type"], tool).toBe("object");
        expect(() => new Ajv2020({ strict: false }).compile(inputSchema), tool).not.toThrow();
      }
    });

    test("a tool says what is wrong with an input of another shape", async () => {
      for (const tool of subject.manifest.contributes.tools) {
        const { isError, code } = await subject.callTool(
          tool.name,
          { "not a field": 1 },
          { signal: AbortSignal.timeout(machineMs) },
        );
        expect([tool.name, isError, code]).toEqual([tool.name, true, "TOOL_INPUT_INVALID"]);
      }
    });

    test("a call that is cancelled is answered within the grace", async () => {
      for (const tool of subject.manifest.contributes.tools) {
        const stop = new AbortController();
        const answer = subject.callTool(tool.name, sampleOf(tool.inputSchema), { signal: stop.signal });
        stop.abort();
        expect(await inTime(answer), tool.name).toBe("answered");
      }
    });

    test("a crash is one failed call at most, and the next one is answered", async () => {
      const [tool] = subject.manifest.contributes.tools;
      await subject.crash();
      if (tool === undefined) expect(named(await subject.contributes())).toEqual(named(subject.manifest.contributes));
      else {
        const answer = await subject.callTool(tool.name, { "not a field": 1 }, { signal: AbortSignal.timeout(machineMs) });
        expect(answer.code).toBe("TOOL_INPUT_INVALID");
      }
    });
  });
}

async function inTime(answer: Promise<unknown>): Promise<"answered" | "not answered"> {
  const { promise, resolve } = Promise.withResolvers<"not answered">();
  const timer = setTimeout(resolve, graceMs + machineMs, "not answered");
  return await Promise.race([answer.then(() => "answered" as const), promise]).finally(() => clearTimeout(timer));
}

function named({ tools, commands, taps, providers }: PluginManifest["contributes"]): object {
  return {
    tools: tools.map(({ name, effect, description }) => ({ name, effect, description })),
    commands: commands.map(({ id, args, flags }) => ({ id, args, flags })),
    taps: taps.map(({ on, kind, name, tools: only }) => ({ on, kind, name, only })),
    providers,
  };
}

function toolOf({ contributes }: PluginManifest, name: string): ToolManifest | undefined {
  return contributes.tools.find((tool) => tool.name === name);
}

/** Something that fits: the fields that must be there, each with the plainest value of its type. */
export function sampleOf(schema: JsonObject): JsonObject {
  const sample = plainest(schema, schema);
  return isObject(sample) ? sample : {};
}

function plainest(given: Json | undefined, root: JsonObject): Json {
  const schema = resolved(given, root);
  const [first] = Array.isArray(schema["enum"]) ? schema["enum"] : [schema["const"]];
  if (first !== undefined) return first;
  for (const key of ["anyOf", "oneOf", "allOf"]) {
    const choices = schema[key];
    if (Array.isArray(choices)) return plainest(choices[0], root);
  }
  switch (schema["type"]) {
    case "object": {
      const fields = isObject(schema["properties"]) ? schema["properties"] : {};
      const needed = Array.isArray(schema["required"]) ? schema["required"] : [];
      return Object.fromEntries(needed.map((field) => [String(field), plainest(fields[String(field)], root)]));
    }
    case "array":
      return Array.from({ length: Number(schema["minItems"] ?? 0) }, () => plainest(schema["items"], root));
    case "integer":
    case "number":
      return Number(schema["minimum"] ?? 1);
    case "boolean":
      return false;
    default:
      return "a".repeat(Math.max(1, Number(schema["minLength"] ?? 1)));
  }
}

function resolved(schema: Json | undefined, root: JsonObject): JsonObject {
  if (!isObject(schema)) return {};
  const link = schema["$ref"];
  if (typeof link !== "string") return schema;
  let place: Json | undefined = root;
  for (const key of link.replace(/^#\/?/, "").split("/")) place = isObject(place) ? place[key] : undefined;
  return isObject(place) ? place : {};
}
