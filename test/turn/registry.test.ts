/** Names are unique over all plugins, and a manifest must be true. */
import { expect, test } from "vitest";
import { createRegistry, type PluginSource } from "../../core/registry.ts";

function source(name: string, contributes: { tools?: string[]; providers?: string[] }): PluginSource {
  const tools = (contributes.tools ?? []).map((tool) => ({ name: tool, description: "", inputSchema: {}, effect: "reads" }));
  const manifest = { name, contributes: { tools, commands: [], taps: [], providers: contributes.providers ?? [] } };
  const execute = () => async () => ({ content: [], isError: false });
  return { manifest, load: async () => ({ name, providers: [] }), execute } as unknown as PluginSource;
}

test.each([
  [source("other", { tools: ["Read"] }), "plugins files and other both offer the tool Read"],
  [source("other", { providers: ["model"] }), "plugins files and other both offer the provider model"],
  [source("files", {}), "two plugins are named files"],
])("a name that is taken is NAME_TAKEN, naming both", (second, message) => {
  const registry = createRegistry();
  registry.add(source("files", { tools: ["Read"], providers: ["model"] }));
  expect(() => registry.add(second)).toThrow(expect.objectContaining({ code: "NAME_TAKEN", message }));
});

test("a plugin that declares a provider and has none is PLUGIN_INVALID", async () => {
  const registry = createRegistry();
  registry.add(source("files", { providers: ["model"] }));
  await expect(registry.provider("model")).rejects.toMatchObject({ code: "PLUGIN_INVALID" });
  await expect(registry.provider("modle")).rejects.toMatchObject({
    code: "MODEL_INVALID",
    message: expect.stringContaining("model"),
  });
});
