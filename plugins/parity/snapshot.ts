/** parity snapshot: the inventory of another version of Gantry, as that version prints it. */
import { GantryError, messageOf } from "gantry/errors";
import { type CommandOutput, defineCommand, type Json } from "gantry/plugin";
import type { Inventory } from "../../core/contract/inventory.ts";

export const snapshot = defineCommand({
  id: "parity snapshot",
  summary: "Record the inventory of another version of Gantry, for parity audit --against.",
  description:
    "ADDRESS is a program file, a folder (a built checkout, an installed package) or a .tgz of the package. It is started once, as parity manifest --json, with an empty home, an empty folder and no variable of yours; a .tgz is unpacked to a temporary folder first, and nothing of it is installed.",
  args: [{ name: "address", summary: "A program, a folder or a .tgz.", required: true }],
  flags: [
    { name: "out", type: "string", value: "FILE", summary: "Write there instead of to stdout. A file that is there stays." },
  ],
  examples: [
    "gantry parity snapshot ../gantry-0.1.0 --out old.json",
    "npm pack gantry@0.1.0 && gantry parity snapshot gantry-0.1.0.tgz --out old.json",
  ],
  run: async ({ args, flags }, { cwd, signal, host }) => {
    const out = typeof flags["out"] === "string" ? flags["out"] : undefined;
    if (out !== undefined) await refuseOld(out, cwd);
    const [{ takeSnapshot }, { jsonText }] = await Promise.all([import("./snapshot/take.ts"), import("./json-text.ts")]);
    const inventory = await takeSnapshot(args["address"] ?? "", { cwd, signal, build: host.run.program });
    const text = jsonText(inventory);
    if (out === undefined) return { data: inventory as unknown as Json, text };
    return await written(out, inventory, { cwd, text });
  },
});

/** Before anything is started for it. */
async function refuseOld(name: string, cwd: string): Promise<void> {
  const [{ lstat }, { resolve }, { checkTarget }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
    import("./whole-file.ts"),
  ]);
  if (name === "") throw new GantryError("USAGE_INVALID", "--out needs the name of a file");
  const file = resolve(cwd, name);
  const isThere = await lstat(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw thereAlready(name);
  await checkTarget(file);
}

function thereAlready(name: string): GantryError {
  return new GantryError("USAGE_INVALID", `--out ${name} is there already; name another file, or remove it first`);
}

async function written(
  name: string,
  inventory: Inventory,
  { cwd, text }: { cwd: string; text: string },
): Promise<CommandOutput> {
  const [{ createFile }, { resolve }] = await Promise.all([import("./whole-file.ts"), import("node:path")]);
  const file = resolve(cwd, name);
  try {
    await createFile(file, `${text}\n`);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") throw thereAlready(name);
    throw new GantryError("OUTPUT_FAILED", `--out ${name} cannot be written: ${messageOf(cause)}`, { cause });
  }
  const items = Object.values(inventory.parts).reduce((sum, part) => sum + part.length, 0);
  const { name: system, version } = inventory.system;
  return { data: { file, system, version, items }, text: `${file}: ${system} ${version}, ${items} items` };
}
