/**
 * A community plugin as an install leaves it, written into the store of a bench directly: bytes, lock and consent. What install
 * does on the way there has tests of its own.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { projectSlug } from "../../config/paths.ts";
import type { PluginManifest, TapManifest, ToolManifest } from "../../core/contract/manifest.ts";
import type { Grants } from "../../core/contract/permissions.ts";

export interface PluginText {
  name: string;
  version?: string;
  description?: string;
  /** The Gantry it is for; default: this one. */
  gantry?: string;
  /** JavaScript that ends in one expression statement `plugin(…)`; `plugin` takes the definition. */
  source: string;
  tools?: (Partial<ToolManifest> & Pick<ToolManifest, "name">)[];
  taps?: (Partial<TapManifest> & Pick<TapManifest, "on" | "kind">)[];
  commands?: { id: string; summary?: string; args?: PluginManifest["contributes"]["commands"][number]["args"] }[];
  providers?: string[];
  optionsSchema?: PluginManifest["optionsSchema"];
  /** What it asks for and, unless `granted` says otherwise, holds. */
  grants?: Grants;
  granted?: Grants;
  scope?: "user" | "project";
  /** No consent is written: as a clone has it. */
  withoutConsent?: true;
  disabled?: true;
  /** Absolute. */
  link?: string;
}

export interface StorePlace {
  home: string;
  cwd: string;
}

export interface Installed {
  bundleFile: string;
  manifest: PluginManifest;
  lockFile: string;
  consentFile: string;
}

const dataHome = (home: string): string => path.join(home, ".local/share/gantry");

export async function installPlugin(place: StorePlace, text: PluginText): Promise<Installed> {
  const { name, scope = "user", grants = {}, granted = grants } = text;
  const source = `(async (__gantry) => {\nconst plugin = __gantry;\n${text.source}\n})`;
  const manifest = manifestOf(text);
  const manifestText = `${JSON.stringify(manifest, null, 2)}\n`;
  const [sha512, manifestHash] = [hashOf(source), hashOf(manifestText)];
  const store = path.join(dataHome(place.home), "plugins");
  const key = `${sha512.slice(0, 32)}${manifestHash.slice(0, 32)}`;
  const project = path.join(place.cwd, ".gantry");
  const folder =
    scope === "user"
      ? path.join(store, "bundles", key)
      : path.join(project, "plugins", name, `${key.slice(0, 8)}${key.slice(32, 40)}`);
  const lockFile = scope === "user" ? path.join(store, "lock.json") : path.join(project, "plugins.lock.json");
  const consentFile = path.join(store, "consents", scope === "user" ? "user.json" : `project-${projectSlug(place.cwd)}.json`);
  const bundleFile = path.join(folder, "plugin.js");
  await mkdir(folder, { recursive: true });
  await writeFile(bundleFile, source);
  await writeFile(path.join(folder, "gantry.json"), manifestText);
  const lock = {
    ...{ spec: `./${name}`, resolved: path.join(place.cwd, name), version: manifest.version, sha512, manifestHash },
    ...{ asks: grants, installedAt: "2026-01-01T00:00:00.000Z" },
  };
  await addTo(lockFile, name, lock);
  const consent = {
    ...{ sha512, manifestHash, grants: granted, grantedAt: "2026-01-01T00:00:00.000Z", lock, manifest },
    ...(text.disabled ? { disabled: true } : {}),
    ...(text.link === undefined ? {} : { link: text.link }),
  };
  if (!text.withoutConsent) await addTo(consentFile, name, consent, scope === "project" ? { project: place.cwd } : {});
  return { bundleFile, manifest, lockFile, consentFile };
}

/** As `plugins grants`, `disable` and `enable` change it, in another process. */
export async function changeConsent(
  { consentFile }: Pick<Installed, "consentFile">,
  name: string,
  change: { grants?: Grants; disabled?: true | undefined },
): Promise<void> {
  const file = JSON.parse(await readFile(consentFile, "utf8")) as { plugins: Record<string, object> };
  file.plugins[name] = { ...file.plugins[name], ...change };
  await writeFile(consentFile, JSON.stringify(file));
}

function manifestOf(text: PluginText): PluginManifest {
  const { tools = [], taps = [], commands = [], providers = [], optionsSchema } = text;
  return {
    name: text.name,
    version: text.version ?? "1.0.0",
    description: text.description ?? `The plugin ${text.name} of a test.`,
    engines: { gantry: text.gantry ?? ">=0.1" },
    main: "index.js",
    permissions: text.grants ?? {},
    ...(optionsSchema === undefined ? {} : { optionsSchema }),
    contributes: {
      tools: tools.map((tool) => ({
        ...{ description: `The tool ${tool.name}.`, effect: "reads" as const, inputSchema: { type: "object" as const } },
        ...tool,
      })),
      taps: taps.map((tap) => ({ name: tap.on, stage: 0, ...tap })),
      commands: commands.map(({ id, summary = `Runs ${id}.`, args = [] }) => ({ id, summary, args, flags: [], examples: [] })),
      providers,
    },
  };
}

async function addTo(file: string, name: string, entry: object, head: object = {}): Promise<void> {
  const before = await readFile(file, "utf8").catch(() => "{}");
  const { plugins = {} } = JSON.parse(before) as { plugins?: Record<string, object> };
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ version: 1, ...head, plugins: { ...plugins, [name]: entry } }), { mode: 0o600 });
}

function hashOf(text: string): string {
  return createHash("sha512").update(text).digest("hex");
}
