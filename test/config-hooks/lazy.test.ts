import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { command, declare, tools } from "./declared.ts";

/** Loads parse.ts in a process of its own and says which packages that took. */
const script = `
import { registerHooks } from "node:module";
const packages = new Set();
registerHooks({
  resolve(name, context, next) {
    const found = next(name, context);
    const [, inPackage] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(found.url) ?? [];
    if (inPackage) packages.add(inPackage);
    return found;
  },
});
const { parseHooks } = await import(process.argv[1]);
const { declared, tools } = JSON.parse(process.argv[2]);
const { hooks, broken } = await parseHooks(declared, { tools });
process.stdout.write(JSON.stringify({ hooks: hooks.length, broken: broken.length, packages: [...packages] }));
`;

async function packagesFor(declared: readonly unknown[]): Promise<unknown> {
  const file = new URL("../../core/config-hooks/declared/parse.ts", import.meta.url).href;
  const args = ["--input-type=module", "-e", script, file, JSON.stringify({ declared, tools })];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

test("plain hooks are looked at without any package; the schemas are loaded for one that is not", async () => {
  const plain = [
    declare("PreToolUse", command({ if: "Bash(git push:*)", timeout: 5, args: ["x"] }), { matcher: "Bash" }),
    declare("PostToolUse", { type: "http", url: "http://h/" }),
    declare("Stop", { type: "prompt", prompt: "Done?" }),
  ];
  expect(await packagesFor(plain)).toEqual({ hooks: 3, broken: 0, packages: [] });
  expect(await packagesFor([declare("Stop", command({ timout: 1 }))])).toEqual({ hooks: 0, broken: 1, packages: ["zod"] });
});
