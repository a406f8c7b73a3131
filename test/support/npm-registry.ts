/** A registry on loopback: packuments and tarballs of packages that `npm pack` makes of folders written by the test. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

export interface PackageFiles {
  name: string;
  version: string;
  /** Besides name and version. */
  manifest?: Record<string, unknown>;
  files: Record<string, string>;
}

export interface NpmRegistry {
  url: string;
  /** What was asked for, in order. */
  requests: string[];
  publish(pack: PackageFiles): Promise<{ integrity: string }>;
  close(): Promise<void>;
}

interface Published {
  manifest: Record<string, unknown>;
  tarball: Buffer;
  integrity: string;
}

export async function startNpmRegistry(): Promise<NpmRegistry> {
  const scratch = await mkdtemp(path.join(tmpdir(), "gantry-registry-"));
  const packages = new Map<string, Map<string, Published>>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? "/");
    requests.push(url);
    const [, name = "", file] = /^\/((?:@[^/]+\/)?[^/]+)(?:\/-\/(.+)\.tgz)?$/.exec(url) ?? [];
    const versions = packages.get(name);
    if (!versions) return void response.writeHead(404, { "content-type": "application/json" }).end("{}");
    const wanted = file && versions.get(file);
    if (file) return void (wanted ? response.end(wanted.tarball) : response.writeHead(404).end());
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(packument(name, versions, address())));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ url: address(), requests },
    async publish(pack) {
      const folder = path.join(scratch, `${pack.name.replace("/", "-")}-${pack.version}`);
      const tarball = await readFile(await packFolder(pack, folder));
      const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
      const versions = packages.get(pack.name) ?? new Map<string, Published>();
      packages.set(pack.name, versions.set(pack.version, { manifest: manifestOf(pack), tarball, integrity }));
      return { integrity };
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

function manifestOf({ name, version, manifest }: PackageFiles): Record<string, unknown> {
  return { name, version, ...manifest };
}

function packument(name: string, versions: Map<string, Published>, url: string): object {
  const listed = [...versions].map(([version, { manifest, integrity }]) => {
    const dist = { tarball: `${url}/${name}/-/${version}.tgz`, integrity };
    const scripts = manifest["scripts"] as Record<string, string> | undefined;
    return [version, { ...manifest, dist, ...(scripts?.["postinstall"] ? { hasInstallScript: true } : {}) }] as const;
  });
  return { name, "dist-tags": { latest: [...versions.keys()].at(-1) }, versions: Object.fromEntries(listed) };
}

/** Writes the package's files below `folder` and packs them; the tarball's path. */
export async function packFolder(pack: PackageFiles, folder: string): Promise<string> {
  const files = { ...pack.files, "package.json": JSON.stringify(manifestOf(pack)) };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const packed = path.join(folder, "packed");
  await mkdir(packed);
  await promisify(execFile)("npm", ["pack", "--ignore-scripts", "--pack-destination", packed], { cwd: folder });
  const [name = ""] = await readdir(packed);
  return path.join(packed, name);
}
