import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import type { LoadFlags } from "../../config/load.ts";
import { createPlace, type Place } from "./place.ts";

const loadModule = new URL("../../config/load.ts", import.meta.url).href;
const packages = ["cosmiconfig", "zod", "yaml", "jsonc-parser"];

/** The packages that a load in a fresh process resolves. */
function packagesLoaded(place: Place, flags: LoadFlags): string[] {
  const program = `
    const { registerHooks } = await import("node:module");
    const seen = new Set();
    registerHooks({ resolve(specifier, context, next) { seen.add(specifier); return next(specifier, context); } });
    const { loadConfig } = await import(${JSON.stringify(loadModule)});
    const options = { cwd: ${JSON.stringify(place.project)}, env: process.env, managedFolder: ${JSON.stringify(place.managedFolder)} };
    const { problems } = await loadConfig({ ...options, flags: ${JSON.stringify(flags)} });
    process.stdout.write(JSON.stringify({ problems, seen: [...seen] }));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    env: place.env,
    encoding: "utf8",
    timeout: 30_000,
  });
  const { problems, seen } = JSON.parse(output);
  expect(problems).toEqual([]);
  return packages.filter((name) => seen.includes(name));
}

const usualFlags: LoadFlags = {
  overrides: [
    { key: "model", value: "scripted/x.json", flag: "--model" },
    { key: "permissions.mode", value: "plan", flag: "--permission-mode" },
    { key: "permissions.allow", value: ["Read"], flag: "--allow" },
    { key: "limits.maxTurns", value: 5, flag: "--max-turns" },
  ],
};

test("without a config file no parser and no schema is loaded, whatever the usual flags say", () => {
  expect(packagesLoaded(createPlace(), usualFlags)).toEqual([]);
});

test("a sound JSON file costs cosmiconfig and the JSON parser, and not the schema", () => {
  const place = createPlace();
  place.writeUser("config.json", {
    model: "a/b",
    permissions: { deny: ["Bash(rm:*)"] },
    limits: { maxTurns: 5 },
    env: { A: "b" },
    mcpServers: {
      docs: { command: "npx", args: ["-y", "x"], env: { A: "b" }, tools: { deny: ["x*"] } },
      web: { url: "https://x" },
    },
  });
  expect(packagesLoaded(place, usualFlags)).toEqual(["cosmiconfig", "jsonc-parser"]);
});
