/** A package from a registry or a tarball: npm installs it into an empty project, with all that it needs inside its own folder. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { GantryError } from "../../contract/errors.ts";
import type { FetchedSource, FetchParts } from "../fetch.ts";
import { isRecord, readJsonFile } from "../json-file.ts";
import type { ParsedSpec } from "../spec.ts";
import { runNpm } from "./npm.ts";

type Found = Pick<FetchedSource, "folder" | "resolved" | "integrity">;

export async function fetchPackage(spec: Extract<ParsedSpec, { kind: "tarball" | "npm" }>, parts: FetchParts): Promise<Found> {
  const project = path.join(parts.scratch, "project");
  await writeProject(project);
  const wanted = spec.kind === "npm" ? `${spec.name}@${spec.range}` : spec.from;
  await runNpm(["--install-strategy=nested", "--", wanted], project, parts);
  const name = await installedName(project);
  const { version, integrity } = await lockedPackage(project, name);
  const resolved = spec.kind === "npm" ? `${name}@${version}` : integrity;
  return { folder: path.join(project, "node_modules", name), resolved, integrity };
}

/** Whoever depends on `gantry` means this product: in its place comes an empty package, for the bundler has the real one. */
async function writeProject(project: string): Promise<void> {
  await mkdir(path.join(project, "gantry"), { recursive: true });
  const own = { name: "gantry-install", version: "0.0.0", private: true, overrides: { gantry: "file:./gantry" } };
  await writeFile(path.join(project, "package.json"), JSON.stringify(own));
  await writeFile(path.join(project, "gantry", "package.json"), JSON.stringify({ name: "gantry", version: "0.0.0" }));
}

async function installedName(project: string): Promise<string> {
  const dependencies = (await readJsonFile(path.join(project, "package.json")))?.["dependencies"];
  const [name, ...more] = isRecord(dependencies) ? Object.keys(dependencies) : [];
  if (name === undefined || more.length > 0)
    throw new GantryError("PLUGIN_FETCH_FAILED", "npm installed no package of that name");
  return name;
}

async function lockedPackage(project: string, name: string): Promise<{ version: string; integrity: string }> {
  const packages = (await readJsonFile(path.join(project, "package-lock.json")))?.["packages"];
  const entry = isRecord(packages) ? packages[`node_modules/${name}`] : undefined;
  const { version, integrity } = isRecord(entry) ? entry : {};
  if (typeof version === "string" && typeof integrity === "string") return { version, integrity };
  throw new GantryError("PLUGIN_FETCH_FAILED", `npm did not say what ${name} is: it has no integrity`);
}
